"""The arrays of Keras 1's and 2's layers as those of elman's.

CuDNNLSTM   bias (8 U,)    two biases, whose sum is the LSTM's; kernels gate by gate transposed
CuDNNGRU    bias (6 U,)    the two rows of the GRU's; kernels as above
LSTM, GRU of Keras 1       three arrays a gate, kernel, recurrent kernel and bias
Conv1D of Keras 1          kernel (size, 1, features, filters), or with Theano the other way round

An old file lists the arrays of a layer with all that is inside it: first those that are trained.
Which these were, the names of the arrays tell, or a list of elman's own of their places.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from elman._typing import Array
from elman.errors import FormatError
from elman.formats import gates
from elman.layers import Layer
from elman.layers.parts.nesting import with_sublayers
from elman.layers.saved.serialization import class_name
from elman.parameters import Weight

GATED = {"LSTMCell": "lstm", "GRUCell": "gru"}


PLACES = "elman_places"  # attribute: where each array stands in `Layer.weights`


class Part(NamedTuple):
    """Weights of one layer that lie one behind the other in a file."""

    owner: Layer
    weights: list[Weight]


def in_file_order(layer: Layer) -> list[Weight]:
    """Return the weights of a layer in the order of old files."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def in_configured_order(layer: Layer) -> list[Weight]:
    """Return the weights of a layer in the order that old files have for its configuration.

    That does not say which single weights are frozen, and so Keras reads them as if none were.
    """
    trained = {
        id(weight)
        for each in with_sublayers(layer)
        for weight in each.own_weights
        if layer.trainable and each.trainable and weight.learned
    }
    return sorted(layer.weights, key=lambda weight: id(weight) not in trained)


def places(layer: Layer, weights: Sequence[Weight]) -> Array:
    """Return where weights of a layer stand in `Layer.weights`."""
    index = {id(weight): i for i, weight in enumerate(layer.weights)}
    return np.array([index[id(weight)] for weight in weights], np.int64)


def as_trained_now(
    source: str, layer: Layer, names: Sequence[str], arrays: Sequence[Array], known: Any
) -> list[Array]:
    """Return the arrays of a layer in the order in which an old file would have them now.

    The file has them in that of when it was written, and which weights are trained may be others
    since. Where the names say nothing, the order does, as in Keras.

    Args:
        source: the file and the entry in it, for messages.
        layer: a layer or model, with all that is inside it.
        names, arrays: in the file's order.
        known: what `places` was for the file, None if it does not say.

    Raises:
        FormatError: the names are those of the layer's weights, in an order that is not theirs.
    """
    now = places(layer, in_file_order(layer))
    if len(arrays) != len(now):
        return list(arrays)
    if known is not None:
        return _by_place(source, arrays, np.ravel(known).tolist(), now.tolist())
    theirs = [name.split(":")[0].split("/") for name in names]
    own = [weight.path.split("/") for weight in in_file_order(layer)]
    found = _by_name(theirs, arrays, own)
    if found is not None:
        return found
    ends, wanted = _ends(theirs, 1), _ends(own, 1)
    if sorted(ends) == sorted(wanted) and ends != wanted:
        raise FormatError(
            f"{source} must have the weights of {layer.owner} in the order of its own, which "
            f"begins {_few(wanted)}; got {_few(ends)}. Set `trainable` of all layers as it was when"
            " the file was written, or save it as '.keras'."
        )
    return list(arrays)


def _by_place(
    source: str, arrays: Sequence[Array], known: list[Any], now: list[int]
) -> list[Array]:
    """Return the arrays that stand in the file's places in other places."""
    if sorted(known) != list(range(len(now))):
        raise FormatError(
            f"{source} must have in '{PLACES}' each of {len(now)} places once; got {known!s:.60}."
        )
    at = dict(zip(known, arrays, strict=True))
    return [at[place] for place in now]


def _by_name(
    theirs: list[list[str]], arrays: Sequence[Array], own: list[list[str]]
) -> list[Array] | None:
    """Return the arrays of own paths, by as much of the paths as tells them apart; None if not."""
    for depth in range(1, max(map(len, [*theirs, *own]), default=0) + 1):
        ends, wanted = _ends(theirs, depth), _ends(own, depth)
        if len({*ends}) == len({*wanted}) == len(own):
            found = dict(zip(ends, arrays, strict=True))
            return [found[end] for end in wanted] if {*ends} == {*wanted} else None
    return None


def _ends(paths: Sequence[Sequence[str]], depth: int) -> list[tuple[str, ...]]:
    return [tuple(path[-depth:]) for path in paths]


def _few(ends: Sequence[tuple[str, ...]]) -> str:
    return ", ".join(end[-1] for end in ends[:4])


def parts(layer: Layer) -> Iterator[Part]:
    """Yield the weights of a layer in the order of old files, an owner's together."""
    owners = {id(w): each for each in with_sublayers(layer) for w in each.own_weights}
    part: Part | None = None
    for weight in in_file_order(layer):
        owner = owners[id(weight)]
        if part is not None and part.owner is owner:
            part.weights.append(weight)
            continue
        if part is not None:
            yield part
        part = Part(owner, [weight])
    if part is not None:
        yield part


def converted(layer: Layer, arrays: Sequence[Array], version: int, backend: Any) -> list[Array]:
    """Return the arrays of a layer as its weights have them, as far as they are known.

    Args:
        layer: a layer or model, with all that is inside it.
        arrays: in the file's order.
        version: the first number of Keras's version.
        backend: what Keras ran on, "tensorflow" or "theano"; None if it is not known.
    """
    if version >= 3:
        return list(arrays)
    found: list[Array] = []
    left = list(arrays)
    for owner, weights in parts(layer):
        kind = class_name(owner)
        cell = GATED.get(kind)
        per_gate = bool(cell) and version == 1 and _is_per_gate(weights, left)
        count = 3 * len(gates.ORDERS[cell]["elman"]) if cell and per_gate else len(weights)
        taken, left = left[:count], left[count:]
        if cell and per_gate:
            taken = _joined(cell, taken)
        elif cell and len(taken) == 3:
            taken = _from_cudnn(cell, taken)
        elif kind == "Conv1D" and version == 1 and taken:
            taken = [_kernel(taken[0], weights[0], backend), *taken[1:]]
        found += taken
    return found + left


def _is_per_gate(weights: Sequence[Weight], arrays: Sequence[Array]) -> bool:
    """Say whether the next array is one gate's kernel, not that of all gates."""
    return len(weights) == 3 and bool(arrays) and arrays[0].shape != weights[0].shape


def _joined(cell: str, arrays: Sequence[Array]) -> list[Array]:
    """Return kernel, recurrent kernel and bias of all gates from those of each."""
    order = gates.places(cell, "keras1", "elman")
    wanted = [[arrays[3 * i + k] for i in order if 3 * i + k < len(arrays)] for k in range(3)]
    if any(len({each.shape[:-1] for each in blocks}) != 1 for blocks in wanted):
        return list(arrays)
    return [np.concatenate(blocks, axis=-1) for blocks in wanted]


def _from_cudnn(cell: str, arrays: Sequence[Array]) -> list[Array]:
    """Return the arrays of an LSTM or GRU, which may be those of CuDNN's."""
    kernel, recurrent, bias = arrays
    count = len(gates.ORDERS[cell]["elman"])
    units = recurrent.shape[0] if recurrent.ndim else 0
    shapes = [(2 * count * units,), (units, count * units)]
    if [bias.shape, recurrent.shape] != shapes or kernel.shape[1:] != recurrent.shape[1:]:
        return list(arrays)
    blocks = np.split(kernel, count, axis=1)  # each lies in memory as its transpose
    kernel = np.hstack([block.T.reshape(block.shape, order="F") for block in blocks])
    recurrent = np.hstack([block.T for block in np.split(recurrent, count, axis=1)])
    rows = bias.reshape(2, -1)
    return [kernel, recurrent, rows.sum(axis=0) if cell == "lstm" else rows]


def _kernel(array: Array, weight: Weight, backend: str) -> Array:
    """Return the kernel of a convolution in time, which was one in two dimensions."""
    if array.ndim != 4:
        return array
    size, features, filters = weight.shape
    if array.shape == (filters, features, size, 1):
        array = array.transpose(2, 3, 1, 0)
    if array.shape != (size, 1, features, filters):
        return array
    return array[::-1, 0] if backend == "theano" else array[:, 0]
