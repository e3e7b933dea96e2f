"""Layers as configurations and back, as Keras writes them."""
