"""Trainings with Keras's callbacks, the same in Keras and in elman; each returns what it saw.

`make_callbacks.py` runs them with Keras and keeps what they return; `tests/callbacks` with elman.
"""

import contextlib
import struct

import numpy as np

from tests.golden import callback_events as told
from tests.golden.callback_setting import SCORES, numbers, spy


def early_stopping(setting):
    """By options: how long it trained, what it remembers, and the weights at the end."""
    keras, found = setting.keras, {}
    for name, options in {
        "patience": {"patience": 2, "mode": "min"},
        "patience 3": {"patience": 3, "mode": "min"},
        "max": {"mode": "max"},
        "restore": {"patience": 2, "mode": "min", "restore_best_weights": True},
        "delta": {"patience": 1, "mode": "min", "min_delta": 0.9},
        "negative delta": {"patience": 1, "mode": "min", "min_delta": -0.9},
        "baseline": {"patience": 3, "mode": "min", "baseline": 4.1},
        "from": {"patience": 1, "mode": "min", "start_from_epoch": 4},
        "both": {"patience": 2, "mode": "min", "baseline": 1.0, "restore_best_weights": True},
        "never": {"patience": 9, "mode": "min", "restore_best_weights": True},
    }.items():
        model, own = setting.model(), keras.callbacks.EarlyStopping("score", **options)
        history = setting.fit(model, setting.feed(SCORES), own, epochs=10)
        kept = [own.best, own.best_epoch, own.wait, own.stopped_epoch]
        found[name] = [history.epoch, numbers(kept), numbers(model.get_weights())]
    return found


def directions(setting):
    """What the mode "auto" takes for better, by metric; an error where it cannot tell."""
    keras, found = setting.keras, {}

    def own_error(y_true, y_pred):
        return abs(y_true - y_pred)

    metrics = ["mae", "mse", "binary_accuracy", keras.metrics.RootMeanSquaredError(), own_error]
    logs = "loss mae mse binary_accuracy root_mean_squared_error own_error score"
    for name in logs.split():
        for key in (name, f"val_{name}"):
            stop = keras.callbacks.EarlyStopping(key)
            model = setting.model(metrics=metrics)
            try:
                history = setting.fit(model, setting.feed([1, 2, 3], key), stop, validate=True)
                found[key] = "up" if len(history.epoch) == 3 else "down"
            except ValueError:
                found[key] = "error"
    return found


def reduce_lr(setting):
    """By options: the learning rate of each epoch."""
    keras, found = setting.keras, {}
    for name, options in {
        "patience": {"patience": 1},
        "patience 2": {"patience": 2, "factor": 0.5},
        "cooldown": {"patience": 1, "factor": 0.5, "cooldown": 2},
        "min_lr": {"patience": 1, "min_lr": 0.02},
        "delta": {"patience": 1, "factor": 0.5, "min_delta": 0.9},
        "max": {"patience": 2, "factor": 0.5, "mode": "max"},
        "none": {"patience": 0, "factor": 0.5},
    }.items():
        own = keras.callbacks.ReduceLROnPlateau("score", **{"mode": "min", **options})
        model = setting.model()
        history = setting.fit(model, setting.feed(SCORES), own, epochs=10)
        found[name] = [numbers(history.history), numbers(float(model.optimizer.learning_rate))]
    return found


def schedules(setting):
    """By function: the learning rate of each epoch."""
    keras, found = setting.keras, {}
    for name, function in {
        "of both": lambda epoch, rate: rate if epoch < 2 else rate * 0.9,
        "of the epoch": lambda epoch: 0.1 / (1 + epoch),
        "of numpy": lambda epoch, rate: np.float32(rate * np.exp(-0.1)),
    }.items():
        own = keras.callbacks.LearningRateScheduler(function)
        found[name] = numbers(setting.fit(setting.model(), own, epochs=5).history)
    return found


def csv_texts(setting):
    """By options: the lines of the file."""
    keras, found = setting.keras, {}

    def text(name, *callbacks, again=0, validate=False, **options):
        path = setting.folder / f"{name}.csv"
        model = setting.model()
        for _ in range(again + 1):
            log = keras.callbacks.CSVLogger(path, **options)
            setting.fit(model, *callbacks, log, validate=validate, epochs=2)
        with open(path, newline="") as file:
            found[name] = file.read()

    text("plain")
    text("validated", validate=True)
    text("separated", validate=True, separator=";")
    text("appended", again=1, append=True)
    text("written over", again=1)
    text("with rates", keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.5**epoch))
    text("with an array", setting.feed([np.array([1, 2]), np.array(3)]))
    return found


def checkpoints(setting):
    """By options: the files after each epoch."""
    keras, found = setting.keras, {}
    for i, (name, pattern, options) in enumerate(
        [
            ("each", "{epoch:02d}", {}),
            ("numbers", "{epoch:02d}-{val_loss:.2f}", {}),
            ("one", "one", {}),
            ("batches", "{epoch}-{batch:02d}", {"save_freq": 2}),
            ("many batches", "{epoch}-{batch:02d}-{loss:.1f}", {"save_freq": 4}),
            ("best", "{epoch}", {"save_best_only": True}),
            ("highest", "{epoch}", {"save_best_only": True, "mode": "max"}),
            ("below", "{epoch}", {"save_best_only": True, "initial_value_threshold": 4.1}),
            ("not there", "{epoch}", {"save_best_only": True, "monitor": "val_score"}),
            ("weights", "{epoch}", {"save_weights_only": True}),
        ]
    ):
        folder = setting.folder / str(i)
        ending = setting.weights_ending if "save_weights_only" in options else setting.ending
        options = {"monitor": "score", "mode": "min", **options}
        own = keras.callbacks.ModelCheckpoint(folder / (pattern + ending), **options)
        seen = []

        def look(epoch, logs, folder=folder, ending=ending, seen=seen):
            files = folder.iterdir() if folder.exists() else ()
            seen.append(sorted(file.name.removesuffix(ending) for file in files))

        after = keras.callbacks.LambdaCallback(on_epoch_end=look)
        model = setting.model()
        setting.fit(model, setting.feed(SCORES), own, after, epochs=10, validate=name == "numbers")
        found[name] = [seen, numbers(own.best)]
    return found


def nan_losses(setting):
    """When training ends at a loss that is no number, and who hears of it."""
    keras, found = setting.keras, {}
    x, y, *_ = setting.data()
    y[6] = np.nan
    for name, options in {"ends": {}, "raises": {"raise_error": True}}.items():
        model, seen = setting.model(), spy(keras)
        own = keras.callbacks.TerminateOnNaN(**options)
        with contextlib.suppress(RuntimeError):
            model.fit(x, y, batch_size=4, shuffle=False, verbose=0, epochs=3, callbacks=[own, seen])
        found[name] = [[event, number] for event, number, _ in seen.events]
    return found


def backups(setting):
    """By options: the history after an interruption, and the weights at the end."""
    keras, found = setting.keras, {}

    class Interrupt(keras.callbacks.Callback):
        def __init__(self, epoch, batch):
            super().__init__()
            self.at, self.epoch = (epoch, batch), 0

        def on_epoch_begin(self, epoch, logs=None):
            self.epoch = epoch

        def on_train_batch_begin(self, batch, logs=None):
            if (self.epoch, batch) == self.at:
                raise ZeroDivisionError

    for name, options in {
        "epochs": {},
        "batches": {"save_freq": 2},
        "two": {"double_checkpoint": True, "delete_checkpoint": False},
    }.items():
        folder = setting.folder / name
        model = setting.model(keras.optimizers.Adam(0.05))
        own = keras.callbacks.BackupAndRestore(folder, **options)
        with contextlib.suppress(ZeroDivisionError):
            setting.fit(model, own, Interrupt(2, 2), epochs=5)
        model = setting.model(keras.optimizers.Adam(0.05))
        own = keras.callbacks.BackupAndRestore(folder, **options)
        history = setting.fit(model, own, epochs=5)
        found[name] = [
            *(history.epoch, numbers(history.history), numbers(model.get_weights())),
            *(int(model.optimizer.iterations), folder.exists()),
        ]
    return found


def averages(setting):
    """By options: what is validated, saved and left in the model with averaged weights."""
    keras, found = setting.keras, {}
    for name, swap_on_epoch in {"in validation": False, "after epochs": True}.items():
        model = setting.model(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.8))
        own, saved = keras.callbacks.SwapEMAWeights(swap_on_epoch), []
        look = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs, model=model, saved=saved: saved.append(
                numbers(model.get_weights())
            )
        )
        history = setting.fit(model, own, look, validate=True)
        found[name] = [numbers(history.history), saved, numbers(model.get_weights())]
    return found


def boards(setting):
    """By options: what TensorBoard is given, as file, tag and step -> number."""
    keras, found = setting.keras, {}
    rate = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.1 * 0.5**epoch)
    for name, options in {
        "epochs": {},
        "batches": {"update_freq": "batch"},
        "histograms": {"histogram_freq": 2, "write_steps_per_second": True},
    }.items():
        folder = setting.folder / name
        own = keras.callbacks.TensorBoard(folder, **options)
        setting.fit(setting.model(), rate, own, validate=True)
        found[name] = sorted(
            [file.parent.name, *each]
            for file in folder.rglob("events.*")
            for each in events(setting.event, file)
        )
    return found


def events(event, file):
    """Return [tag, step, number] of each value in an event file, no number for what has none."""
    found, data = [], file.read_bytes()
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        message = event.FromString(data[12 : 12 + length])
        data = data[16 + length :]
        for value in message.summary.value:
            if value.tag.startswith("epoch_1") or "graph" in value.tag:
                continue
            found.append([value.tag, message.step, _number(value)])
    return found


def _number(value):
    """Return a scalar of either form that event files know, None for anything else."""
    if "steps_per_second" in value.tag or value.tag.endswith("histogram"):
        return None  # the one is of the machine, the other is no number
    if value.HasField("simple_value"):
        return numbers(np.float32(value.simple_value))
    if value.tensor.tensor_content:
        return numbers(np.frombuffer(value.tensor.tensor_content, "<f4")[0])
    return numbers(np.float32(value.tensor.float_val[0])) if value.tensor.float_val else None


CASES = {
    case.__name__: case
    for case in (
        *(told.hooks, told.stopping, told.shared_logs, told.histories, told.a_list),
        *(told.guide_losses, told.guide_early_stopping, told.guide_schedule),
        *(early_stopping, directions, reduce_lr, schedules, csv_texts, checkpoints),
        *(nan_losses, backups, averages, boards),
    )
}
