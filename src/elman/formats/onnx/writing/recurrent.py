"""Recurrent layers as ONNX's operators RNN, GRU and LSTM, one for each cell."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from elman._typing import Array
from elman.cells import CELLS
from elman.formats.gates import ORDERS, reordered
from elman.formats.onnx.writing import imputing, loop, masks
from elman.formats.onnx.writing.builder import Builder, Value, refuse
from elman.formats.onnx.writing.functions import OF_OPERATORS, in_operator
from elman.formats.onnx.writing.steps import STEPS
from elman.layers import RNN, Bidirectional, StackedRNNCells
from elman.layers.recurrence.grud_cell import GRUDCell
from elman.models.stages import Stage
from elman.models.stages import recurrent as stages_of

KINDS = {  # elman's cell -> the operator, the gates' order, further attributes
    "simple_rnn": ("RNN", "simple_rnn", {}),
    "gru": ("GRU", "gru", {"linear_before_reset": 1}),
    "gru_reset_before": ("GRU", "gru", {}),
    "lstm": ("LSTM", "lstm", {}),
    "lstm_peephole": ("LSTM", "lstm", {}),
    "lstm_coupled": ("LSTM", "lstm", {"input_forget": 1}),
}
STATES = {"RNN": "h", "GRU": "h", "LSTM": "hc"}


class Run(NamedTuple):
    """What an operator gives: outputs (batch, timesteps, units) a direction, final states."""

    outputs: list[str]
    finals: list[list[str]]


def rnn(b: Builder, layer: RNN, inputs: Sequence[Value], shapes: Sequence[Any]) -> list[Value]:
    """Write a recurrent layer, of one cell or of several on top of one another."""
    _check(b, layer)
    x, *given = inputs
    stages = stages_of(layer)
    if any(isinstance(cell, GRUDCell) for cell in _cells(layer)):
        return _filled(b, layer, stages[0], inputs, shapes)
    if not all(map(_has_operator, stages)):
        return _scanned(b, layer, stages, inputs, shapes)
    found = None if x.mask is None else masks.packed(b, x.mask)
    name = x.name if found is None else masks.put_first(b, found, x.name)
    finals: list[str] = []
    output = last = ""
    for i, stage in enumerate(stages):
        prefix = layer.name if len(stages) == 1 else f"{layer.name}_{i}"
        start = _start(b, prefix, [stage], [[v.name for v in given[len(finals) :]]], x.name)
        run = operator(b, layer, [stage], [layer.go_backwards], name, start, found)
        (name,), (states,) = run
        output, last = name, states[0]
        if b.step:
            _leave(b, stage, [s[0] for s in start], states)
        finals += _kept(b, found, states, [s[0] for s in start])
    return _results(layer, _output(b, layer, output, last, found, x.dtype), finals, x, shapes, b)


def _results(
    layer: RNN, y: str, finals: list[str], x: Value, shapes: Sequence[Any], b: Builder
) -> list[Value]:
    """Return what a layer puts out, sequences in the order of its steps."""
    if layer.return_sequences and layer.go_backwards:
        y = _turned(b, y)
    mask = x.mask if layer.return_sequences else None
    names = [y, *(finals if layer.return_state else [])]
    return [
        Value(each, shape, x.dtype, mask if i == 0 else None)
        for i, (each, shape) in enumerate(zip(names, shapes, strict=True))
    ]


def _scanned(
    b: Builder, layer: RNN, stages: Sequence[Stage], inputs: Sequence[Value], shapes: Sequence[Any]
) -> list[Value]:
    """Write a layer for which ONNX has no operator as a loop."""
    x, *given = inputs
    finals: list[str] = []
    name = last = x.name
    for i, stage in enumerate(stages):
        prefix = layer.name if len(stages) == 1 else f"{layer.name}_{i}"
        start = _start(b, prefix, [stage], [[v.name for v in given[len(finals) :]]], x.name)
        before = [
            state if state is not None else _for_all(b, zeros, x.name, prefix)
            for (state,), zeros in zip(start, stage.start, strict=True)
        ]
        run = loop.cell(
            b, prefix, stage, name, before, x.mask, backwards=layer.go_backwards,
            zeros=layer.zero_output_for_mask,
        )  # fmt: skip
        name, last = run.outputs, run.last
        if b.step:
            _leave(b, stage, before, run.finals)
        finals += run.finals
    return _results(layer, name if layer.return_sequences else last, finals, x, shapes, b)


def _filled(
    b: Builder, layer: RNN, whole: Stage, inputs: Sequence[Value], shapes: Sequence[Any]
) -> list[Value]:
    """Write a layer some of whose cells are a GRU-D's, which fills in what is missing."""
    x, *given = inputs
    states = _start(b, layer.name, [whole], [[v.name for v in given]], x.name)
    left = [
        _for_all(b, zeros, x.name, layer.name) if state is None else state
        for (state,), zeros in zip(states, whole.start, strict=True)
    ]
    finals: list[str] = []
    told = {"backwards": layer.go_backwards, "zeros": layer.zero_output_for_mask}
    last, value = "", x
    for i, cell in enumerate(_cells(layer)):
        prefix = f"{layer.name}_{i}"
        start = [left.pop(0) for _ in cell.state_names]
        if isinstance(cell, GRUDCell):
            run = imputing.scan(b, prefix, cell, value, start[0], **told)
            run = run._replace(finals=run.finals[:1])
        else:
            (stage,) = stages_of(RNN(cell))
            run = loop.cell(b, prefix, stage, value.name, start, x.mask, **told)
        value, last = value._replace(name=run.outputs, shape=(*x.shape[:2], cell.units)), run.last
        finals += run.finals
    return _results(layer, value.name if layer.return_sequences else last, finals, x, shapes, b)


def _cells(layer: RNN) -> list[Any]:
    """Return the cells of a layer, the lowest first."""
    cell = layer.cell
    return list(cell.cells) if isinstance(cell, StackedRNNCells) else [cell]


def bidirectional(
    b: Builder, layer: Bidirectional, inputs: Sequence[Value], shapes: Sequence[Any]
) -> list[Value]:
    """Write both directions, as one operator where both are of one kind."""
    halves: tuple[Any, Any] = layer.sublayers
    for half in halves:
        _check(b, half)
    both = [stages_of(half) for half in halves]
    x, *given = inputs
    middle = len(given) // 2
    parts = [given[:middle], given[middle:]]
    together = all(
        len(s) == 1 and _has_operator(s[0]) and s[0].kind == both[0][0].kind for s in both
    ) and (both[0][0].units == both[1][0].units and not halves[0].go_backwards)
    if together:
        ys, finals = _as_one(b, layer, [s[0] for s in both], x, parts)
    else:
        runs = [_half(b, half, x, part) for half, part in zip(halves, parts, strict=True)]
        ys, finals = [run[0] for run in runs], [run[1] for run in runs]
    merged = _merge(b, layer.merge_mode, ys, x.dtype)
    states = [name for each in finals for name in each] if layer.return_state else []
    count = len(merged)
    mask = x.mask if layer.return_sequences else None
    return [
        Value(name, shape, x.dtype, mask if i < count else None)
        for i, (name, shape) in enumerate(zip([*merged, *states], shapes, strict=True))
    ]


def _as_one(
    b: Builder, layer: Bidirectional, stages: list[Stage], x: Value, given: list[list[Value]]
) -> tuple[list[str], list[list[str]]]:
    """Write both directions as one operator: their outputs, and their final states."""
    halves: tuple[Any, Any] = layer.sublayers
    found = None if x.mask is None else masks.packed(b, x.mask)
    name = x.name if found is None else masks.put_first(b, found, x.name)
    start = _start(b, layer.name, stages, [[v.name for v in part] for part in given], x.name)
    run = operator(b, layer, stages, [False, True], name, start, found)
    ys, finals = [], []
    for d, half in enumerate(halves):
        ys.append(_output(b, half, run.outputs[d], run.finals[d][0], found, x.dtype))
        finals.append(_kept(b, found, run.finals[d], [s[d] for s in start]))
    return ys, finals


def _half(b: Builder, half: Any, x: Value, given: Sequence[Value]) -> tuple[str, list[str]]:
    """Write one direction by itself, its outputs in the order of time."""
    states = sum(len(stage.start) for stage in stages_of(half))
    shapes = [(None,) * 3] + [(None, None)] * (states if half.return_state else 0)
    y, *finals = rnn(b, half, [x, *given], shapes)
    name = y.name
    if half.go_backwards and half.return_sequences:
        name = _turned(b, name)
    return name, [each.name for each in finals]


def operator(
    b: Builder, layer: Any, stages: Sequence[Stage], backwards: Sequence[bool], x: str,
    start: Sequence[Sequence[str | None]], found: masks.Packed | None,
) -> Run:  # fmt: skip
    """Write one operator: a direction, or both.

    Args:
        stages: a cell with its weights for each direction.
        x: (batch, timesteps, features).
        start: the initial states, for each state one of each direction; None for zeros.
    """
    op, cell, more = KINDS[stages[0].kind]
    weights = [_weights(stage, cell, more) for stage in stages]
    names = [
        None if part[0] is None else b.array(np.stack(part), f"{layer.name}_{kind}")
        for kind, part in zip(("W", "R", "B", "P"), zip(*weights, strict=True), strict=True)
    ]
    direction = "bidirectional" if len(stages) == 2 else "reverse" if backwards[0] else "forward"
    states = [_joined(b, state, x, stages[0], layer) for state in start]
    given = [*names[:3], found.lengths if found else None, *states]
    if op == "LSTM":
        given.append(names[3])
    functions = [f for stage in stages for f in _functions(op, stage)]
    y, *finals = b.node(
        op, b.add("Transpose", x, perm=[1, 0, 2]), *given,
        outputs=1 + len(STATES[op]), hidden_size=stages[0].units, direction=direction,
        **in_operator(functions), **more,
    )  # fmt: skip
    turned = b.add("Transpose", y, perm=[1, 2, 0, 3])  # (directions, batch, timesteps, units)
    outputs = _directions(b, turned, len(stages))
    split = [_directions(b, final, len(stages)) for final in finals]
    return Run(outputs, [list(each) for each in zip(*split, strict=True)])


def _weights(stage: Stage, cell: str, more: dict[str, Any]) -> tuple[Array | None, ...]:
    """Return W, R, B and P of one direction."""
    assert stage.kernel is not None and stage.recurrent is not None
    gates = len(ORDERS[cell]["elman"])
    bias = stage.bias
    if bias is None:
        both = np.zeros((2, stage.kernel.shape[1]), stage.kernel.dtype)
    else:
        both = bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])
    arrays = [stage.kernel, stage.recurrent, both]
    if more.get("input_forget"):
        arrays = [_with_forget(array, gates) for array in arrays]
    W, R, B = (reordered(array, cell, "elman", "onnx") for array in arrays)
    P = None
    if stage.kind == "lstm_peephole":
        i, f, o = stage.words
        P = np.concatenate([np.zeros_like(i) if each is None else each for each in (i, o, f)])
    return W.T, R.T, None if bias is None else B.ravel(), P


def _with_forget(array: Array, gates: int) -> Array:
    """Return weights with a block of zeros for the forget gate, which is not read."""
    blocks = np.split(array, gates - 1, axis=-1)
    blocks.insert(ORDERS["lstm"]["elman"].index("f"), np.zeros_like(blocks[0]))
    return np.concatenate(blocks, axis=-1)


def _functions(op: str, stage: Stage) -> list[Any]:
    """Return the activations in ONNX's order."""
    phi, *sigma = stage.functions
    return {"RNN": [phi], "GRU": [*sigma, phi], "LSTM": [*sigma, phi, phi]}[op]


def _directions(b: Builder, name: str, count: int) -> list[str]:
    """Return what lies side by side along the first axis."""
    if count == 1:
        return [b.squeeze(name, 0)]
    return [b.add("Gather", name, b.constant(d), axis=0) for d in range(count)]


def _start(
    b: Builder, prefix: str, stages: Sequence[Stage], given: Sequence[Sequence[str]], x: str
) -> list[list[str | None]]:
    """Return the initial states, for each state one of each direction; None for zeros."""
    count = len(stages[0].start)
    found: list[list[str | None]] = [[None] * len(stages) for _ in range(count)]
    for d, stage in enumerate(stages):
        for i in range(count):
            if given[d]:
                found[i][d] = given[d][i]
            elif b.step:
                name = f"{prefix}_{CELLS[stage.kind].STATES[i]}"
                found[i][d] = b.enter(name, ["batch", stage.units], stage.start[i].dtype.name)
            elif stage.start[i].any():
                found[i][d] = _for_all(b, stage.start[i], x, prefix)
    return found


def _for_all(b: Builder, state: Array, x: str, name: str) -> str:
    """Write a state (1, units) for every sample."""
    shape = b.add("Concat", b.size(x, 0), b.constant([state.shape[1]]), axis=0)
    return b.add("Expand", b.array(state, f"{name}_start"), shape)


def _joined(
    b: Builder, state: Sequence[str | None], x: str, stage: Stage, layer: Any
) -> str | None:
    """Write one state of all directions, (directions, batch, units); None for zeros."""
    if all(each is None for each in state):
        return None
    zeros = np.zeros((1, stage.units or 0), stage.start[0].dtype)
    names = [_for_all(b, zeros, x, layer.name) if each is None else each for each in state]
    parts = [b.unsqueeze(each, 0) for each in names]
    return parts[0] if len(parts) == 1 else b.add("Concat", *parts, axis=0)


def _kept(
    b: Builder, found: masks.Packed | None, states: Sequence[str], start: Sequence[str | None]
) -> list[str]:
    """Return final states, which are the initial ones where a sequence has no step at all.

    Of such a sequence onnxruntime's operators give zeros.
    """
    if found is None:
        return list(states)
    return [
        final if first is None else b.add("Where", masks.any_step(b, found), final, first)
        for final, first in zip(states, start, strict=True)
    ]


def _output(
    b: Builder, layer: Any, outputs: str, last: str, found: masks.Packed | None, dtype: str
) -> str:
    """Write what a layer returns: the outputs in the order of time, or the last alone."""
    backwards, zeros = layer.go_backwards, layer.zero_output_for_mask
    if layer.return_sequences:
        return outputs if found is None else masks.put_back(
            b, found, outputs, backwards, zeros, dtype
        )  # fmt: skip
    return masks.last(b, found, last, backwards, dtype) if found is not None and zeros else last


def _turned(b: Builder, y: str) -> str:
    """Write a sequence from its end."""
    ends = [b.constant([n]) for n in (-1, -(2**31), 1, -1)]
    return b.add("Slice", y, *ends)


def _has_operator(stage: Stage) -> bool:
    """Say whether ONNX has an operator for a cell with these activations."""
    known = all(f in OF_OPERATORS for f in stage.functions if isinstance(f, str))
    return stage.kind in KINDS and known and all(isinstance(f, str) for f in stage.functions)


def _merge(b: Builder, mode: str | None, ys: list[str], dtype: str) -> list[str]:
    """Write both outputs as one."""
    if mode is None:
        return ys
    if mode == "concat":
        return [b.add("Concat", *ys, axis=-1)]
    y = b.add("Mul" if mode == "mul" else "Add", *ys)
    return [b.add("Div", y, b.number(2, dtype))] if mode == "ave" else [y]


def _leave(b: Builder, stage: Stage, before: Sequence[str | None], after: Sequence[str]) -> None:
    """Note the states of a step model after the step, which go out of it."""
    for name, source, start in zip(before, after, stage.start, strict=True):
        b.states.append((source, f"{name}_next", start.shape[1], start.dtype.name))


def _is_known(cell: Any) -> bool:
    """Say whether elman knows the nodes of a cell: those of elman, as they are."""
    return isinstance(cell, GRUDCell) or all(s.kind in STEPS for s in stages_of(RNN(cell)))


def _check(b: Builder, layer: Any) -> None:
    """Check that a layer's cells are those of ONNX."""
    if not isinstance(layer, RNN):
        raise refuse(layer.owner, "is no recurrent layer of elman's")
    if not all(_is_known(cell) for cell in _cells(layer)):
        raise refuse(layer.owner, "has a cell of which elman knows no nodes")
    if layer.stateful and not b.step:
        raise refuse(
            layer.owner, "carries its states from call to call (`stateful=True`)",
            "Write a step model with `step=True`, or set `layer.stateful = False`.",
        )  # fmt: skip
