"""What a page shows: the arrays of one sample, by name and with the words that explain them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elman._typing import Array, Mask
from elman.cells import vectors_of
from elman.errors import ShapeError
from elman.inspection import entered, one_sample
from elman.inspection.attribution import Attribution
from elman.inspection.page import sources
from elman.layers.recurrence.stock_cell import StockCell

if TYPE_CHECKING:
    from elman.inspection.layer_trace import LayerTrace
    from elman.inspection.trace import Trace

TOKEN = [
    "token"
]  # the name of the only feature, where each step brings a number that stands for one


class Fed(NamedTuple):
    """A sequence that goes in.

    Attributes:
        title: what it is.
        values: (timesteps, features), NaN where it is masked.
        names: of the features.
        label: what it is, beside an axis.
        mask: (timesteps,) True where a step counts; None where all do.
    """

    title: str
    values: Array
    names: list[str]
    label: str = ""
    mask: Mask | None = None


class Weight(NamedTuple):
    """A weight of a layer, or the part of it that belongs to one gate.

    Attributes:
        title: such as "recurrent_kernel, forget".
        values: (rows, units); a vector is one row.
        rows: what a row of it is: "feature", "unit", or "" for a vector.
        names: of the rows, if they have any.
    """

    title: str
    values: Array
    rows: str
    names: tuple[str, ...] | None = None


class Layer(NamedTuple):
    """A recurrent layer.

    Attributes:
        name, kind: by which the trace has it, and its class.
        values, gradients: (timesteps, units) by name.
        mask: (timesteps,) True where a step was taken.
        weights: by gate.
        reads: where its input comes from: the index of a layer, or of two that are read side by
            side; -1 - i for the i-th of the sequences that go in; none for what others make.
        go_backwards: whether it reads the last timestep first.
        begins: the state that it begins with, in words; "" for zeros.
        rows: of the batch that it runs over, where they are not the samples.
        row: which is shown.
    """

    name: str
    kind: str
    values: dict[str, Array]
    gradients: dict[str, Array]
    mask: Array
    weights: list[Weight]
    reads: tuple[int, ...]
    go_backwards: bool
    begins: str = ""
    rows: int | None = None
    row: int = 0


class Content(NamedTuple):
    """All that a page shows.

    Attributes:
        title: over the page.
        sample, batch: which of how many samples.
        loss: L, or None.
        inputs: sequences that go in.
        outputs: what comes out of the model for the sample, (…, features) each, by name.
        layers: the recurrent layers in the order of their calls.
        attribution: how much the numbers of the first input count, or None.
        diagnosis: sentences, or None.
    """

    title: str
    sample: int
    batch: int
    loss: float | None
    inputs: list[Fed]
    outputs: dict[str, Array]
    layers: list[Layer]
    attribution: Fed | None
    diagnosis: str | None


def content(
    trace: "Trace",
    sample: Any,
    features: Sequence[str] | None,
    title: str | None,
    diagnosis: Any,
    attribution: Any,
) -> Content:
    """Gather what a page shows of one sample; for the arguments see `Trace.to_html`."""
    batch = entered.batch(trace)
    sample = one_sample.index(trace.owner, sample, batch)
    known = list(trace.values())
    inputs = _inputs(trace, sample, features)
    scores = None
    if attribution is not None:
        scores = _attribution(trace.owner, attribution, sample, inputs)
    title = title or f"Inside {trace.owner.removeprefix('trace of ')}"
    return Content(
        title, sample, batch, trace.loss, inputs,
        {name: np.asarray(array[sample], np.float64)
         for name, array in zip(trace.output_names, trace.outputs, strict=True)},
        [_layer(trace, known, i, sample) for i in range(len(known))],
        scores, None if diagnosis is None else str(diagnosis),
    )  # fmt: skip


def _inputs(trace: "Trace", sample: int, features: Sequence[str] | None) -> list[Fed]:
    """Return the sequences that go in, the features of the first by their names."""
    found = list[Fed]()
    for one in entered.sequences(trace, sample):
        count = one.values.shape[1]
        names = TOKEN if one.words else [f"feature {k}" for k in range(count)]
        if features is not None and not found:
            names = _names(trace.owner, features, count)
        found.append(Fed(one.title, one.values, names, one.label, one.mask))
    return found


def _names(owner: str, features: Sequence[str], count: int) -> list[str]:
    names = [str(name) for name in features]
    if len(names) != count:
        raise ShapeError(
            f"{owner}: `features` must be {count} names, one a feature of the input; got "
            f"{len(names)}."
        )
    return names


def _attribution(owner: str, attribution: Any, sample: int, inputs: list[Fed]) -> Fed:
    """Return how much the numbers of the first input count, checked."""
    title, scores = "how much each number of the input counts", attribution
    if isinstance(attribution, Attribution):
        title = f"{attribution.method} of {attribution.target}"
        if len(attribution.values) <= sample:
            raise ShapeError(
                f"{owner}: `attribution` must have sample {sample}, which is shown; got "
                f"{len(attribution.values)} samples."
            )
        scores = attribution.values[sample]
    scores = np.asarray(scores, np.float64)
    shape, names = (inputs[0].values.shape, inputs[0].names) if inputs else ((), [])
    if shape and scores.shape == (shape[0], 1):
        names = names if shape[1] == 1 else ["all"]
    elif scores.shape != shape:
        raise ShapeError(
            f"{owner}: `attribution` must have the shape of the sample's input, {shape}; got "
            f"{scores.shape}."
        )
    mask = inputs[0].mask if inputs else None
    if mask is not None:
        scores = np.where(mask[:, None], scores, np.nan)
    return Fed(title, scores, names, mask=mask)


def _layer(trace: "Trace", known: list["LayerTrace"], i: int, sample: int) -> Layer:
    one, batch = known[i], entered.batch(trace)
    rows = len(one.x)
    row = one_sample.row(sample, batch, rows)
    of = one_sample.gradients(one.gradients, one, row) if hasattr(one, "gradients") else {}
    return Layer(
        one.name, one.kind, one_sample.values(one, row),
        of, one.mask[row], _weights(one), sources.reads(trace, known, i),
        one.go_backwards, sources.begins(known, i), None if rows == batch else rows, row,
    )  # fmt: skip


def _weights(trace: "LayerTrace") -> list[Weight]:
    """Return the weights that a layer computed with: those of each gate, then those of no gate.

    What is no weight of the time loop, a GRU-D's decays or low-rank factors, is as it is now.
    """
    cell = trace.layer
    if not isinstance(cell, StockCell):
        return [_weight(weight.name, weight.array, "") for weight in cell.weights]
    kernel, recurrent_kernel, bias, *vectors = trace.call.entered["weights"]
    by_kind = (
        ("kernel", kernel, "feature"), ("recurrent_kernel", recurrent_kernel, "unit"),
        ("bias", bias, ""),
    )  # fmt: skip
    gates = cell.gates
    found = [
        _weight(f"{kind}, {gate.name}" if len(gates) > 1 else kind, array[..., gate.columns], rows)
        for kind, array, rows in by_kind
        if array is not None
        for gate in gates.values()
    ]
    named = dict(zip(vectors_of(cell.maths), vectors, strict=True))
    made = {"kernel", "recurrent_kernel", "bias", *named}
    unseen = {weight.name: weight.array for weight in cell.weights if weight.name not in made}
    return found + [_weight(name, array, "") for name, array in (named | unseen).items()]


def _weight(title: str, array: Array, rows: str) -> Weight:
    """Return a weight as a matrix: a vector is one row, a GRU's two biases are named."""
    values = np.atleast_2d(array).astype(np.float64).reshape(-1, array.shape[-1])
    two = title.startswith("bias") and len(values) == 2
    return Weight(title, values, "bias" if two else rows, ("of input", "of state") if two else None)
