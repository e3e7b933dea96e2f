"""Cells of one's own."""

import numpy as np

from elman import layers
from tests.golden import rnn_cases as cases
from tests.layers.checks import BATCH, FEATURES, normal

X = normal(BATCH, 4, FEATURES)
MinimalRNNCell, NestedCell = cases.own_cells(layers, np.zeros)


class ByHand(layers.Layer):
    """That of Keras's documentation, with its gradient."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = self.state_size = units

    def build(self, input_shape):
        self.kernel = self.add_weight((input_shape[-1], self.units), name="kernel")
        self.recurrent_kernel = self.add_weight((self.units, self.units), name="recurrent_kernel")

    def forward(self, inputs, states):
        (h,) = states
        output = inputs @ self.kernel + h @ self.recurrent_kernel
        return output, [output], (inputs, h)

    def backward(self, doutput, dstates, cache):
        (inputs, h), d = cache, doutput + dstates[0]
        dstate = d @ self.recurrent_kernel.T
        return d @ self.kernel.T, [dstate], [inputs.T @ d, h.T @ d]
