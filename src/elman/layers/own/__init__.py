"""What runs layers of your own: their `call` and `build`, on a tape or on stand-ins of weights."""
