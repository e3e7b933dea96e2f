"""GRU-D over a sequence as a loop: what is missing is filled in, and old states decay.

The maths and its names are those of `elman.layers.recurrence.imputation`, a step at a time: what
was observed last of each feature, and when, are states of the loop beside the cell's own.
"""

from typing import Any

from elman.formats.onnx.writing import loop
from elman.formats.onnx.writing.builder import Builder, Value
from elman.formats.onnx.writing.forms import mask_of, term
from elman.formats.onnx.writing.operations.elementwise import clip, where
from elman.formats.onnx.writing.operations.places import take_along_axis
from elman.formats.onnx.writing.operations.products import matmul
from elman.formats.onnx.writing.operations.shapes import concatenate, places_of
from elman.formats.onnx.writing.steps import Maths, gru_reset_before
from elman.formats.onnx.writing.terms import Term, as_term, written
from elman.models.stages import Stage


def scan(
    b: Builder, prefix: str, cell: Any, x: Value, start: str, *, backwards: bool, zeros: bool
) -> loop.Scanned:
    """Write the cell of a `GRUD` over a sequence.

    Args:
        b: what is written.
        prefix: of the names.
        cell: the cell.
        x: values, and in the last feature times if the cell asks for them.
        start: the initial state.
        backwards, zeros: see `loop.scan`.
    """
    values, times = _apart(b, cell, x, backwards)
    mask = mask_of(b, x)
    first = _first(times, mask, backwards)
    mean = as_term(b, cell._means)
    sizes = [b.add("Concat", b.size(x.name, 0), b.constant([cell.features]), axis=0)]
    states = [mean.then("Expand", *sizes), first.then("Expand", *sizes)]
    streams = [values, times[..., None]]
    if mask is not None:
        streams.append(mask.astype(x.dtype)[..., None])
    return loop.scan(
        b, prefix, x.dtype, _Step(b, prefix, cell, mean, x.dtype),
        [each.name for each in streams], [start, *(state.name for state in states)], x.mask,
        backwards=backwards, zeros=zeros,
    )  # fmt: skip


def _apart(b: Builder, cell: Any, x: Value, backwards: bool) -> tuple[Term, Term]:
    """Write values, and times (batch, timesteps), which grow in the order of the loop."""
    given = term(b, x)
    if cell.time_feature:
        values, times = given[..., :-1], given[..., -1]
    else:
        sizes = given.sizes(0, 2)
        values = given
        times = places_of(given, 1).astype(x.dtype).then("Expand", sizes, shape=x.shape[:2])
    return values, -times if backwards else times


def _first(times: Term, mask: Term | None, backwards: bool) -> Term:
    """Write the time of the first step that is taken, (batch, 1)."""
    if mask is None:
        return times[:, -1:] if backwards else times[:, :1]
    place = mask.astype("int32").then(
        "ArgMax", axis=1, keepdims=1, select_last_index=int(backwards), dtype="int64",
        shape=(None, 1),
    )  # fmt: skip
    return take_along_axis(where(mask, times, 0.0), place, 1)


class _Step:
    """One step of the loop, as `loop.scan` calls it."""

    def __init__(self, b: Builder, prefix: str, cell: Any, mean: Term, dtype: str) -> None:
        kernel, recurrent, bias, *_ = cell.cell_weights
        stage = Stage(cell.owner, "gru_reset_before", cell.functions, kernel, recurrent, bias)
        self.b, self.dtype, self.mean = b, dtype, mean
        self.maths = Maths(b, prefix, stage)
        self.w, self.b_, self.V, self.c = (as_term(b, each) for each in cell._decay)
        self.sizes = (None, cell.features)

    def __call__(self, parts: list[str], states: list[str]) -> list[str]:
        x, s, *taken = (Term(self.b, each, self.dtype, self.sizes) for each in parts)
        h, last, since = (Term(self.b, each, self.dtype, self.sizes) for each in states)
        observed = ~written("isnan", (x,), {})
        d = s - since
        if taken:
            observed, d = observed & (taken[0] > 0), d * taken[0]
        g = (-clip(self.w * d + self.b_, 0.0)).then("Exp")
        xhat = where(observed, x, g * (last - self.mean) + self.mean)
        gamma = (-clip(matmul(d, self.V) + self.c, 0.0)).then("Exp")
        row = concatenate([xhat, observed.astype(self.dtype)], 1)
        (new,) = gru_reset_before(self.maths, self.maths.project(row.name), [(gamma * h).name])
        return [new, where(observed, x, last).name, where(observed, s, since).name]
