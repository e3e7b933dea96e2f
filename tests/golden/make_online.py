"""Write online.npz: what online learning gives with the layers, losses and optimizers of Keras.

Run with a Python that has Keras 3 and TensorFlow, from the repository's root:

    PYTHONPATH=. python tests/golden/make_online.py

    chunks/CELL/…    a stateful model, `train_on_batch` on chunk after chunk of WINDOW timesteps
    window/CELL/…    at each timestep a step through the last WINDOW, from the states before them
    exact/CELL/…     float64: real-time recurrent learning, with the Jacobians of Keras's layers
    …/losses         of each step                  …/w0 …    the weights at the end
"""

import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

from tests.golden import online_cases as cases

OUT = Path(__file__).with_name("online.npz")
B, T, F, K = cases.BATCH, cases.TIMESTEPS, cases.FEATURES, cases.WINDOW


def store(out, name, losses, weights):
    out[f"{name}/losses"] = np.array(losses)
    for i, weight in enumerate(weights):
        out[f"{name}/w{i}"] = keras.ops.convert_to_numpy(weight)


def chunks(cell, out):
    """A stateful model sees chunk after chunk."""
    layers = cases.stack(keras, cell, "float32", stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(B, K, F)), *layers])
    model.set_weights(cases.numbers([w.shape for w in model.weights]))
    model.compile(keras.optimizers.Adam(0.01), "mse")
    x, y = cases.data("float32")
    spans = [slice(t, t + K) for t in range(0, T, K)]
    losses = [model.train_on_batch(x[:, s], y[:, s]) for s in spans]
    store(out, f"chunks/{cell}", losses, model.get_weights())


def built(cell, dtype):
    """Return layers of given weights, which return their states."""
    layers = cases.stack(keras, cell, dtype, return_state=True)
    h = tf.zeros((B, 1, F), dtype)
    for layer in layers:
        h = layer(h)
        h = h[0] if isinstance(h, (list, tuple)) else h
    weights = [w for layer in layers for w in layer.weights]
    for weight, value in zip(weights, cases.numbers([w.shape for w in weights]), strict=True):
        weight.assign(value)
    return layers, [w.value for w in weights]


def zeros(layers, dtype):
    sizes = [np.atleast_1d(layer.state_size) for layer in (layers[0], layers[2])]
    return [[tf.zeros((B, int(n)), dtype) for n in own] for own in sizes]


def run(layers, x, states):
    """Return the outputs at all timesteps, and the states after the last."""
    first, between, second, head = layers
    h, *s0 = first(x, initial_state=states[0])
    h, *s1 = second(between(h), initial_state=states[1])
    return head(h), [s0, s1]


def windows(cell, out):
    """At each timestep the last K of them are run from the states that were there before them."""
    layers, weights = built(cell, "float32")
    variables = [w for layer in layers for w in layer.trainable_variables]
    optimizer, mse = keras.optimizers.Adam(0.01), keras.losses.MeanSquaredError()
    optimizer.build(variables)
    x, y = cases.data("float32")
    before, losses = [zeros(layers, "float32")], []
    for t in range(T):
        start = max(0, t + 1 - K)
        with tf.GradientTape() as tape:
            outputs, states = run(layers, tf.constant(x[:, start : t + 1]), before[start])
            loss = mse(y[:, t], outputs[:, -1])
        optimizer.apply_gradients(zip(tape.gradient(loss, weights), variables, strict=True))
        before.append(states)
        losses.append(float(loss))
    store(out, f"window/{cell}", losses, variables)


def exact(cell, out):
    """The influence of the weights on the states is carried forward, a sample at a time."""
    layers, weights = built(cell, "float64")
    x, y = cases.data("float64")
    states, losses = zeros(layers, "float64"), []
    sizes = [s.shape[1] for own in states for s in own]
    n, p = sum(sizes), sum(int(tf.size(w)) for w in weights)
    influence = np.zeros((B, n, p))
    for t in range(T):
        flat = tf.concat([s for own in states for s in own], axis=1)
        step, total = [], np.zeros(p)
        for b in range(B):
            with tf.GradientTape(persistent=True) as tape:
                before = tf.identity(flat[b : b + 1])
                tape.watch(before)
                parts = tf.split(before, sizes, axis=1)
                own = [parts[: len(states[0])], parts[len(states[0]) :]]
                output, new = run(layers, tf.constant(x[b : b + 1, t : t + 1]), own)
                after = tf.concat([s for own in new for s in own], axis=1)
                loss = tf.reduce_mean((output[0, -1] - y[b, t]) ** 2) / B
            options = {"unconnected_gradients": tf.UnconnectedGradients.ZERO}
            J = tape.jacobian(after, before, **options).numpy()[0, :, 0]
            now = [tape.jacobian(after, w, **options).numpy()[0].reshape(n, -1) for w in weights]
            dbefore = tape.gradient(loss, before, **options).numpy()[0]
            direct = [g.numpy().ravel() for g in tape.gradient(loss, weights, **options)]
            total += np.concatenate(direct) + dbefore @ influence[b]
            influence[b] = J @ influence[b] + np.concatenate(now, axis=1)
            step.append((float(loss), new))
        at = 0
        for weight in weights:
            size = int(tf.size(weight))
            weight.assign_sub(0.1 * total[at : at + size].reshape(weight.shape))
            at += size
        losses.append(sum(loss for loss, _ in step))
        rows = [new for _, new in step]
        states = [
            [tf.concat([row[i][j] for row in rows], axis=0) for j in range(len(states[i]))]
            for i in range(2)
        ]
    store(out, f"exact/{cell}", losses, weights)


if __name__ == "__main__":
    found = {}
    for each in cases.CELLS:
        for make in (chunks, windows, exact):
            make(each, found)
    np.savez_compressed(OUT, **found)
    print(f"{OUT}: {OUT.stat().st_size} bytes, Keras {keras.__version__}")
