"""The guide to training loops from scratch, with a tape: TensorFlow's or elman's."""

import numpy as np

from tests.programs.parts import arrays, normal, settled, whole


def _model(keras):
    inputs = keras.Input(shape=(5, 3), name="series")
    x = keras.layers.GRU(6, name="read")(inputs)
    x = keras.layers.Dense(5, activation="relu", name="think")(x)
    return settled(keras.Model(inputs, keras.layers.Dense(3, name="say")(x)))


def _batches(x, y, size=8):
    return [(x[i : i + size], y[i : i + size]) for i in range(0, len(x), size)]


def loop_over_batches(keras, GradientTape):
    """Tape, gradients, a step; the losses of all steps."""
    model = _model(keras)
    optimizer = keras.optimizers.Adam(learning_rate=1e-2)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    losses = []
    for _ in range(4):
        for x, y in _batches(normal(1, 40, 5, 3), whole(2, 3, 40)):
            with GradientTape() as tape:
                logits = model(x, training=True)
                loss = loss_fn(y, logits)
            grads = tape.gradient(loss, model.trainable_weights)
            optimizer.apply(grads, model.trainable_weights)
            losses.append(float(loss))
    return {"losses": losses, "weights": model.get_weights(), "steps": int(optimizer.iterations)}


def loop_with_metrics(keras, GradientTape):
    """Metrics of training and of validation, reset by epochs."""
    model, optimizer = _model(keras), keras.optimizers.SGD(0.1, momentum=0.9)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    train_acc = keras.metrics.SparseCategoricalAccuracy()
    val_acc = keras.metrics.SparseCategoricalAccuracy()
    x, y = normal(3, 48, 5, 3), whole(4, 3, 48)
    found = []
    for _ in range(4):
        for xs, ys in _batches(x[:40], y[:40]):
            with GradientTape() as tape:
                logits = model(xs, training=True)
                loss = loss_fn(ys, logits)
            grads = tape.gradient(loss, model.trainable_weights)
            optimizer.apply_gradients(zip(grads, model.trainable_weights))  # noqa: B905
            train_acc.update_state(ys, logits)
        for xs, ys in _batches(x[40:], y[40:], 4):
            val_acc.update_state(ys, model(xs, training=False))
        found.append([float(train_acc.result()), float(val_acc.result())])
        train_acc.reset_state()
        val_acc.reset_state()
    return {"found": np.array(found), "weights": model.get_weights()}


def loop_with_losses_of_layers(keras, GradientTape):
    """`model.losses` are added to the loss by hand."""

    class Calm(keras.layers.Layer):
        def call(self, inputs):
            self.add_loss(1e-2 * keras.ops.sum(inputs**2))
            return inputs

    inputs = keras.Input(shape=(4,))
    x = keras.layers.Dense(5, activation="relu", kernel_regularizer="l2")(inputs)
    x = Calm()(x)
    model = settled(keras.Model(inputs, keras.layers.Dense(2)(x)))
    optimizer, mse, losses = keras.optimizers.Adam(0.01), keras.losses.MeanSquaredError(), []
    for _ in range(4):
        for x, y in _batches(normal(5, 40, 4), normal(6, 40, 2)):
            with GradientTape() as tape:
                loss = mse(y, model(x, training=True))
                loss += sum(model.losses)
            grads = tape.gradient(loss, model.trainable_weights)
            optimizer.apply(grads, model.trainable_weights)
            losses.append(float(loss))
    return {"count": len(model.losses), "losses": losses, "weights": model.get_weights()}


def gradients_of_inputs(keras, GradientTape):
    """What a model's answer depends on: its gradient by the inputs."""
    model, x = _model(keras), keras.ops.convert_to_tensor(normal(7, 3, 5, 3))
    with GradientTape() as tape:
        watched = tape.watch(x)
        x = x if watched is None else watched
        score = keras.ops.sum(model(x)[:, 1])
    gradient = tape.gradient(score, x)
    return {"gradient": arrays(gradient)}


def gradients_by_layer(keras, GradientTape):
    """Gradients of some weights, of one, and of those a loss does not depend on."""
    model, x, y = _model(keras), normal(8, 6, 5, 3), normal(9, 6, 3)
    other = keras.layers.Dense(2)
    other.build((None, 2))
    with GradientTape(persistent=True) as tape:
        loss = keras.ops.mean((model(x) - y) ** 2)
    by_name = {weight.name: weight for weight in model.get_layer("read").trainable_weights}
    found = tape.gradient(loss, list(by_name.values()))
    return {
        "read": dict(zip(by_name, arrays(found), strict=True)),
        "say": arrays(tape.gradient(loss, model.layers[-1].kernel)),
        "nothing": str(tape.gradient(loss, other.kernel)),
    }


def loop_of_adversaries(keras, GradientTape):
    """Two models, two optimizers, in turn."""
    judge = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(5, "relu"), keras.layers.Dense(1)]
    )
    maker = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(5, "relu"), keras.layers.Dense(4)]
    )
    settled(judge), settled(maker, 1)
    d_optimizer, g_optimizer = keras.optimizers.Adam(3e-3), keras.optimizers.Adam(4e-3)
    loss_fn, losses = keras.losses.BinaryCrossentropy(from_logits=True), []
    for step in range(20):
        noise, real = normal(100 + step, 6, 2), normal(200 + step, 6, 4)
        both = keras.ops.concatenate([maker(noise), real], axis=0)
        labels = np.concatenate([np.ones((6, 1)), np.zeros((6, 1))]).astype("float32")
        labels = labels + 0.05 * np.abs(normal(300 + step, 12, 1))
        with GradientTape() as tape:
            d_loss = loss_fn(labels, judge(both))
        grads = tape.gradient(d_loss, judge.trainable_weights)
        d_optimizer.apply(grads, judge.trainable_weights)
        with GradientTape() as tape:
            g_loss = loss_fn(np.zeros((6, 1), "float32"), judge(maker(noise)))
        grads = tape.gradient(g_loss, maker.trainable_weights)
        g_optimizer.apply(grads, maker.trainable_weights)
        losses.append([float(d_loss), float(g_loss)])
    return {"losses": np.array(losses), "judge": judge.get_weights(), "maker": maker.get_weights()}


def stateful_loop(keras, GradientTape):
    """Truncated backpropagation: states are carried, gradients end where a piece begins."""
    inputs = keras.Input(batch_shape=(3, 5, 1))
    hidden = keras.layers.LSTM(4, stateful=True, return_sequences=True)(inputs)
    model = settled(keras.Model(inputs, keras.layers.Dense(1)(hidden)))
    optimizer, mse, losses = keras.optimizers.Adam(0.01), keras.losses.MeanSquaredError(), []
    series = np.cos(np.arange(3 * 26) / 3).astype("float32").reshape(3, 26, 1)
    for _ in range(4):
        model.layers[1].reset_state()
        for start in range(0, 25, 5):
            x, y = series[:, start : start + 5], series[:, start + 1 : start + 6]
            with GradientTape() as tape:
                loss = mse(y, model(x, training=True))
            grads = tape.gradient(loss, model.trainable_weights)
            optimizer.apply(grads, model.trainable_weights)
            losses.append(float(loss))
    return {"losses": losses, "weights": model.get_weights()}
