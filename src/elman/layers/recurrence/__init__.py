"""How `RNN` runs a cell over time: elman's own through the kernels, others step by step."""
