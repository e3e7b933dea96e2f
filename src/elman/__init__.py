"""elman: train, run and open up recurrent neural networks on the CPU."""
