"""The guide to training and evaluation with the built-in methods."""

import numpy as np

from tests.programs.parts import QUIET, normal, settled, whole


def _model(keras, classes=3):
    inputs = keras.Input(shape=(6,), name="facts")
    x = keras.layers.Dense(7, activation="relu", name="dense_1")(inputs)
    x = keras.layers.Dense(5, activation="relu", name="dense_2")(x)
    outputs = keras.layers.Dense(classes, activation="softmax", name="predictions")(x)
    return settled(keras.Model(inputs=inputs, outputs=outputs))


def _data(count=50):
    return normal(1, count, 6), whole(2, 3, count)


def _compiled(keras):
    model = _model(keras)
    model.compile(
        optimizer="rmsprop",
        loss="sparse_categorical_crossentropy",
        metrics=["sparse_categorical_accuracy"],
    )
    return model


def from_compile_to_predict(keras):
    """Objects for everything; validation data that are kept apart."""
    model, (x, y) = _model(keras), _data()
    model.compile(
        optimizer=keras.optimizers.RMSprop(learning_rate=1e-2),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    history = model.fit(
        x[:40], y[:40], batch_size=8, epochs=4, validation_data=(x[40:], y[40:]), **QUIET
    )
    return {
        "history": history.history,
        "epochs": history.epoch,
        "scores": model.evaluate(x, y, batch_size=16, verbose=0),
        "out": model.predict(x[:3], verbose=0),
        "weights": model.get_weights(),
    }


def validation_from_the_end(keras):
    """`validation_split` keeps the last samples; a limit of steps; a later start."""
    model, (x, y) = _compiled(keras), _data()
    first = model.fit(x, y, batch_size=8, validation_split=0.2, epochs=2, **QUIET)
    second = model.fit(
        x,
        y,
        batch_size=8,
        validation_split=0.3,
        initial_epoch=2,
        epochs=5,
        validation_freq=2,
        **QUIET,
    )
    return {"first": first.history, "second": second.history, "epochs": second.epoch}


def weights_of_classes_and_samples(keras):
    """The loss heeds both, and so do the metrics that are said to."""
    x, y = _data()
    of_class = _compiled(keras)
    found = {
        "class": of_class.fit(
            x, y, class_weight={0: 1.0, 1: 3.0, 2: 0.5}, batch_size=10, epochs=4, **QUIET
        )
    }
    of_sample, weight = _model(keras), np.where(y == 1, 2.0, 0.5)
    of_sample.compile(
        keras.optimizers.Adam(0.01),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        weighted_metrics=["accuracy"],
    )
    found["sample"] = of_sample.fit(
        x, y, sample_weight=weight, batch_size=10, epochs=4, validation_data=(x, y, weight), **QUIET
    )
    return {
        "histories": {name: history.history for name, history in found.items()},
        "weights": [*of_class.get_weights(), *of_sample.get_weights()],
        "scores": of_sample.evaluate(x, y, sample_weight=weight, verbose=0, return_dict=True),
    }


def weights_of_timesteps(keras):
    """Each step of each sequence may have a weight."""
    model = keras.Sequential(
        [keras.Input((5, 2)), keras.layers.GRU(4, return_sequences=True), keras.layers.Dense(1)]
    )
    settled(model)
    model.compile(keras.optimizers.Adam(0.01), "mse", weighted_metrics=["mae"])
    x, weight = normal(3, 40, 5, 2), np.abs(normal(4, 40, 5))
    history = model.fit(x, x[..., :1], sample_weight=weight, batch_size=8, epochs=4, **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def _branches(keras):
    series, steps = keras.Input((6, 2), name="series"), keras.Input((None, 3), name="steps")
    x = keras.layers.Concatenate()(
        [keras.layers.GlobalMaxPooling1D()(series), keras.layers.GRU(3)(steps)]
    )
    score = keras.layers.Dense(1, name="score")(x)
    kind = keras.layers.Dense(3, name="kind")(x)
    return settled(keras.Model(inputs=[series, steps], outputs=[score, kind]))


def losses_by_output(keras):
    """Losses, metrics and weights of losses for several outputs, in lists and by name."""
    x = [normal(5, 40, 6, 2), normal(6, 40, 4, 3)]
    y = [normal(7, 40, 1), np.eye(3, dtype="float32")[whole(8, 3, 40)]]
    mse = keras.losses.MeanSquaredError()
    entropy = keras.losses.CategoricalCrossentropy(from_logits=True)
    mape, mae = keras.metrics.MeanAbsolutePercentageError(), keras.metrics.MeanAbsoluteError()
    right = keras.metrics.CategoricalAccuracy()
    found = {}
    for name, options in {
        "lists": {"loss": [mse, entropy], "metrics": [[mape, mae], [right]]},
        "names": {
            "loss": {"score": mse, "kind": entropy},
            "metrics": {"score": ["mse"], "kind": ["acc"]},
            "loss_weights": {"score": 2.0, "kind": 1.0},
        },
        "one only": {"loss": [None, entropy]},
    }.items():
        model = _branches(keras)
        model.compile(optimizer=keras.optimizers.RMSprop(1e-3), **options)
        by_name = [
            dict(zip(("series", "steps"), x, strict=True)),
            dict(zip(("score", "kind"), y, strict=True)),
        ]
        data = by_name if name == "names" else (x, y)
        history = model.fit(*data, batch_size=8, epochs=4, **QUIET)
        scores = model.evaluate(*data, batch_size=8, verbose=0)
        found[name] = {"history": history.history, "scores": scores, "weights": model.get_weights()}
    return found


def data_in_a_class(keras):
    """A PyDataset gives the batches, with workers or without."""

    class Numbers(keras.utils.PyDataset):
        def __init__(self, x, y, batch_size, **kwargs):
            super().__init__(**kwargs)
            self.x, self.y, self.batch_size = x, y, batch_size

        def __len__(self):
            return int(np.ceil(len(self.x) / self.batch_size))

        def __getitem__(self, i):
            part = slice(i * self.batch_size, (i + 1) * self.batch_size)
            return self.x[part], self.y[part]

    x, y = _data()
    train, held = Numbers(x[:38], y[:38], 8), Numbers(x[38:], y[38:], 5)
    model = _compiled(keras)
    history = model.fit(train, epochs=4, validation_data=held, **QUIET)
    return {
        "history": history.history,
        "weights": model.get_weights(),
        "scores": model.evaluate(held, verbose=0),
        "out": model.predict(held, verbose=0),
    }


def data_from_a_generator(keras):
    """A generator that does not end, and a number of steps."""
    x, y = _data(48)

    def batches():
        while True:
            for i in range(0, 48, 8):
                yield x[i : i + 8], y[i : i + 8], np.where(y[i : i + 8] == 0, 0.5, 1.0)

    model = _compiled(keras)
    history = model.fit(batches(), steps_per_epoch=4, epochs=4, verbose=0)
    return {
        "history": history.history,
        "weights": model.get_weights(),
        "scores": model.evaluate(batches(), steps=6, verbose=0),
    }


def stopping_early(keras):
    """EarlyStopping ends the training, and may put the best weights back."""
    x, y = _data()
    found = {}
    for restore in (False, True):
        model = _compiled(keras)
        stop = keras.callbacks.EarlyStopping(
            monitor="val_loss", min_delta=1e-2, patience=2, restore_best_weights=restore
        )
        history = model.fit(
            x, y, epochs=12, batch_size=16, callbacks=[stop], validation_split=0.2, **QUIET
        )
        found[str(restore)] = {
            "epochs": [len(history.epoch), stop.stopped_epoch],
            "history": history.history,
            "weights": model.get_weights(),
        }
    return found


def losses_collected_by_a_callback(keras):
    """A callback of one's own keeps the loss of each batch."""

    class LossHistory(keras.callbacks.Callback):
        def on_train_begin(self, logs):
            self.per_batch_losses = []

        def on_train_batch_end(self, batch, logs):
            self.per_batch_losses.append(logs.get("loss"))

    model, (x, y), kept = _compiled(keras), _data(), LossHistory()
    model.fit(x, y, batch_size=10, epochs=3, callbacks=kept, **QUIET)
    return {"losses": kept.per_batch_losses}


def learning_rates_that_fall(keras):
    """Schedules, given to the optimizer or to a callback."""
    schedules, (x, y), found = keras.optimizers.schedules, _data(), {}
    for name, schedule in {
        "exponential": schedules.ExponentialDecay(
            0.05, decay_steps=5, decay_rate=0.8, staircase=True
        ),
        "pieces": schedules.PiecewiseConstantDecay([4, 11], [0.05, 0.02, 0.005]),
        "polynomial": schedules.PolynomialDecay(0.05, 15, 0.001, power=2.0),
        "inverse": schedules.InverseTimeDecay(0.05, 3, 0.5),
        "cosine": schedules.CosineDecay(0.0, 15, warmup_target=0.05, warmup_steps=4),
        "restarts": schedules.CosineDecayRestarts(0.05, 6),
    }.items():
        model = _model(keras)
        optimizer = keras.optimizers.SGD(learning_rate=schedule, momentum=0.5)
        model.compile(optimizer, "sparse_categorical_crossentropy")
        history = model.fit(x, y, batch_size=10, epochs=4, **QUIET)
        found[name] = [
            history.history["loss"],
            float(optimizer.learning_rate),
            model.get_weights()[0],
        ]
    model = _compiled(keras)
    falling = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5**epoch)
    history = model.fit(x, y, batch_size=10, epochs=4, callbacks=[falling], **QUIET)
    return {"schedules": found, "callback": history.history, "weights": model.get_weights()}


def every_optimizer(keras):
    """Twenty steps with each."""
    found, x, y = {}, normal(9, 40, 4, 2), normal(10, 40, 1)
    for optimizer in (
        *(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.05, 0.9, nesterov=True)),
        *(
            keras.optimizers.RMSprop(0.01),
            keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True),
        ),
        *(keras.optimizers.Adam(0.01), keras.optimizers.Adam(0.01, amsgrad=True)),
        *(
            keras.optimizers.AdamW(0.01),
            keras.optimizers.Nadam(0.01),
            keras.optimizers.Adamax(0.01),
        ),
        *(
            keras.optimizers.Adagrad(0.05),
            keras.optimizers.Adadelta(0.5),
            keras.optimizers.Ftrl(0.05),
        ),
        *(keras.optimizers.Lion(0.005), keras.optimizers.Adafactor(0.05)),
        *(keras.optimizers.Adam(0.01, clipnorm=0.1), keras.optimizers.SGD(0.1, clipvalue=0.02)),
        *(
            keras.optimizers.SGD(0.1, global_clipnorm=0.1),
            keras.optimizers.SGD(0.1, weight_decay=0.01),
        ),
        keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.8),
    ):
        model = keras.Sequential([keras.Input((4, 2)), keras.layers.LSTM(3), keras.layers.Dense(1)])
        settled(model)
        model.compile(optimizer, "mse")
        history = model.fit(x, y, batch_size=8, epochs=4, **QUIET)
        name = f"{len(found)} {type(optimizer).__name__}"
        found[name] = [
            history.history["loss"],
            np.concatenate([w.ravel() for w in model.get_weights()]),
        ]
    return found


def batch_by_batch(keras):
    """`train_on_batch`, `test_on_batch` and `predict_on_batch` in a loop of one's own."""
    model, (x, y), found = _compiled(keras), _data(), []
    for _ in range(4):
        found += [model.train_on_batch(x[i : i + 10], y[i : i + 10]) for i in range(0, 50, 10)]
    return {
        "steps": found,
        "by name": model.test_on_batch(x, y, return_dict=True),
        "list": model.test_on_batch(x, y),
        "out": model.predict_on_batch(x[:2]),
        "weights": model.get_weights(),
    }
