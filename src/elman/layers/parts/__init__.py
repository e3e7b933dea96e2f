"""What `Layer` is made of: arguments and settings, passes and calls, names and penalties."""
