"""Files as Keras 1 wrote them, which no Python of today runs: built by its documented layout.

Layout and names: Keras 1.2.2, `keras/engine/topology.py` (`save_weights_to_hdf5_group`), the
`get_config` of its layers, and `preprocess_weights_for_loading` of Keras 2, which reads them. The
numbers that must come out are computed here from Keras 1's equations, gate by gate, in NumPy.
"""

import json

import h5py
import numpy as np

F, U, T = 3, 4, 5


def numbers(seed, *shape):
    """Return numbers of float32."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32") / 2


def hard_sigmoid(x):
    """Return what Keras 1 calls so."""
    return np.clip(0.2 * x + 0.5, 0, 1)


def gate_weights(gates, seed, inputs, units):
    """Return for each gate W, U and b."""
    return {
        gate: (
            numbers(seed + 10 * i, inputs, units),
            numbers(seed + 10 * i + 1, units, units),
            numbers(seed + 10 * i + 2, units),
        )
        for i, gate in enumerate(gates)
    }


def lstm(x, w):
    """Return the outputs of all steps, by Keras 1's equations."""
    h = c = np.zeros((len(x), U), "float32")
    found = []
    for t in range(x.shape[1]):
        a = {gate: x[:, t] @ W + h @ R + b for gate, (W, R, b) in w.items()}
        i, f, o = (hard_sigmoid(a[gate]) for gate in "ifo")
        c = f * c + i * np.tanh(a["c"])
        h = o * np.tanh(c)
        found.append(h)
    return np.stack(found, 1)


def gru(x, w):
    """Return the last output: the reset gate before the product."""
    h = np.zeros((len(x), 2), "float32")
    for t in range(x.shape[1]):
        (Wz, Rz, bz), (Wr, Rr, br), (Wh, Rh, bh) = (w[gate] for gate in "zrh")
        z = hard_sigmoid(x[:, t] @ Wz + h @ Rz + bz)
        r = hard_sigmoid(x[:, t] @ Wr + h @ Rr + br)
        candidate = np.tanh(x[:, t] @ Wh + (r * h) @ Rh + bh)
        h = z * h + (1 - z) * candidate
    return h


def recurrent(kind, name, units, **more):
    """Return the configuration of a recurrent layer as Keras 1 has it."""
    config = {
        "name": name, "trainable": True, "return_sequences": False, "go_backwards": False,
        "stateful": False, "unroll": False, "consume_less": "cpu", "input_dim": F,
        "input_length": None, "output_dim": units, "init": "glorot_uniform",
        "inner_init": "orthogonal", "activation": "tanh", "inner_activation": "hard_sigmoid",
        "W_regularizer": None, "U_regularizer": None, "b_regularizer": None,
        "dropout_W": 0.0, "dropout_U": 0.0,
    }  # fmt: skip
    config |= {"forget_bias_init": "one"} if kind == "LSTM" else {}
    return {"class_name": kind, "config": config | more}


def dense(name, units, **more):
    """Return the configuration of a Dense as Keras 1 has it."""
    config = {
        "name": name, "trainable": True, "output_dim": units, "init": "glorot_uniform",
        "activation": "linear", "W_regularizer": None, "b_regularizer": None,
        "activity_regularizer": None, "W_constraint": None, "b_constraint": None, "bias": True,
        "input_dim": None,
    }  # fmt: skip
    return {"class_name": "Dense", "config": config | more}


def write(path, config, weights, training=None, **attributes):
    """Write a file of a whole model; with config None one of weights alone."""
    with h5py.File(path, "w") as file:
        group = file
        for key, value in attributes.items():
            file.attrs[key] = value
        if config is not None:
            file.attrs["model_config"] = json.dumps(config).encode()
            group = file.create_group("model_weights")
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
        group.attrs["layer_names"] = [name.encode() for name in weights]
        for name, arrays in weights.items():
            inside = group.create_group(name)
            inside.attrs["weight_names"] = [key.encode() for key in arrays]
            for key, array in arrays.items():
                inside[key] = array


def gates_model(path=None):
    """Return inputs, the outputs that must come, and the weights by layer of a Sequential model."""
    w, v = gate_weights("icfo", 1, F, U), gate_weights("zrh", 100, U, 2)
    kernel, bias = numbers(7, 2, 1), numbers(8, 1)
    x = numbers(9, 2, T, F)
    y = gru(lstm(x, w), v) @ kernel + bias
    weights = {
        "lstm_1": {f"lstm_1_{a}_{g}": k for g in w for a, k in zip("WUb", w[g], strict=True)},
        "gru_1": {f"gru_1_{a}_{g}": k for g in v for a, k in zip("WUb", v[g], strict=True)},
        "dense_1": {"dense_1_W": kernel, "dense_1_b": bias},
    }
    first = {"batch_input_shape": [None, T, F], "input_dtype": "float32"}
    layers = [
        recurrent("LSTM", "lstm_1", U, return_sequences=True, **first),
        recurrent("GRU", "gru_1", 2),
        dense("dense_1", 1),
    ]
    if path is not None:
        write(path, {"class_name": "Sequential", "config": layers}, weights)
    return x, y, weights
