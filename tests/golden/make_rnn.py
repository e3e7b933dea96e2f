"""Write rnn.npz: what Keras computes with RNN, with its cells and with cells of one's own.

Run with a Python that has Keras 3 and TensorFlow, from the repository's root:

    PYTHONPATH=. python tests/golden/make_rnn.py

    NAME/y0 …      outputs of a case of `rnn_cases.RNNS`, states in a row
    NAME/gx, gs, gw  gradients of sum(y * r): of x, initial states, weights; r is `numbers` of y's
    own/NAME/w0 …  weights after training
    own/NAME/loss  the losses on the way
    model          a model of nested states and of a cell by itself, as JSON, and model/y0 …
    configs        JSON: the configuration of each class, and of an RNN of a stack
"""

import json
import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

from tests.golden import rnn_cases as cases

OUT = Path(__file__).with_name("rnn.npz")


def flat(nest):
    """Return the leaves of a nest in a row."""
    if isinstance(nest, (list, tuple)):
        return [leaf for part in nest for leaf in flat(part)]
    return [nest]


def run(name, out):
    """Store the outputs and gradients of a case."""
    layer = cases.rnn(keras.layers, name)
    x, mask, states = (
        np.asarray(part) if i == 0 else part for i, part in enumerate(cases.inputs(name))
    )
    x, states = tf.constant(x), [tf.constant(state) for state in states]
    layer.build(x.shape)
    layer.set_weights(cases.numbers([w.shape for w in layer.weights]))
    with tf.GradientTape() as tape:
        tape.watch([x, *states])
        options = {"initial_state": cases.nested(name, states)} if states else {}
        outputs = flat(layer(x, mask=None if mask is None else tf.constant(mask), **options))
        weighed = zip(outputs, cases.numbers([y.shape for y in outputs]), strict=True)
        total = sum(tf.reduce_sum(y * r) for y, r in weighed)
    sources = {"gx": [x], "gs": states, "gw": [w.value for w in layer.weights]}
    found = tape.gradient(total, sources, unconnected_gradients="zero")
    for i, y in enumerate(outputs):
        out[f"{name}/y{i}"] = y.numpy()
    for key, gradients in found.items():
        for i, gradient in enumerate(gradients):
            out[f"{name}/{key}{i}"] = tf.convert_to_tensor(gradient).numpy()


def train(name, stack, out):
    """Store the weights and losses of a model of one's own cells."""
    x, y = cases.own_data()
    model = keras.Sequential([keras.Input(x.shape[1:], batch_size=cases.BATCH), *stack])
    model.set_weights(cases.numbers([w.shape for w in model.weights], 0.3))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    out[f"own/{name}/loss"] = np.array([model.train_on_batch(x, y) for _ in range(cases.STEPS)])
    for i, weight in enumerate(model.get_weights()):
        out[f"own/{name}/w{i}"] = weight


def model(out):
    """Store a model that was given nested states, and one of a cell by itself."""
    x, h, c = keras.Input((None, 2)), keras.Input((2,)), keras.Input((3,))
    cells = [keras.layers.GRUCell(2), keras.layers.LSTMCell(3)]
    y, s, (_, last) = keras.layers.RNN(cells, return_state=True, name="stack")(
        x, initial_state=[[h], [c, c]]
    )
    cell_output, [new] = keras.layers.GRUCell(3, name="step")(s, [c])
    made = keras.Model([x, h, c], [y, s, last, cell_output, new])
    made.set_weights(cases.numbers([w.shape for w in made.weights]))
    out["model"] = np.array(made.to_json())
    given = cases.numbers([(4, 3, 2), (4, 2), (4, 3)])
    for i, y in enumerate(made(given)):
        out[f"model/y{i}"] = y.numpy()


def configs():
    """Return the configuration of each class."""
    L = keras.layers
    made = [
        L.SimpleRNNCell(2, name="c"),
        L.GRUCell(2, name="c"),
        L.LSTMCell(2, name="c"),
        L.StackedRNNCells([L.GRUCell(2, name="a"), L.LSTMCell(3, name="b")], name="c"),
        L.RNN(L.LSTMCell(2, name="a"), name="c"),
    ]
    return {type(layer).__name__: layer.get_config() for layer in made}


def main():
    """Write the file."""
    out = {"versions": np.array(json.dumps({"keras": keras.__version__}))}
    for name in cases.RNNS:
        run(name, out)
    for name, stack in cases.own_rnns(keras.layers, keras.ops.zeros).items():
        train(name, stack, out)
    model(out)
    out["configs"] = np.array(json.dumps(configs()))
    np.savez_compressed(OUT, **out)


if __name__ == "__main__":
    main()
