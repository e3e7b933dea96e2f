"""The programs of `examples/` with elman and with Keras: the same file, data, network and seed."""
