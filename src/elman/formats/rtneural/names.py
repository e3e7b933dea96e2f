"""What RTNeural calls the activations that it has: what Keras calls them."""

ACTIVATIONS = ("tanh", "relu", "sigmoid", "softmax", "elu")
