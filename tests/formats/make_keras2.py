"""Write what Keras 2 saves, and what it computes: tests/formats/data/keras2*.npz.

    python -m venv env && env/bin/pip install tensorflow-cpu==2.15.1
    env/bin/python tests/formats/make_keras2.py

For each model the saved files, inputs, outputs, weights, and for those that train the weights and
the loss after more steps. A file is packed as its bytes; all lie in one compressed file.

CuDNN's layers run on no CPU: their outputs are those of the LSTM or GRU into which Keras 2 itself
loads the same file.
"""

import os
import sys
import tempfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

keras = tf.keras
L, M, S = keras.layers, keras.Model, keras.Sequential
OLD = keras.optimizers.legacy
HERE = Path(__file__).resolve().parent / "data"


def gates():
    """All of `hard_sigmoid`, and GRU's two forms."""
    return S([
        L.LSTM(4, recurrent_activation="hard_sigmoid", return_sequences=True, input_shape=(5, 3)),
        L.Dropout(0.5),
        L.GRU(3, reset_after=False, recurrent_activation="hard_sigmoid", return_sequences=True),
        L.GRU(3, implementation=1, unroll=True),
        L.Dense(2, activation="hard_sigmoid"),
    ])  # fmt: skip


def wrapped():
    """Masks, both directions, a layer at each step."""
    return S([
        L.Embedding(7, 4, mask_zero=True, input_length=6),
        L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode="sum"),
        L.Bidirectional(L.GRU(2, return_sequences=True)),
        L.TimeDistributed(L.Dense(3, activation="relu")),
        L.SimpleRNN(2, go_backwards=True),
        L.BatchNormalization(),
        L.Dense(1, activation="sigmoid"),
    ])  # fmt: skip


def encoder():
    """States from one layer to another, a layer of two inputs, a layer that is called twice."""
    source, target = keras.Input((4, 2), name="source"), keras.Input((None, 3), name="target")
    _, h, c = L.LSTM(4, return_state=True, name="encoder")(source)
    x = L.LSTM(4, return_sequences=True, name="decoder")(target, initial_state=[h, c])
    head = L.Dense(3, activation="tanh", name="head")
    x = L.Concatenate(axis=-1)([head(x), target])
    _, f, b = L.Bidirectional(L.GRU(2, return_state=True))(x)
    last = L.Add()([f, b])
    return M([source, target], [x, last])


def nested():
    """Models inside a model, one of them called twice, and a layer that is frozen."""
    inner = S([L.GRU(3, input_shape=(4, 2)), L.Dense(2, name="frozen", trainable=False)], name="in")
    a, b = keras.Input((4, 2)), keras.Input((4, 2))
    x = L.Subtract()([inner(a), inner(b)])
    y = keras.Input((2,))
    deep = M(y, L.Dense(2, activation="tanh")(S([L.Dense(3)], name="deepest")(y)), name="deep")
    return M([a, b], L.Dense(1)(deep(x)))


def stacked():
    """Cells in a stack."""
    cells = [L.LSTMCell(3), L.GRUCell(2), L.SimpleRNNCell(4)]
    return S([L.RNN(cells, return_sequences=True, input_shape=(4, 3)), L.LayerNormalization()])


def stateful():
    """States from call to call."""
    return S([L.GRU(3, stateful=True, batch_input_shape=(2, 3, 2)), L.Dense(1)])


def time_major():
    """Time as the first axis."""
    return S([L.LSTM(3, time_major=True, return_sequences=True, input_shape=(5, 2))])


def convolved():
    """Layers before and between recurrent ones."""
    return S([
        L.Conv1D(3, 2, activation="relu", padding="causal", input_shape=(8, 2)),
        L.MaxPooling1D(2),
        L.LeakyReLU(alpha=0.1),
        L.LSTM(3, kernel_regularizer="l2", kernel_constraint="max_norm"),
        L.RepeatVector(2),
        L.Flatten(),
        L.Dense(2, activation=tf.nn.softmax),
    ])  # fmt: skip


def cudnn(fast):
    """CuDNN's layers, or those that they are."""
    v1 = tf.compat.v1.keras.layers
    lstm, gru = (v1.CuDNNLSTM, v1.CuDNNGRU) if fast else (L.LSTM, L.GRU)
    return S([
        lstm(4, return_sequences=True, input_shape=(5, 3)),
        L.Bidirectional(lstm(2, return_sequences=True)),
        L.Bidirectional(gru(2, return_sequences=True)),
        gru(3),
        L.Dense(1),
    ])  # fmt: skip


MODELS = {
    f.__name__: f
    for f in (gates, wrapped, encoder, nested, stacked, stateful, time_major, convolved)
}
OPTIMIZERS = {
    "adam": lambda: keras.optimizers.Adam(0.01, amsgrad=True),
    "sgd": lambda: keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.01, centered=True, momentum=0.5),
    "nadam": lambda: keras.optimizers.Nadam(0.01),
    "adamw": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.02),
    "adagrad": lambda: keras.optimizers.Adagrad(0.05),
    "adadelta": lambda: keras.optimizers.Adadelta(0.5),
    "adamax": lambda: keras.optimizers.Adamax(0.01),
    "ftrl": lambda: keras.optimizers.Ftrl(0.05),
    "old_adam": lambda: OLD.Adam(0.01, decay=0.1),
    "old_amsgrad": lambda: OLD.Adam(0.01, amsgrad=True),
    "old_sgd": lambda: OLD.SGD(0.1, momentum=0.9, decay=0.05),
    "old_plain_sgd": lambda: OLD.SGD(0.1),
    "old_rmsprop": lambda: OLD.RMSprop(0.01, rho=0.8, centered=True, momentum=0.5),
    "old_adagrad": lambda: OLD.Adagrad(0.05),
    "old_adadelta": lambda: OLD.Adadelta(0.5),
    "old_adamax": lambda: OLD.Adamax(0.01),
    "old_nadam": lambda: OLD.Nadam(0.01),
    "old_ftrl": lambda: OLD.Ftrl(0.05),
    "schedule": lambda: keras.optimizers.Adam(
        keras.optimizers.schedules.ExponentialDecay(0.05, 2, 0.5)
    ),
}


def data(model, batch=2):
    """Return inputs that fit a model."""
    rng = np.random.default_rng(7)
    xs = []
    for tensor in model.inputs:
        shape = [batch if tensor.shape[0] is None else tensor.shape[0]]
        shape += [5 if n is None else n for n in tensor.shape[1:]]
        if any(isinstance(layer, L.Embedding) for layer in model.layers):
            xs.append(rng.integers(0, 7, shape).astype("float32"))
        else:
            xs.append(rng.normal(size=shape).astype("float32"))
    return xs


def scattered(model):
    """Give weights, biases too, numbers of their own."""
    rng = np.random.default_rng(3)
    own = [w + rng.uniform(0.05, 0.4, w.shape) for w in model.get_weights()]
    model.set_weights([w.astype("float32") for w in own])


def put(found, name, model, folder, forms):
    """Add the files of a model, its weights, and what it computes."""
    xs = data(model)
    for i, x in enumerate(xs):
        found[f"{name}/x{i}"] = x
    for call in range(2):
        y = model(xs if len(xs) > 1 else xs[0])
        for i, each in enumerate(y if isinstance(y, (list, tuple)) else [y]):
            found[f"{name}/y{i}{'_again' * call}"] = each.numpy()
    if not name.startswith("train_"):
        for i, w in enumerate(model.get_weights()):
            found[f"{name}/w{i}"] = w
    write(found, name, model, folder, forms)


def write(found, name, model, folder, forms):
    """Add the bytes of the files of a model."""
    for form in forms:
        path = os.path.join(folder, f"{name}.{form}")
        if form in ("weights.h5", "w.h5"):
            model.save_weights(path)
        else:
            model.save(path)
        found[f"{name}/{form}"] = np.frombuffer(Path(path).read_bytes(), np.uint8)


def trained(found, name, optimizer, folder):
    """Add a model that has trained some steps, and how it goes on."""
    model = S([L.GRU(3, input_shape=(4, 2)), L.Dense(2, name="middle"), L.Dense(1)])
    scattered(model)
    model.compile(optimizer, keras.losses.MeanSquaredError(), metrics=["mae"])
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(8, 4, 2)).astype("float32"), rng.normal(size=(8, 1)).astype("float32")
    options = {"epochs": 2, "batch_size": 4, "shuffle": False, "verbose": 0}
    model.fit(x, y, **options)
    put(found, name, model, folder, ["h5"])
    found[f"{name}/train_x"], found[f"{name}/train_y"] = x, y
    found[f"{name}/loss"] = np.float32(model.evaluate(x, y, verbose=0)[0])
    found[f"{name}/iterations"] = np.int64(model.optimizer.iterations.numpy())
    if name == "train_adam":
        write(found, name, model, folder, ["keras"])
    model.fit(x, y, **options)
    for i, w in enumerate(model.get_weights()):
        found[f"{name}/later{i}"] = w


def main(folder):
    """Write all into a folder."""
    keras.utils.set_random_seed(0)
    found = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name, make in MODELS.items():
            model = make()
            scattered(model)
            put(found, name, model, temporary, ["h5", "w.h5", "keras", "weights.h5"])
        fast, slow = cudnn(True), cudnn(False)
        scattered(fast)
        write(found, "cudnn", fast, temporary, ["h5", "w.h5"])
        slow.load_weights(os.path.join(temporary, "cudnn.w.h5"))
        put(found, "cudnn", slow, temporary, [])
        for name, optimizer in OPTIMIZERS.items():
            trained(found, f"train_{name}", optimizer(), temporary)
    split(found, folder)


def split(found, folder):
    """Write models and training to files of their own."""
    folder.mkdir(exist_ok=True)
    for file, old in {"keras2": False, "keras2_training": True}.items():
        part = {k: v for k, v in found.items() if k.startswith("train_") == old}
        np.savez_compressed(folder / f"{file}.npz", **part)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
