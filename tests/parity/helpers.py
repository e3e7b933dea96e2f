"""Callbacks, and what `utils` has for data."""

import contextlib
import io
import tempfile
from pathlib import Path

import keras
import numpy as np

import elman
from tests.golden import data_cases
from tests.golden.callback_cases import CASES
from tests.golden.callback_setting import Setting

CALLBACKS = {  # the training of `callback_cases.py`: what it says something about
    "hooks": ("Callback", "History"),
    "stopping": ("Callback",),
    "shared_logs": ("Callback", "History"),
    "histories": ("History",),
    "a_list": ("CallbackList",),
    "guide_losses": ("Callback",),
    "guide_early_stopping": ("Callback",),
    "guide_schedule": ("Callback",),
    "early_stopping": ("EarlyStopping", "LambdaCallback"),
    "directions": ("EarlyStopping",),
    "reduce_lr": ("ReduceLROnPlateau",),
    "schedules": ("LearningRateScheduler",),
    "csv_texts": ("CSVLogger",),
    "checkpoints": ("ModelCheckpoint",),
    "nan_losses": ("TerminateOnNaN",),
    "backups": ("BackupAndRestore",),
    "averages": ("SwapEMAWeights",),
    "boards": ("TensorBoard",),
}


def numbers(value):
    """Return texts of tables as rows of texts and numbers, and everything else as it is."""
    if isinstance(value, dict):
        return {key: numbers(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [numbers(each) for each in value]
    if not isinstance(value, str):
        return value
    cells = value.replace(";", ",").replace("\r\n", ",").split(",")
    return [_number(cell) for cell in cells]


def _number(cell):
    try:
        return float(cell)
    except ValueError:
        return cell


def callbacks(record):
    """Check the trainings that write down what callbacks are told and do."""
    from tensorboardX.proto.event_pb2 import Event as OurEvent
    from tensorflow.core.util.event_pb2 import Event

    def side(library, case, endings, event):
        def run():
            library.utils.clear_session()
            quiet = contextlib.redirect_stdout(io.StringIO())
            with tempfile.TemporaryDirectory() as folder, quiet:
                found = CASES[case](Setting(library, Path(folder), *endings, event))
            return {"what it saw": numbers(found)}

        return run

    assert set(CALLBACKS) == set(CASES), set(CALLBACKS) ^ set(CASES)
    for case, (name, *more) in CALLBACKS.items():
        record.check(
            f"callbacks.{name}",
            case,
            side(keras, case, (".keras", ".weights.h5"), Event),
            side(elman, case, (".keras", ".weights.h5"), OurEvent),
            [f"callbacks.{each}" for each in more],
        )


def arrays(record):
    """Check the functions of one array."""
    for kind, options in data_cases.pad_cases():
        for area in ("utils", "preprocessing.sequence"):

            def padded(library, kind=kind, options=options, area=area):
                module = library.preprocessing.sequence if "." in area else library.utils
                return lambda: {"values": module.pad_sequences(data_cases.RAGGED[kind], **options)}

            record.check(f"{area}.pad_sequences", str(options), padded(keras), padded(elman))
    for x, classes in data_cases.CATEGORIES:

        def categories(library, x=x, classes=classes):
            return lambda: {
                "values": np.asarray(library.utils.to_categorical(x, classes), "float32")
            }

        record.check("utils.to_categorical", str(x), categories(keras), categories(elman))
    for i, (shape, axis, order) in enumerate(data_cases.NORMS):
        x = np.random.default_rng(i).normal(size=shape).astype("float32")
        x = x if axis % len(shape) else x.tolist()  # Keras takes lists alone along axis 0

        def normalized(library, x=x, axis=axis, order=order):
            return lambda: {
                "values": np.asarray(library.utils.normalize(x, axis, order), "float32")
            }

        record.check("utils.normalize", f"{shape} {axis}", normalized(keras), normalized(elman))


def datasets(record):
    """Check windows, and the halves of a dataset."""
    for case in data_cases.window_cases():
        data, targets, options = data_cases.window_data(case)

        def windows(library, data=data, targets=targets, options=options):
            make = library.utils.timeseries_dataset_from_array
            return lambda: {
                "values": [
                    np.asarray(part)
                    for each in make(data, targets, **options)
                    for part in (each if targets is not None else (each,))
                ]
            }

        sides = windows(keras), windows(elman)
        record.check("utils.timeseries_dataset_from_array", str(case), *sides)
    for count, kind, options in data_cases.SPLITS:

        def halves(library, count=count, kind=kind, options=options):
            given = data_cases.split_data(count, kind)
            return lambda: {
                "values": [
                    np.asarray(part)
                    for half in library.utils.split_dataset(given, **options)
                    for each in half
                    for part in (each if isinstance(each, (tuple, list)) else (each,))
                ]
            }

        record.check("utils.split_dataset", str(options), halves(keras), halves(elman))


def run(record):
    """Add all cases to the record."""
    callbacks(record)
    arrays(record)
    datasets(record)
