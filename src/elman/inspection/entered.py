"""What sequences went into the model of a trace, with one sample?"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from elman._typing import Array, Mask
from elman.inspection import one_sample

if TYPE_CHECKING:
    from elman.inspection.layer_trace import LayerTrace
    from elman.inspection.trace import Trace


class Entered(NamedTuple):
    """A sequence that goes in.

    Attributes:
        title: what it is, in words.
        label: the same beside an axis.
        values: (timesteps, features), NaN where it is masked.
        mask: (timesteps,) True where a step counts; None where all do.
        words: whether a step brings a token, a number that stands for one.
    """

    title: str
    label: str
    values: Array
    mask: Mask | None = None
    words: bool = False


def batch(trace: "Trace") -> int:
    """Return how many samples a trace is of; a layer of it may have several rows for each."""
    return len(trace.inputs[0])


def sequences(trace: "Trace", sample: int) -> list[Entered]:
    """Return the inputs that have timesteps; where none has, what the first layer reads."""
    places = _places(trace)
    found = list[Entered]()
    for place in places:
        array, mask = trace.inputs[place], _mask(trace, place)
        name = trace.input_names[place]
        title = f"input '{name}'" if len(places) > 1 else "the input sequence"
        label = name if len(places) > 1 else "input x"
        values = one_sample.sequence(array, sample, mask)
        assert values is not None
        here = None if mask is None else mask[sample]
        found.append(Entered(title, label, values, here, words=array.ndim == 2))
    return found or _read_first(trace, sample)


def _read_first(trace: "Trace", sample: int) -> list[Entered]:
    first = next(iter(trace.values()))
    row = one_sample.row(sample, batch(trace), len(first.x))
    values = one_sample.sequence(first.x, row, first.mask)
    if values is None:  # a cell of one's own may read more axes than can be drawn
        return []
    title = f"what {first.name}{one_sample.which_row(first, sample, batch(trace))} reads"
    return [Entered(title, "x", values, first.mask[row])]


def source(trace: "Trace", layer: "LayerTrace") -> int | None:
    """Return which of `sequences` a layer reads, told by its numbers; None if it reads another."""
    places = _places(trace)
    for i, place in enumerate(places):
        if _is_read(trace.inputs[place], layer):
            return i
    first = not places and layer is next(iter(trace.values()))
    return 0 if first and one_sample.is_sequence(layer.x) else None


def _places(trace: "Trace") -> list[int]:
    """Return which inputs have timesteps."""
    return [i for i, array in enumerate(trace.inputs) if one_sample.is_sequence(array)]


def _is_read(array: Array, layer: "LayerTrace") -> bool:
    """Return whether it is an input that a layer reads, which it does in its own dtype."""
    x = layer.x
    return array.shape == x.shape and np.array_equal(array.astype(x.dtype), x, equal_nan=True)


def _mask(trace: "Trace", place: int) -> Mask | None:
    """Return the mask of an input: that of the layer that reads it, or of what stands between."""
    array = trace.inputs[place]
    direct = [one.mask for one in trace.values() if _is_read(array, one)]
    return direct[0] if direct else trace.input_masks[place]
