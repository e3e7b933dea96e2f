"""What the trainings of callback_cases.py share: a model, data, and callbacks that write down."""

from pathlib import Path

import numpy as np

SCORES = [5.0, 4.0, 4.5, 4.2, 3.0, 3.1, 3.2, 3.3, 2.0, 2.5]


class Setting:
    """What differs between the two libraries.

    Args:
        keras: the library.
        folder: an empty folder to write to.
        ending: of the file of a model.
        weights_ending: of a file of weights.
        event: the class of the messages in an event file.
    """

    def __init__(self, keras, folder, ending, weights_ending, event):
        self.keras, self.folder, self.event = keras, Path(folder), event
        self.ending, self.weights_ending = ending, weights_ending

    def data(self):
        draw = np.random.default_rng(3)
        x = draw.normal(size=(16, 5, 2)).astype("float32")
        y = np.tanh(x[:, -1, :1] - x[:, 0, 1:]).astype("float32")
        return x[:12], y[:12], x[12:], y[12:]

    def model(self, optimizer=None, metrics=("mae",)):
        keras, draw = self.keras, np.random.default_rng(4)
        model = keras.Sequential(
            [
                keras.Input((5, 2)),
                keras.layers.SimpleRNN(3, name="rnn"),
                keras.layers.Dense(1, name="out"),
            ],
            name="m",
        )
        model.set_weights([draw.normal(0, 0.5, size=w.shape) for w in model.get_weights()])
        model.compile(optimizer or keras.optimizers.SGD(0.1), "mse", metrics=list(metrics))
        return model

    def fit(self, model, *callbacks, validate=False, **options):
        x, y, x_held, y_held = self.data()
        options = {"epochs": 3, "batch_size": 4, "shuffle": False, "verbose": 0, **options}
        held = (x_held, y_held) if validate else None
        return model.fit(x, y, callbacks=list(callbacks), validation_data=held, **options)

    def feed(self, values, name="score"):
        """Return a callback that puts numbers among the logs."""

        def told(epoch, logs):
            logs[name] = values[epoch]

        return self.keras.callbacks.LambdaCallback(on_epoch_end=told)


def numbers(value):
    """Return what a callback was told, or weights, as JSON has it."""
    if isinstance(value, dict):
        return {name: numbers(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [numbers(each) for each in value]
    if isinstance(value, (str, int, type(None))):
        return value
    return np.round(np.asarray(value, float), 9).tolist()


def spy(keras):
    """Return a callback that writes down every event, with its number and its logs."""

    class Spy(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.events, self.given = [], []

        def set_params(self, params):
            super().set_params(params)
            self.given.append(dict(params))

    def record(event):
        if "_batch_" in event or "_epoch_" in event:
            return lambda self, i, logs=None: self.events.append([event, i, numbers(logs)])
        return lambda self, logs=None: self.events.append([event, None, numbers(logs)])

    for what in ("train", "epoch", "train_batch", "test", "test_batch", "predict", "predict_batch"):
        for when in ("begin", "end"):
            setattr(Spy, f"on_{what}_{when}", record(f"on_{what}_{when}"))
    return Spy()
