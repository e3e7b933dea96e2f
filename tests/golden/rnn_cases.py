"""The RNNs and cells that elman and Keras are compared in.

`layers` is the module of that name of either of them, `zeros` what makes an array of zeros there.
"""

import numpy as np

BATCH, TIMESTEPS, FEATURES, STEPS = 3, 5, 2, 20
MASK = np.array([[1, 1, 1, 1, 1], [0, 1, 1, 0, 1], [1, 0, 1, 0, 0]], bool)

# name: how the cells are made, the options of RNN, whether there is a mask, and initial states
RNNS = {
    "one": (["LSTMCell"], {"return_sequences": True}, True, True),
    "stack": (["GRUCell", "LSTMCell"], {"return_state": True}, True, True),
    "last": (["SimpleRNNCell", "GRUCell"], {}, True, False),
    "backwards": (
        ["LSTMCell", "GRUCell", "SimpleRNNCell"],
        {"return_sequences": True, "go_backwards": True, "return_state": True},
        True,
        True,
    ),
    "zeros": (
        ["LSTMCell", "SimpleRNNCell"],
        {"return_sequences": True, "zero_output_for_mask": True},
        True,
        False,
    ),
    "zeros/backwards": (
        ["GRUCell", "LSTMCell"],
        {"return_sequences": True, "zero_output_for_mask": True, "go_backwards": True},
        True,
        False,
    ),
    "whole": (
        ["GRUCell", "GRUCell"],
        {"return_sequences": True, "go_backwards": True},
        False,
        True,
    ),
}
UNITS = (3, 2, 4)  # of the cells, the lowest first


def rnn(layers, name):
    """Return the RNN of a case."""
    names, options, _, _ = RNNS[name]
    cells = [getattr(layers, kind)(units) for kind, units in zip(names, UNITS, strict=False)]
    return layers.RNN(cells if len(cells) > 1 else cells[0], **options)


def inputs(name):
    """Return x, the mask and the initial states in a row, for a case."""
    names, _, masked, started = RNNS[name]
    generator = np.random.default_rng(len(name))
    x = generator.normal(size=(BATCH, TIMESTEPS, FEATURES)).astype("float32")
    states = []
    for kind, units in zip(names, UNITS, strict=False):
        count = 2 if kind == "LSTMCell" else 1
        states.extend(generator.normal(size=(count, BATCH, units)).astype("float32"))
    return x, MASK if masked else None, states if started else []


def nested(name, states):
    """Return states in a row as RNN takes them."""
    names = RNNS[name][0]
    rest = iter(states)
    found = [[next(rest) for _ in range(1 + (kind == "LSTMCell"))] for kind in names]
    return found if len(found) > 1 else found[0]


def numbers(shapes, scale=0.5):
    """Return numbers for weights of these shapes."""
    generator = np.random.default_rng(7)
    return [generator.normal(0, scale, shape).astype("float32") for shape in shapes]


def own_cells(layers, zeros):
    """Return two classes of cells whose `call` brings no gradient."""

    class MinimalRNNCell(layers.Layer):
        """That of Keras's documentation: h_t = x_t W + h_{t-1} R."""

        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.state_size = units

        def build(self, input_shape):
            self.kernel = self.add_weight(
                shape=(input_shape[-1], self.units), initializer="uniform", name="kernel"
            )
            self.recurrent_kernel = self.add_weight(
                shape=(self.units, self.units), initializer="uniform", name="recurrent_kernel"
            )

        def call(self, inputs, states):
            output = inputs @ self.kernel + states[0] @ self.recurrent_kernel
            return output, [output]

    class NestedCell(layers.Layer):
        """A cell of three states: the output, and two that follow it at other speeds."""

        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.state_size = [units, [units, units]]
            self.output_size = units

        def build(self, input_shape):
            units = self.units
            self.kernel = self.add_weight(shape=(input_shape[-1], units), name="kernel")
            self.recurrent_kernel = self.add_weight(shape=(units, units), name="recurrent_kernel")
            self.mix = self.add_weight(shape=(units,), initializer="ones", name="mix")

        def get_initial_state(self, batch_size=None):
            one = zeros((batch_size, self.units), dtype="float32")
            return [one, [one + 0.5, one]]

        def call(self, inputs, states, training=False):
            h, (slow, fast) = states
            y = inputs @ self.kernel + h @ self.recurrent_kernel + slow * self.mix
            y = y / (1.0 + y * y)
            return y, [y, [0.9 * slow + 0.1 * y, y - fast * h]]

    return MinimalRNNCell, NestedCell


def own_rnns(layers, zeros):
    """Return lists of layers with cells of one's own, which are trained."""
    minimal, nested_cell = own_cells(layers, zeros)
    return {
        "minimal": [layers.Masking(), layers.RNN(minimal(4)), layers.Dense(1)],
        "nested": [
            layers.Masking(),
            layers.RNN(nested_cell(3), return_sequences=True, go_backwards=True),
            layers.RNN([minimal(2), layers.LSTMCell(2), nested_cell(3)]),
            layers.Dense(1),
        ],
    }


def own_data():
    """Return what they are trained on; a row of zeros is masked."""
    generator = np.random.default_rng(3)
    x = generator.normal(size=(BATCH, TIMESTEPS, FEATURES)).astype("float32")
    x[~MASK] = 0
    return x, generator.normal(size=(BATCH, 1)).astype("float32")
