"""What `elman inspect` looks at: from the files MODEL and DATA to one sample for one model."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from elman import _check
from elman._typing import Array, Shape
from elman.cli import predict
from elman.cli.shared import check_input
from elman.errors import ArgumentError, FormatError, ShapeError
from elman.forecasting import read_table
from elman.forecasting.forecaster import EXTRA, Forecaster
from elman.formats import hdf5
from elman.formats.keras import load_with_extra
from elman.models import Model

ARRAYS = (".npz", ".npy")
MASK = "mask"  # the name of an array


class Data(NamedTuple):
    """All samples.

    Attributes:
        x: the inputs, arrays with the samples along their first axis.
        y: targets, by the names of several outputs; None where there are none.
        features: names of the features of the first input, None where they have none.
        where: what each sample is, such as "rows 3 to 50"; None where they have but numbers.
        mask: (samples, timesteps), True where a step counts; None where all do.
    """

    x: list[Array]
    y: Array | dict[str, Array] | None = None
    features: list[str] | None = None
    where: list[str] | None = None
    mask: Array | None = None

    def inputs(self, samples: slice = slice(None)) -> Any:
        """Return some samples as a model takes them: an array, or a list of several."""
        found = [array[samples] for array in self.x]
        return found if len(found) > 1 else found[0]

    def targets(self, samples: slice = slice(None)) -> Any:
        """Return their targets as a model takes them, None where there are none."""
        if isinstance(self.y, dict):
            return {name: array[samples] for name, array in self.y.items()}
        return None if self.y is None else self.y[samples]


def load(path: Path) -> tuple[Model, Forecaster | None]:
    """Read a model, and what is needed to forecast with it where `elman train` made it.

    Raises:
        ElmanError: the file is no model.
    """
    if not (path.is_file() and hdf5.begins(path)):
        predict.check_model(path, "`elman train` or `model.save` wrote", "DATA")
    model, extra = load_with_extra(path)
    return model, Forecaster.load(path) if EXTRA in extra else None


def read(model: Model, forecaster: Forecaster | None, file: Path | None, path: Path) -> Data | None:
    """Read the samples of a file; None where there is no file.

    Args:
        model: what they are for.
        forecaster: its columns and scaling, if it has any.
        file: DATA.
        path: MODEL.

    Raises:
        ElmanError: the file does not fit the model.
    """
    if forecaster is not None:
        if file is None and forecaster.notes.get("source") != "sunspots.csv":
            return None
        return _windows(forecaster, predict.Options(model=path, file=file, as_ordered=True))
    if file is None:
        return None
    data = _arrays(model, file) if file.suffix.lower() in ARRAYS else _table(model, file)
    y = data.y.values() if isinstance(data.y, dict) else () if data.y is None else (data.y,)
    masks = () if data.mask is None else (data.mask,)
    counts = [len(np.atleast_1d(array)) for array in (*data.x, *y, *masks)]
    if len(set(counts)) != 1:
        shown = ", ".join(map(str, counts))
        raise ShapeError(f"{file}: all arrays must have the same number of samples; got {shown}.")
    return data


def not_finite(model: Model, data: Data, one: slice) -> list[str]:
    """Return a sentence for each input, and the targets, of a sample that is not finite."""
    named = list(zip(model.input_names if len(data.x) > 1 else ["x"], data.x, strict=True))
    if data.y is not None:
        named += data.y.items() if isinstance(data.y, dict) else [("y", data.y)]
    found = []
    for i, (name, array) in enumerate(named):
        sample = array[one][0]
        broken = ~np.isfinite(sample) if sample.dtype.kind == "f" else np.zeros(1, bool)
        if broken.any():
            place = [int(index) for index in np.argwhere(broken)[0]]
            where = _place(place, i < len(data.x), data.features if i == 0 else None)
            found.append(
                f"`{name}` is not finite in {broken.sum()} of {broken.size} numbers, first "
                f"({sample[tuple(place)]:g}) {where}: what comes of it is marked."
            )
    return found


def _place(place: Sequence[int], is_input: bool, features: Sequence[str] | None) -> str:
    """Return where a number stands in a sample, in words."""
    what = "feature" if is_input else "output"
    *times, last = place
    name = f"{what} {last}" if features is None else f"column {features[last]}"
    return f"at timestep {times[0]}, {name}" if times else f"at {name}"


def _windows(forecaster: Forecaster, options: predict.Options) -> Data:
    """Return the windows of a series whose answers are known, else the last."""
    series, changes = predict.read(options, forecaster), forecaster.changes
    forecaster.check_reach(series)
    known = np.arange(changes.reach - 1, len(series) - changes.horizon)
    origins = known if known.size else np.array([len(series) - 1])
    x = changes.inputs(series.values, origins)
    numbers = series.row_numbers
    where = [f"{series.unit}s {numbers[i + 1 - changes.lookback]} to {numbers[i]}" for i in origins]
    y = changes.targets(series.values, origins) if known.size else None
    return Data(list(x), y, list(forecaster.names), where)


def _arrays(model: Model, file: Path) -> Data:
    """Return the arrays of a file that NumPy wrote: x or the inputs by name, and y."""
    check_input(file, "DATA")
    try:
        with file.open("rb") as open_file:
            loaded = np.load(open_file, allow_pickle=False)
            found = {"x": loaded} if isinstance(loaded, np.ndarray) else dict(loaded)
    except (ValueError, EOFError, zipfile.BadZipFile):
        raise FormatError(
            f"{file}: the file must hold arrays of numbers, as `numpy.save` and `numpy.savez` "
            "write them; got something else."
        ) from None
    names = ["x"] if "x" in found and len(model.inputs) == 1 else list(model.input_names)
    missing = [name for name in names if name not in found]
    if missing:
        wanted = "`x`" if len(names) == 1 else ", ".join(f"`{name}`" for name in names)
        raise ArgumentError(f"{file}: the file must hold {wanted}; got {', '.join(found)}.")
    for name, tensor in zip(names, model.inputs, strict=True):
        _check_fits(str(file), name, found[name], tuple(tensor.shape), tensor.dtype)
    more = [*(model.output_names if len(model.outputs) > 1 else ()), "y"]
    more += [MASK] if names == ["x"] else []
    unknown = [name for name in found if name not in (*names, *more)]
    if unknown:
        known = ", ".join(f"`{name}`" for name in (*names, *more))
        raise ArgumentError(
            f"{file}: the file must hold no arrays but {known}; got `{unknown[0]}`. Leave it out."
        )
    mask = found[MASK] if MASK in more and MASK in found else None
    return Data([found[name] for name in names], _targets(model, found), mask=mask)


def _check_fits(owner: str, name: str, array: Array, shape: Shape, dtype: str) -> None:
    """Check that an array has samples of the shape that an input of a model has.

    Raises:
        ShapeError: it has not.
        ArgumentError: it holds nothing.
    """
    sizes: Sequence[int | None] = (None, *shape[1:])
    inner = ["timesteps"] if len(shape) > 2 or dtype.startswith("int") else ["features"]
    inner += ["features"] if len(shape) == 3 else [f"axis_{k}" for k in range(2, len(shape))]
    alone = array.ndim == len(sizes) - 1 and all(
        want in (None, have) for want, have in zip(sizes[1:], array.shape, strict=True)
    )
    fix = f"If it is one sample, save `{name}[None]`." if alone else ""
    _check.shape(owner, name, array, " ".join(["samples", *inner]), tuple(sizes), fix)
    if not array.size:
        raise ArgumentError(
            f"{owner}: `{name}` must hold one number at least; got none, in shape {array.shape}."
        )


def _targets(model: Model, found: dict[str, Array]) -> Any:
    """Return `y`, of several outputs arrays by their names; None where there are none."""
    known = {name: found[name] for name in model.output_names if name in found}
    return known if len(model.outputs) > 1 and known else found.get("y")


def _table(model: Model, file: Path) -> Data:
    """Return the rows of a table as one sample: a row a timestep, a column a feature."""
    table, shape = read_table(file), tuple(model.inputs[0].shape)
    if len(model.inputs) != 1 or len(shape) != 3:
        raise ArgumentError(
            f"{file}: the file must be a .npz file with the model's inputs by name, "
            f"{', '.join(model.input_names)}; got a table."
        )
    if len(table.names) != shape[2]:
        raise ArgumentError(
            f"{file}: the file must have {shape[2]} columns, the features that the model reads; "
            f"got {', '.join(table.names)}."
        )
    rows = np.stack([table.numbers(name) for name in table.names], axis=1)
    if np.isnan(rows).any():
        raise ArgumentError(
            f"{file}: the file must have a value in every cell; got {np.isnan(rows).sum()} without."
        )
    if shape[1] is not None and len(rows) < shape[1]:
        raise ArgumentError(
            f"{file}: the file must have at least {shape[1]} rows, the model's timesteps; got "
            f"{len(rows)}."
        )
    taken = rows if shape[1] is None else rows[-shape[1] :]
    first = len(rows) - len(taken)
    where = f"{table.unit}s {table.row_numbers[first]} to {table.row_numbers[-1]}"
    return Data([taken[None].astype(model.inputs[0].dtype)], None, list(table.names), [where])
