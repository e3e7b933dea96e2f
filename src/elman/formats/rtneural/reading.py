"""A model from RTNeural's JSON."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from elman import layers
from elman._typing import Array
from elman.errors import FormatError, UnsupportedError
from elman.formats.files import to_read
from elman.formats.rtneural.names import ACTIVATIONS
from elman.layers import Layer
from elman.models import Sequential

MOST = 1 << 20  # features, and lists and objects in a file
MOST_BYTES = 1 << 28  # of a file, ten million weights as `write` spells them
MOST_LAYERS = 1000
DEPTH = 6  # the file, its layers, a layer, its weights, a matrix, a row
Shape = tuple[int | None, ...]


class Entry(NamedTuple):
    """A layer in the file.

    Attributes:
        path: of the file.
        name: of the entry, for messages.
        content: what it holds.
        features: how many the layer reads.
    """

    path: Path
    name: str
    content: dict[str, Any]
    features: int

    def wrong(self, key: str, rule: str, got: Any) -> FormatError:
        """Return the error of one of its parts."""
        return FormatError(f"{self.path}: entry '{self.name}.{key}' must {rule}; got {got!r:.60}.")

    def arrays(self, *shapes: Shape) -> list[Array]:
        """Return the weights, as many as there are shapes; None stands for any size."""
        given = self.content.get("weights")
        if not isinstance(given, list) or len(given) != len(shapes):
            got = len(given) if isinstance(given, list) else given
            raise self.wrong("weights", f"hold {len(shapes)} arrays", got)
        return [self._array(i, given[i], shape) for i, shape in enumerate(shapes)]

    def _array(self, i: int, nested: Any, shape: Shape) -> Array:
        wanted = tuple("any" if n is None else n for n in shape)
        rule = f"hold numbers of shape {wanted}"
        if not _are_numbers(nested, len(shape)):  # in an array of texts each has the longest's room
            raise self.wrong(f"weights[{i}]", rule, nested)
        try:
            array = np.asarray(nested)
        except ValueError:  # lists of several lengths
            raise self.wrong(f"weights[{i}]", "be lists of equal lengths", nested) from None
        fits = array.ndim == len(shape) and all(
            n in (None, m) for n, m in zip(shape, array.shape, strict=False)
        )
        if array.dtype.kind not in "fi" or not fits:
            got = array.shape if array.dtype.kind in "fi" else nested
            raise self.wrong(f"weights[{i}]", rule, got)
        with np.errstate(over="ignore"):
            array = array.astype(np.float32)
        if not np.isfinite(array).all():
            raise self.wrong(f"weights[{i}]", "hold finite numbers", "one that is none in float32")
        return array

    def activation(self) -> str | None:
        """Return the activation; None for none.

        Raises:
            UnsupportedError: RTNeural has none of that name.
        """
        name = self.content.get("activation", "")
        if not isinstance(name, str):
            raise self.wrong("activation", "be a name", name)
        if name and name not in ACTIVATIONS:
            raise UnsupportedError(
                f"{self.path}: entry '{self.name}.activation' must be one of "
                f"{', '.join(ACTIVATIONS)}; got {name!r:.60}."
            )
        return name or None


def _are_numbers(nested: Any, dimensions: int) -> bool:
    """Say whether lists within lists hold numbers, that many deep."""
    rows = [nested]
    for _ in range(dimensions - 1):
        if not all(type(row) is list for row in rows):
            return False
        rows = [part for row in rows for part in row]
    return all(type(row) is list and set(map(type, row)) <= {int, float} for row in rows)


def load_rtneural(filepath: str | Path) -> Sequential:
    """Read a model that RTNeural runs.

    Args:
        filepath: what RTNeural's `save_model` wrote, or `write`.

    Returns:
        A model of sequences in and out, in float32.

    Raises:
        FormatError: the file does not hold what the format promises.
        UnsupportedError: it holds a layer that elman does not read.
        ArgumentError: there is no such file.
    """
    path = to_read(filepath, of_keras=False)
    whole = _json(path)
    features = _last(path, "in_shape", whole)
    entries = whole.get("layers")
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST_LAYERS:
        got = f"{len(entries)}" if entries and isinstance(entries, list) else f"{entries!r:.60}"
        raise FormatError(
            f"{path}: entry 'layers' must be a list of at most {MOST_LAYERS} layers; got {got}."
        )
    found: list[tuple[Layer, list[Array]]] = []
    width = features
    for i, content in enumerate(entries):
        name = f"layers[{i}]"
        if not isinstance(content, dict):
            raise FormatError(f"{path}: entry '{name}' must be an object; got {content!r:.60}.")
        layer, weights, width = _layer(Entry(path, name, content, width))
        if layer is not None:
            found.append((layer, weights))
    model = Sequential([layers.Input((None, features)), *(layer for layer, _ in found)])
    for layer, weights in found:
        layer.set_weights(weights)
    return model


def _json(path: Path) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise FormatError(f"{path}: it must be of at most {MOST_BYTES} bytes; got {size}.")
        content = path.read_bytes()
        count = content.count(b"[") + content.count(b"{")  # a list takes 20 times its two bytes
        if count > MOST:
            raise FormatError(
                f"{path}: it must hold at most {MOST} lists and objects; got {count}."
            )
        whole = json.loads(content, parse_constant=_no_number)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError, _NoNumberError) as error:
        raise FormatError(
            f"{path}: it must hold JSON; got none that can be read ({error})."
        ) from None
    except ValueError as error:  # an integer of more digits than Python reads
        if isinstance(error, FormatError):
            raise
        raise FormatError(f"{path}: it must hold numbers that can be read; {error}.") from None
    if isinstance(whole, dict) and "class_name" in whole:
        raise FormatError(
            f"{path}: it must be RTNeural's, with weights; it is a model of Keras's without them. "
            "Use `models.model_from_json(text)`."
        )
    if _is_deeper(whole, DEPTH):  # than what messages may show without running out of stack
        raise FormatError(f"{path}: it must be nested at most {DEPTH} deep; it is deeper.")
    if not isinstance(whole, dict):
        raise FormatError(
            f"{path}: it must hold an object with 'in_shape' and 'layers'; got {whole!r:.60}."
        )
    return whole


def _is_deeper(value: Any, depth: int) -> bool:
    """Say whether there are more lists and objects in one another than that."""
    if not isinstance(value, (dict, list)):
        return False
    parts = value.values() if isinstance(value, dict) else value
    if depth and {dict, list}.isdisjoint(map(type, parts)):  # a row of numbers, all at once
        return False
    return depth == 0 or any(_is_deeper(part, depth - 1) for part in parts)


class _NoNumberError(Exception):
    """A constant that JSON does not have: NaN or an infinity."""


def _no_number(name: str) -> Any:
    raise _NoNumberError(f"{name} is no number of JSON")


def _last(path: Path, key: str, content: dict[str, Any], name: str = "") -> int:
    """Return the number of features of a shape."""
    shape = content.get(key)
    last = shape[-1] if isinstance(shape, list) and shape else None
    if not isinstance(last, int) or isinstance(last, bool) or not 0 < last <= MOST:
        raise FormatError(
            f"{path}: entry '{name}{key}' must be a list that ends in the number of features, from "
            f"1 to {MOST}; got {shape!r:.60}."
        )
    return last


# ---------------------------------------------------------------------- layers

Read = tuple[Layer | None, list[Array], int]


def _layer(entry: Entry) -> Read:
    """Return a layer, its weights, and how many features it makes."""
    kind = entry.content.get("type")
    if not isinstance(kind, str) or kind not in READERS:
        if isinstance(kind, str):
            raise UnsupportedError(
                f"{entry.path}: entry '{entry.name}.type' must be one of {', '.join(READERS)}; got "
                f"{kind!r:.60}."
            )
        raise entry.wrong("type", "be a name", kind)
    layer, weights, width = READERS[kind](entry)
    said = _last(entry.path, "shape", entry.content, f"{entry.name}.")
    if said != width:
        raise entry.wrong("shape", f"end in {width}, as the weights have it", said)
    return layer, weights, width


def _dense(entry: Entry) -> Read:
    kernel, bias = entry.arrays((entry.features, None), (None,))
    units = _units(entry, kernel, 1)
    if bias.shape != (units,):
        raise entry.wrong("weights[1]", f"hold {units} numbers", bias.shape)
    return layers.Dense(units, entry.activation()), [kernel, bias], units


def _lstm(entry: Entry) -> Read:
    kernel, recurrent, bias = entry.arrays((entry.features, None), (None, None), (None,))
    units = _units(entry, kernel, 4)
    _fit(entry, (recurrent, (units, 4 * units)), (bias, (4 * units,)))
    return layers.LSTM(units, return_sequences=True), [kernel, recurrent, bias], units


def _gru(entry: Entry) -> Read:
    kernel, recurrent, bias = entry.arrays((entry.features, None), (None, None), (2, None))
    units = _units(entry, kernel, 3)
    _fit(entry, (recurrent, (units, 3 * units)), (bias, (2, 3 * units)))
    return layers.GRU(units, return_sequences=True), [kernel, recurrent, bias], units


def _units(entry: Entry, kernel: Array, gates: int) -> int:
    columns = kernel.shape[1]
    if columns == 0 or columns % gates:
        raise entry.wrong("weights[0]", f"have a multiple of {gates} columns", columns)
    return columns // gates


def _fit(entry: Entry, *pairs: tuple[Array, tuple[int, ...]]) -> None:
    """Check that weights have the shapes that those before them ask for."""
    for i, (array, shape) in enumerate(pairs, start=1):
        if array.shape != shape:
            raise entry.wrong(f"weights[{i}]", f"hold numbers of shape {shape}", array.shape)


def _prelu(entry: Entry) -> Read:
    weights = entry.arrays((1, entry.features))
    return layers.PReLU(shared_axes=[1]), weights, entry.features


def _batch_normalization(entry: Entry) -> Read:
    given, epsilon = entry.content.get("weights"), entry.content.get("epsilon")
    known = isinstance(epsilon, (int, float)) and not isinstance(epsilon, bool)
    if not known or not 0 <= epsilon < 1:  # type: ignore[operator]
        raise entry.wrong("epsilon", "be a number from 0 to 1", epsilon)
    affine = isinstance(given, list) and len(given) == 4
    weights = entry.arrays(*[(entry.features,)] * (4 if affine else 2))
    layer = layers.BatchNormalization(epsilon=float(epsilon), center=affine, scale=affine)  # type: ignore[arg-type]
    return layer, weights, entry.features


def _activation(entry: Entry) -> Read:
    name = entry.activation()
    return None if name is None else layers.Activation(name), [], entry.features


READERS: dict[str, Callable[[Entry], Read]] = {
    "dense": _dense,
    "time-distributed-dense": _dense,
    "lstm": _lstm,
    "gru": _gru,
    "prelu": _prelu,
    "batchnorm": _batch_normalization,
    "activation": _activation,
}
