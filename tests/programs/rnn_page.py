"""The reference pages of RNN and of the cells."""

import numpy as np

from tests.programs.parts import QUIET, arrays, normal, settled


def rnn_of_each_cell(keras):
    """RNN of a cell is the layer of its name."""
    x, found = normal(1, 3, 5, 2), {}
    for kind in ("SimpleRNN", "GRU", "LSTM"):
        cell = getattr(keras.layers, f"{kind}Cell")(4)
        layer = keras.layers.RNN(cell, return_sequences=True, return_state=True)
        layer.build(x.shape)
        found[kind] = arrays(settled(layer)(x))
        found[f"{kind} sizes"] = [cell.state_size, cell.output_size]
    return found


def cell_by_hand(keras):
    """A cell takes one step from the states that it is given."""
    x, found = normal(2, 3, 2), {}
    for kind, states in (("SimpleRNN", 1), ("GRU", 1), ("LSTM", 2)):
        cell = getattr(keras.layers, f"{kind}Cell")(4)
        cell.build(x.shape)
        settled(cell)
        state = [normal(3 + i, 3, 4) for i in range(states)]
        output, new = cell(x, state)
        output, new = cell(x * 0.5, new)
        zeros = cell.get_initial_state(batch_size=3)
        found[kind] = {"out": arrays(output), "state": arrays(new), "zeros": arrays(zeros)}
    return found


def stacked_cells(keras):
    """Cells one above the other in one RNN, given as a list or as StackedRNNCells."""
    x = normal(4, 4, 5, 3)
    cells = [keras.layers.LSTMCell(4), keras.layers.GRUCell(3), keras.layers.SimpleRNNCell(2)]
    of_list = keras.layers.RNN(cells, return_state=True)
    stack = keras.layers.StackedRNNCells([keras.layers.LSTMCell(3) for _ in range(2)])
    of_stack = keras.layers.RNN(stack, return_sequences=True)
    of_list.build(x.shape), of_stack.build(x.shape)
    return {
        "list": [np.ravel(part) for part in arrays(settled(of_list)(x)) if len(part)],
        "stack": arrays(settled(of_stack)(x)),
        "names": [weight.name for weight in of_stack.weights],
    }


def stacked_cells_trained(keras):
    """A stack of cells is trained like any layer."""
    cells = [keras.layers.LSTMCell(5), keras.layers.LSTMCell(3)]
    model = keras.Sequential(
        [
            keras.Input((None, 2)),
            keras.layers.RNN(keras.layers.StackedRNNCells(cells)),
            keras.layers.Dense(1),
        ]
    )
    settled(model)
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    x = normal(5, 32, 6, 2)
    history = model.fit(x, x[:, 2, 0], batch_size=8, epochs=5, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def _leaky_cell(keras):
    class LeakyCell(keras.layers.Layer):
        """h_t = (1 - leak) h_{t-1} + leak tanh(x W + h R)."""

        def __init__(self, units, leak=0.3, **kwargs):
            super().__init__(**kwargs)
            self.units, self.leak = units, leak
            self.state_size = units

        def build(self, input_shape):
            self.kernel = self.add_weight(
                shape=(input_shape[-1], self.units), initializer="uniform", name="kernel"
            )
            self.recurrent = self.add_weight(
                shape=(self.units, self.units), initializer="uniform", name="recurrent"
            )

        def call(self, inputs, states):
            before = states[0]
            new = keras.ops.tanh(
                keras.ops.matmul(inputs, self.kernel) + keras.ops.matmul(before, self.recurrent)
            )
            output = (1 - self.leak) * before + self.leak * new
            return output, [output]

    return LeakyCell


def own_cell(keras):
    """A cell of one's own in an RNN, alone and in a list."""
    kind, x = _leaky_cell(keras), normal(6, 3, 5, 2)
    one, two = keras.layers.RNN(kind(4)), keras.layers.RNN([kind(4), kind(3, leak=0.9)])
    one.build(x.shape), two.build(x.shape)
    return {"one": arrays(settled(one)(x)), "two": arrays(settled(two)(x))}


def own_cell_trained(keras):
    """A cell of one's own has its gradients found."""
    model = keras.Sequential(
        [
            keras.Input((5, 2)),
            keras.layers.RNN(_leaky_cell(keras)(4), return_sequences=True),
            keras.layers.RNN(_leaky_cell(keras)(3)),
            keras.layers.Dense(1),
        ]
    )
    settled(model)
    model.compile(keras.optimizers.SGD(0.2), "mse")
    x = normal(7, 40, 5, 2)
    history = model.fit(x, x[:, -2, 1], batch_size=8, epochs=4, **QUIET)
    return {
        "history": history.history,
        "weights": model.get_weights(),
        "out": model.predict(x[:4], verbose=0),
    }


def own_cell_with_a_mask_and_a_state(keras):
    """Masks, first states and the way back work with a cell of one's own."""
    x, mask = normal(8, 3, 5, 2), np.arange(5) < np.array([[5], [3], [1]])
    layer = keras.layers.RNN(_leaky_cell(keras)(4), return_sequences=True, return_state=True)
    back = keras.layers.RNN(_leaky_cell(keras)(4), go_backwards=True)
    layer.build(x.shape), back.build(x.shape)
    settled(layer), settled(back)
    state = normal(9, 3, 4)
    return {
        "masked": arrays(layer(x, mask=mask)),
        "from": arrays(layer(x, initial_state=state)),
        "back": arrays(back(x)),
    }


def bidirectional_of_cells(keras):
    """RNN layers stand in Bidirectional like others."""
    x = normal(10, 3, 5, 2)
    layer = keras.layers.Bidirectional(
        keras.layers.RNN(keras.layers.GRUCell(3), return_sequences=True)
    )
    layer.build(x.shape)
    return {"out": arrays(settled(layer)(x))}


def stateful_rnn(keras):
    """A stateful layer carries on, until it is reset."""
    layer = keras.layers.RNN(keras.layers.LSTMCell(3), stateful=True)
    x = normal(11, 2, 4, 2)
    layer.build(x.shape)
    settled(layer)
    first, second = arrays(layer(x)), arrays(layer(x))
    layer.reset_state()
    return {"first": first, "second": second, "again": arrays(layer(x))}
