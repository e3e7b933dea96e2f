"""Masks of a model that elman wrote, found again in the nodes that they became.

A mask is several dozen nodes in a file: which steps are taken, their order, their number, and for
each output where it comes from. What such nodes compute is kept as an expression, and compared with
that which the functions of `elman.formats.onnx.writing.masks` make when they are asked for the
same: they write to a `Pattern`, which gives expressions in place of names.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from elman import layers, ops
from elman._typing import Array
from elman.formats.onnx.as_layers import shapes
from elman.formats.onnx.as_layers.values import Tensor, refuse
from elman.formats.onnx.file import Node
from elman.formats.onnx.writing import masks
from elman.formats.onnx.writing.builder import Builder

written: Any = masks  # expressions in place of names
PASSING = (  # layers that hand their inputs' masks on
    *(layers.Activation, layers.Add, layers.Average, layers.BatchNormalization, layers.Dense),
    *(layers.Concatenate, layers.LayerNormalization, layers.Rescaling, layers.Subtract),
)
MOST_LAYERS = 64  # that are looked through for it
OUTPUTS = "outputs"  # stands in a pattern for what an operator puts out


class Known(NamedTuple):
    """A small array of the file in an expression."""

    dtype: str
    shape: tuple[int, ...]
    content: bytes


class Derived(NamedTuple):
    """What a node makes of a mask, or of what becomes one.

    Attributes:
        op: the operator.
        inputs: expressions, or masks, tensors and arrays where these begin.
        attributes: names and values, sorted.
        output: which of the node's it is.
        mask: the mask that it is made of, None where it is to become one.
    """

    op: str
    inputs: tuple[Any, ...]
    attributes: tuple[tuple[str, Any], ...]
    output: int = 0
    mask: "Mask | None" = None


class Mask:
    """Which timesteps count.

    Args:
        make: what makes the symbolic tensor (batch, timesteps) of it.
        source: the sequences that it was read from and the value that stands for padding, if it
            was.
    """

    def __init__(self, make: Callable[[], Any], source: tuple[Tensor, Any] | None = None) -> None:
        self._make, self.source, self._made = make, source, None

    @property
    def symbolic(self) -> Any:
        """The mask as a symbolic tensor."""
        if self._made is None:
            self._made = self._make()
        return self._made


class Packed(NamedTuple):
    """Sequences of which the steps that are taken come first."""

    x: Tensor
    mask: Mask


class Spread(NamedTuple):
    """Outputs of which each is at a place, which are those before the padding's become zeros."""

    packed: Packed
    value: Derived


class Pattern(Builder):
    """What the functions that write masks write to, to say what they would."""

    def node(self, op: str, *inputs: Any, outputs: int = 1, **attributes: Any) -> list[Any]:
        """Return the expressions of a node's outputs."""
        return [_derived(op, inputs, attributes, i) for i in range(outputs)]

    def constant(self, value: Any, dtype: str = "int64") -> Any:
        """Return an array as an expression."""
        return _known(np.asarray(value, dtype))


def _known(array: Array) -> Known:
    return Known(array.dtype.name, array.shape, array.tobytes())


def _derived(op: str, inputs: Sequence[Any], attributes: Any, output: int = 0) -> Derived:
    told = {
        name: tuple(value) if isinstance(value, (list, tuple)) else value
        for name, value in attributes.items()
    }
    found = (_mask_in(each) for each in inputs)
    mask = next((each for each in found if each is not None), None)
    return Derived(op, tuple(inputs), tuple(sorted(told.items())), output, mask)


class Masks:
    """The masks of a model that is drawn.

    Args:
        nodes: all of the graph's.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes, self._pattern = nodes, Pattern(step=False)
        self._of_inputs: dict[int, Mask] = {}  # masks that are inputs of the model
        self._carried: dict[int, tuple[Any, Mask]] = {}  # tensors that bring their mask along
        self._halves: dict[int, tuple[Any, Any, int]] = {}  # the layer that put a tensor out
        self._embedded: dict[int, tuple[Any, Any]] = {}  # indices, and their rows

    def draw(self, node: Node, values: list[Any]) -> list[Any] | None:
        """Return what a node makes where it has to do with masks, else None."""
        values = [self._as_mask(value) for value in values]
        if node.op == "Gather" and self._makes_mask(node):
            return [self._embedding(values)]
        if node.op == "GatherND":
            return [self._gathered(node, values)]
        if node.op == "Where":
            return [self._where(node, values)]
        packed = next((value for value in values[:1] if isinstance(value, Packed)), None)
        if packed is not None and node.op in ("Gather", "Squeeze", "Transpose"):
            return [packed._replace(x=shapes.TABLE[node.op](node, [packed.x, *values[1:]]))]
        about = any(isinstance(value, (Mask, Derived)) for value in values)
        if not about and node.op != "Equal":
            return None
        return self._expressed(node, values)

    def _expressed(self, node: Node, values: list[Any]) -> list[Any]:
        """Return expressions, or the mask that they come to."""
        leaves = (Mask, Derived, np.ndarray, *((Tensor,) if node.op == "Equal" else ()))
        if not all(isinstance(value, leaves) for value in values):
            raise refuse(node, "computes with a mask what no layer does")
        if node.op in ("And", "Or") and all(isinstance(value, Mask) for value in values):
            join = ops.logical_and if node.op == "And" else ops.logical_or
            both = join(*(value.symbolic for value in values))
            return [Mask(lambda: both)]
        inputs = [_known(each) if isinstance(each, np.ndarray) else each for each in values]
        made = [_derived(node.op, inputs, node.attributes, i) for i in range(len(node.outputs))]
        return [self._found(made[0]), *made[1:]]

    def _as_mask(self, value: Any) -> Any:
        """Return a tensor of truth as a mask, others as they are."""
        if not isinstance(value, Tensor) or value.one.dtype != "bool":
            return value
        one = value.one
        return self._of_inputs.setdefault(id(one), Mask(lambda: one))

    def _found(self, made: Derived) -> Any:
        """Return the mask that an expression comes to, or the expression."""
        first: Any = made
        while isinstance(first, Derived) and first.op != "Equal":
            first = first.inputs[0]
        if not isinstance(first, Derived) or not isinstance(first.inputs[0], Tensor):
            return made
        x, value = first.inputs
        number = np.frombuffer(value.content, value.dtype)
        if len(number) != 1 or len(x.parts) != 1:
            return made
        one, c = x.one, number[0].item()
        if x.axes == "BTF" and made == written.of_steps(self._pattern, x, value):
            return Mask(lambda: ops.any(ops.not_equal(one, c), axis=-1), (x, c))
        if x.axes == "BT" and made == written.of_indices(self._pattern, x, value.dtype):
            mask = Mask(lambda: ops.not_equal(one, 0))
            rows = self._embedded.get(id(one))
            if rows is not None:
                self._carried[id(rows[1])] = rows[1], mask
            return mask
        return made

    # ------------------------------------------------------------------ what a mask is made of

    def _makes_mask(self, node: Node) -> bool:
        """Say whether the indices of rows of a table are compared with 0, too."""
        indices = node.inputs[1]
        return any(each.op == "Equal" and each.inputs[0] == indices for each in self._nodes)

    def _embedding(self, values: list[Any]) -> Any:
        table, indices = values
        rows, size = table.shape
        layer = layers.Embedding(rows, size, weights=table, mask_zero=True, dtype=table.dtype.name)
        y = layer(indices.one)
        self._embedded[id(indices.one)] = indices.one, y
        return Tensor((y,), indices.axes + "F")

    def _gathered(self, node: Node, values: list[Any]) -> Any:
        """Return sequences with the steps that are taken first, or outputs that are put back."""
        x, places = values
        told = _derived(node.op, [OUTPUTS, places], node.attributes)
        if isinstance(x, Packed) and isinstance(places, Derived):
            return Spread(x, told)
        mask = _mask_in(places)
        if isinstance(x, Tensor) and mask is not None and x.axes == "BTF":
            found = written.packed(self._pattern, mask)
            if told == written.put_first(self._pattern, found, OUTPUTS):
                return Packed(x, mask)
        raise refuse(node, "picks steps otherwise than a mask does")

    def _where(self, node: Node, values: list[Any]) -> Any:
        """Return what masks leave: sequences, outputs at their places, or final states."""
        kept, x, other = values
        mask = _mask_in(kept)
        if mask is not None:
            told = _derived("Where", [kept, OUTPUTS, _expression(other)], {})
            if isinstance(x, Spread):
                return self._put_back(node, x, told, kept, other)
            if isinstance(x, Tensor) and isinstance(other, np.ndarray):
                dtype = other.dtype.name
                if told == written.without(self._pattern, mask, OUTPUTS, dtype):
                    return self._masked(node, mask, x)
                return self._last(node, mask, x, told, dtype)
            found = written.packed(self._pattern, mask)
            if isinstance(x, Tensor) and kept == written.any_step(self._pattern, found):
                return x  # a final state, which is the initial one where no step is taken
        raise refuse(node, "chooses otherwise than a mask does")

    def _masked(self, node: Node, mask: Mask, x: Tensor) -> Tensor:
        """Return the output of `Masking`."""
        if mask.source is None or mask.source[0] != x:
            raise refuse(node, "chooses otherwise than a mask does")
        y = layers.Masking(mask.source[1])(x.one)
        self._carried[id(y)] = y, mask
        return x._replace(parts=(y,))

    def _put_back(self, node: Node, x: Spread, told: Derived, kept: Any, other: Any) -> Tensor:
        """Return outputs at their places, and have the layer put out there what the file does."""
        y, mask = x.packed
        half, _ = self._half(node, y)
        backwards = half.go_backwards
        found = written.packed(self._pattern, mask)
        whole = told._replace(inputs=(kept, x.value, _expression(other)))
        for zeros in (False, True):
            dtype = other.dtype.name
            if whole == written.put_back(self._pattern, found, OUTPUTS, backwards, zeros, dtype):
                half.zero_output_for_mask = zeros
                return y
        raise refuse(node, "puts outputs back otherwise than a layer does")

    def _last(self, node: Node, mask: Mask, y: Tensor, told: Derived, dtype: str) -> Tensor:
        """Return the last output, which is zeros where the last step is masked."""
        half, direction = self._half(node, y)
        found = written.packed(self._pattern, mask)
        last = written.last(self._pattern, found, OUTPUTS, half.go_backwards, dtype)
        if told != last or half.return_sequences:
            raise refuse(node, "chooses otherwise than a mask does")
        half.zero_output_for_mask = True
        return y._replace(parts=(y.one.node.outputs[direction],))

    def _half(self, node: Node, y: Tensor) -> tuple[Any, int]:
        """Return the layer that put an output out, and which direction it is."""
        if len(y.parts) != 1 or id(y.one) not in self._halves:
            raise refuse(node, "has to do with a mask, and with no output of a recurrent layer")
        _, half, direction = self._halves[id(y.one)]
        return half, direction

    # ------------------------------------------------------------------ of a recurrent operator

    def read(self, node: Node, values: list[Any]) -> "Lengths":
        """Return what an operator reads: its inputs, and the mask that its lengths are."""
        x, lengths = values[0], values[4] if len(values) > 4 else None
        plain = [x.x if isinstance(x, Packed) else x, *values[1:4], None, *values[5:]]
        if isinstance(x, Packed):
            found = written.packed(self._pattern, x.mask)
            if lengths != found.lengths:
                raise refuse(node, "has other `sequence_lens` than its mask's")
            brings = self._brings(x.x.one, x.mask)
            return Lengths(plain, None if brings else x.mask.symbolic, False, x.mask)
        if lengths is None:
            return Lengths(plain, None, False, None)
        if not isinstance(lengths, Tensor) or lengths.axes != "B" or not isinstance(x, Tensor):
            raise refuse(node, "has `sequence_lens` that are no input, and of no mask of elman's")
        steps = ops.cumsum(ops.ones_like(x.one[:, :, 0], dtype="int32"), axis=1)
        mask = ops.less_equal(steps, ops.expand_dims(lengths.one, 1))
        return Lengths(plain, mask, True, None)

    def _brings(self, tensor: Any, mask: Mask) -> bool:
        """Say whether a symbolic tensor brings this mask along, as far as is easily seen."""
        left = [tensor]
        for _ in range(MOST_LAYERS):
            if not left:
                return True
            one = left.pop()
            if id(one) not in self._carried:
                if not isinstance(one.node.layer, PASSING):
                    return False
                left += one.node.inputs
            elif self._carried[id(one)][1] is not mask:
                return False
        return False

    def may_bring(self, tensor: Any) -> bool:
        """Say whether a symbolic tensor may bring any mask along."""
        left, seen = [tensor], {id(tensor)}
        for one in left:
            if id(one) in self._carried:
                return True
            layer = one.node.layer
            if layer.supports_masking and not isinstance(layer, (layers.RNN, layers.Bidirectional)):
                left += [each for each in one.node.inputs if id(each) not in seen]
                seen |= {id(each) for each in one.node.inputs}
        return False

    def check_unmasked(self, node: Node, x: Any) -> None:
        """Check that no mask reaches a layer whose node knows of none."""
        if isinstance(x, Tensor) and any(self.may_bring(part) for part in x.parts):
            raise refuse(node, "takes steps that a mask leaves out before it")

    def keep(self, lengths: "Lengths", found: list[Tensor | None], halves: Sequence[Any]) -> None:
        """Note which layers an operator's outputs are from, and that they are packed."""
        for value in found:
            parts = zip(value.parts if value else (), halves, strict=False)
            for d, (part, half) in enumerate(parts):
                self._halves[id(part)] = part, half, d
        if lengths.zeros and found[0] is not None:
            mask = Mask(lambda: lengths.mask)
            self._carried.update((id(part), (part, mask)) for part in found[0].parts)
        if lengths.of is not None and found[0] is not None:
            for part in found[0].parts:
                if isinstance(part.node.layer, (layers.RNN, layers.Bidirectional)):
                    self._carried[id(part)] = part, lengths.of
            found[0] = Packed(found[0], lengths.of)  # type: ignore[call-overload]


class Lengths(NamedTuple):
    """What a recurrent operator's `sequence_lens` are.

    Attributes:
        values: its inputs without them.
        mask: the symbolic mask to call the layer with, None if its input brings one along.
        zeros: whether outputs at masked steps are zeros.
        of: the mask by which its input is packed.
    """

    values: list[Any]
    mask: Any
    zeros: bool
    of: Mask | None


def _expression(value: Any) -> Any:
    return _known(value) if isinstance(value, np.ndarray) else value


def _mask_in(value: Any) -> Mask | None:
    """Return a mask, or the one that an expression is made of."""
    if isinstance(value, Derived):
        return value.mask
    return value if isinstance(value, Mask) else None
