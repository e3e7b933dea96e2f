"""The guide to callbacks of one's own, and the reference pages of those that are there."""

import numpy as np

from tests.programs.parts import QUIET, normal, settled


def _model(keras):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    settled(model)
    model.compile(
        keras.optimizers.RMSprop(learning_rate=0.1), "mean_squared_error", metrics=["mae"]
    )
    return model


def _data():
    x = normal(1, 24, 4)
    return x, x @ np.float32([1.0, -2.0, 0.5, 0.0])


def every_method(keras):
    """Which methods are called, in what order, with the names of what they are told."""
    seen = []

    class Telling(keras.callbacks.Callback):
        pass

    def method(event):
        def called(self, *numbers, logs=None):
            keys = sorted((logs or {}).keys())
            if numbers and not isinstance(numbers[-1], int):
                *numbers, logs = numbers
                keys = sorted((logs or {}).keys())
            seen.append(f"{event} {list(numbers)} {keys}")

        return called

    for phase in ("train", "test", "predict"):
        for when in ("begin", "end"):
            for event in (f"on_{phase}_{when}", f"on_{phase}_batch_{when}"):
                setattr(Telling, event, method(event))
    Telling.on_epoch_begin, Telling.on_epoch_end = method("on_epoch_begin"), method("on_epoch_end")
    model, (x, y) = _model(keras), _data()
    model.fit(x, y, batch_size=12, epochs=2, validation_split=0.5, callbacks=[Telling()], **QUIET)
    model.evaluate(x, y, batch_size=12, verbose=0, callbacks=[Telling()])
    model.predict(x, batch_size=12, verbose=0, callbacks=[Telling()])
    return {"seen": "\n".join(seen)}


def losses_and_errors_of_batches(keras):
    """Numbers from the logs of batches and epochs."""
    found = {"train": [], "test": [], "epochs": []}

    class Printing(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            found["train"].append([batch, logs["loss"], logs["mae"]])

        def on_test_batch_end(self, batch, logs=None):
            found["test"].append([batch, logs["loss"]])

        def on_epoch_end(self, epoch, logs=None):
            found["epochs"].append([epoch, logs["loss"], logs["val_mae"]])

    model, (x, y) = _model(keras), _data()
    model.fit(x, y, batch_size=6, epochs=3, validation_split=0.25, callbacks=[Printing()], **QUIET)
    model.evaluate(x, y, batch_size=8, verbose=0, callbacks=[Printing()])
    return {key: np.array(rows) for key, rows in found.items()}


def stopping_at_the_least_loss(keras):
    """A callback that stops the training and puts the best weights back."""

    class Stopping(keras.callbacks.Callback):
        def __init__(self, patience=0):
            super().__init__()
            self.patience = patience
            self.best_weights = None

        def on_train_begin(self, logs=None):
            self.wait, self.stopped_epoch, self.best = 0, 0, np.inf

        def on_epoch_end(self, epoch, logs=None):
            current = logs.get("loss")
            if np.less(current, self.best):
                self.best, self.wait = current, 0
                self.best_weights = self.model.get_weights()
            else:
                self.wait += 1
                if self.wait >= self.patience:
                    self.stopped_epoch = epoch
                    self.model.stop_training = True
                    self.model.set_weights(self.best_weights)

    model, (x, y), stop = _model(keras), _data(), Stopping(patience=1)
    model.optimizer.learning_rate = 0.8
    history = model.fit(x, y, batch_size=8, epochs=15, callbacks=[stop], **QUIET)
    return {
        "history": history.history,
        "stopped": [stop.stopped_epoch, stop.best],
        "weights": model.get_weights(),
    }


def learning_rate_by_table(keras):
    """A callback that sets the learning rate from a table."""
    table, rates = [(1, 0.05), (2, 0.01), (4, 0.005)], []

    class Scheduling(keras.callbacks.Callback):
        def __init__(self, schedule):
            super().__init__()
            self.schedule = schedule

        def on_epoch_begin(self, epoch, logs=None):
            rate = self.model.optimizer.learning_rate
            rate = float(np.asarray(rate))
            self.model.optimizer.learning_rate = self.schedule(epoch, rate)
            rates.append(float(np.asarray(self.model.optimizer.learning_rate)))

    def from_table(epoch, rate):
        return dict(table).get(epoch, rate)

    model, (x, y) = _model(keras), _data()
    history = model.fit(x, y, batch_size=8, epochs=6, callbacks=[Scheduling(from_table)], **QUIET)
    return {"rates": rates, "history": history.history, "weights": model.get_weights()}


def rate_on_plateau(keras):
    """The learning rate falls when the loss does not."""
    model, (x, y) = _model(keras), _data()
    model.optimizer.learning_rate.assign(0.9)
    slower = keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.3, patience=1, min_lr=0.001)
    history = model.fit(x, y, batch_size=8, epochs=12, callbacks=[slower], **QUIET)
    return {"history": history.history, "weights": model.get_weights()}


def predictions_as_they_come(keras):
    """The outputs of each batch are in the logs of `predict`."""
    sums = []

    class Looking(keras.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            sums.append([batch, float(np.sum(np.asarray(logs["outputs"])))])

    model, (x, _) = _model(keras), _data()
    model.predict(x, batch_size=7, verbose=0, callbacks=[Looking()])
    return {"sums": np.array(sums)}


def small_functions(keras):
    """LambdaCallback takes functions for methods; `params` says how long it will be."""
    seen, params = [], {}
    of_functions = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append([epoch, logs["loss"]]),
        on_train_end=lambda logs: seen.append([-1, logs["loss"]]),
    )

    class Reading(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            params.update(self.params)

    model, (x, y) = _model(keras), _data()
    model.fit(x, y, batch_size=8, epochs=3, callbacks=[of_functions, Reading()], **QUIET)
    return {"seen": np.array(seen), "params": str(sorted(params.items()))}


def states_reset_by_a_callback(keras):
    """A stateful layer begins anew in each epoch."""

    class Forgetting(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            for layer in self.model.layers:
                if hasattr(layer, "reset_states"):
                    layer.reset_states()

    model = keras.Sequential(
        [
            keras.Input(batch_shape=(4, 3, 1)),
            keras.layers.LSTM(3, stateful=True),
            keras.layers.Dense(1),
        ]
    )
    settled(model)
    model.compile(keras.optimizers.Adam(0.01), "mse")
    x = normal(2, 20, 3, 1)
    history = model.fit(x, x.sum(axis=1), batch_size=4, epochs=4, callbacks=[Forgetting()], **QUIET)
    return {"history": history.history, "weights": model.get_weights()}
