"""The operators RNN, GRU and LSTM as recurrent layers."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from elman import layers, ops
from elman.formats.onnx.as_layers.masks import Lengths
from elman.formats.onnx.as_layers.values import Tensor, Zeros, check_types, refuse
from elman.formats.onnx.file import Node
from elman.formats.onnx.operators import recurrent as operators
from elman.formats.onnx.operators.recurrent import DIRECTIONS, Way

LAYERS: dict[str, Callable[..., Any]] = {
    "simple_rnn": layers.SimpleRNN,
    "gru": layers.GRU,
    "gru_reset_before": lambda units, **options: layers.GRU(units, reset_after=False, **options),
    "lstm": layers.LSTM,
    "lstm_peephole": layers.PeepholeLSTM,
    "lstm_coupled": layers.CoupledLSTM,
}
Read = Callable[[str], bool]  # whether anybody reads a value


def layer(
    node: Node, told: Lengths, read: Read, joined: bool
) -> tuple[list[Tensor | None], Sequence[Any]]:
    """Return the outputs of an operator, and the layer of each direction.

    Args:
        node: the operator.
        told: its inputs, and its mask.
        read: which outputs are read, so that the layer returns no others.
        joined: whether both directions' outputs are read side by side alone.
    """
    full: tuple[Any, ...] = (*told.values, *[None] * (8 - len(told.values)))
    x, W, R, B, _, h, c, P = full
    _check(node, x, [W, R, B, P])
    check_types(node, [each for each in (x, W, R, B, h, c, P) if each is not None])
    layout = node.attributes.get("layout", 0)
    if x.axes != ("BTF" if layout else "TBF"):
        raise WrongOrder
    ways = _ways(node, W, R, B, P)
    directions = DIRECTIONS.get(node.attributes.get("direction", "forward"), ())
    if len(directions) != len(ways):
        raise refuse(node, "has weights of another number of directions")
    wants = [bool(name) and read(name) for name in (*node.outputs, "", "", "")][:3]
    if node.attributes.get("hidden_size", R.shape[-1]) != R.shape[-1]:
        raise refuse(node, "has weights of another number of units")
    apart = told.of is not None or (wants[0] and not joined)
    made = _made(node, ways, directions, wants, apart, told.zeros)
    starts = _starts(node, [h, c], len(ways), "BDF" if layout else "DBF")
    outputs = made(x.one, initial_state=starts or None, mask=told.mask)
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    made.set_weights([w for way in ways for w in way.weights if w is not None])
    found = _results(node, outputs, directions, wants, apart, layout)
    if told.zeros and starts:
        found[1:] = [_of_any_step(state, told.mask) for state in found[1:]]
    return found, made.sublayers if len(ways) == 2 else [made]


class WrongOrder(Exception):  # noqa: N818 - it is no error, but asks for another try
    """The inputs' axes are in another order than was thought."""


def _check(node: Node, x: Any, weights: list[Any]) -> None:
    """Check that a node is one that a layer can be."""
    if not isinstance(x, Tensor) or len(x.parts) != 1 or x.merged:
        raise refuse(node, "reads what is no output of a layer")
    if not all(each is None or isinstance(each, np.ndarray) for each in weights):
        raise refuse(node, "has weights that are not in the file")


def _ways(node: Node, W: Any, R: Any, B: Any, P: Any) -> list[Way]:
    """Return what each direction computes."""
    told = node.attributes
    alphas, betas = told.get("activation_alpha"), told.get("activation_beta")
    named = told.get("activations"), alphas, betas
    clip = told.get("clip")
    try:
        if node.op == "RNN":
            ways = operators.rnn_ways(W, R, B, named, clip)
        elif node.op == "GRU":
            ways = operators.gru_ways(W, R, B, named, clip, told.get("linear_before_reset", 0))
        else:
            ways = operators.lstm_ways(W, R, B, P, named, clip, told.get("input_forget", 0))
    except (ValueError, IndexError, TypeError) as error:
        raise refuse(node, "has weights that do not fit each other") from error
    plain = all(isinstance(each, str) for way in ways for each in way.activations)
    if not plain or not all(way.cell for way in ways) or len({way.cell for way in ways}) > 1:
        raise refuse(node, "has clipping or activations that no layer has")
    return ways


def _made(
    node: Node, ways: list[Way], directions: tuple[bool, ...], wants: list[bool], apart: bool,
    zeros: bool,
) -> Any:  # fmt: skip
    """Return the layer."""
    halves = []
    several = len(directions) == 2
    for way, backwards in zip(ways, directions, strict=True):
        kernel, recurrent, bias, *_ = way.weights
        phi, *sigma = way.activations
        options = {"recurrent_activation": sigma[0]} if sigma else {}
        halves.append(
            LAYERS[way.cell](
                len(recurrent), activation=phi, use_bias=bias is not None,
                return_sequences=wants[0], go_backwards=backwards, dtype=kernel.dtype.name,
                zero_output_for_mask=zeros,
                return_state=wants[2] or (any(wants[1:]) and (wants[0] or several or zeros)),
                **options,
            )
        )  # fmt: skip
    if not several:
        return halves[0]
    mode = None if apart else "concat"
    return layers.Bidirectional(halves[0], merge_mode=mode, backward_layer=halves[1])


def _starts(node: Node, states: list[Any], directions: int, axes: str) -> list[Any]:
    """Return the initial states, those of the forward direction first; none for zeros."""
    count = 2 if node.op == "LSTM" else 1
    given = states[:count]
    nothing = [
        each is None or isinstance(each, Zeros) or (isinstance(each, np.ndarray) and not each.any())
        for each in given
    ]
    if all(nothing):
        return []
    if any(nothing) or not all(
        isinstance(each, Tensor) and each.axes == axes and len(each.parts) == directions
        for each in given
    ):
        raise refuse(node, "has initial states that are no inputs of the model, or some alone")
    return [each.parts[d] for d in range(directions) for each in given]


def _of_any_step(state: Tensor | None, mask: Any) -> Tensor | None:
    """Return a final state, which is zeros of sequences without a step, as onnxruntime has it."""
    if state is None:
        return None
    taken = ops.cast(ops.any(mask, axis=1, keepdims=True), state.one.dtype)
    return state._replace(parts=tuple(ops.multiply(part, taken) for part in state.parts))


def _results(
    node: Node, outputs: list[Any], directions: tuple[bool, ...], wants: list[bool],
    apart: bool, layout: int,
) -> list[Tensor | None]:  # fmt: skip
    """Return what a layer puts out, as ONNX's outputs."""
    several = len(directions) == 2
    axes, of_state = ("BTDF", "BDF") if layout else ("TDBF", "DBF")
    Y: Tensor | None = None
    count = 2 if several and apart else 1
    if wants[0]:
        turned = [ops.flip(outputs[0], 1)] if directions == (True,) else outputs[:count]
        Y = Tensor(tuple(turned), axes, merged=several and not apart)
    states = outputs[count:]
    kinds = 2 if node.op == "LSTM" else 1
    if not states:
        h = Tensor((outputs[0],), of_state) if wants[1] else None
        return [Y, h, None]
    found = [
        Tensor(tuple(states[d * kinds + k] for d in range(len(directions))), of_state)
        for k in range(kinds)
    ]
    return [Y, *found, None]
