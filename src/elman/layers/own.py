"""Layers of your own: `call` is written in NumPy, and a tape finds its gradient.

    class Affine(elman.layers.Layer):
        def build(self, input_shape):
            self.w = self.add_weight((input_shape[-1], 3), name="w")

        def call(self, x):
            return elman.ops.matmul(x, self.w)

A class that defines `call` gets the functions of this file as its `forward`, `backward` and so on.
`call` runs on a stand-in of the layer, which has arrays, or the tape's boxes, in place of weights.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elman import _tree
from elman._typing import Array, Shape
from elman.errors import ArgumentError, UnsupportedError
from elman.gradient_tape import GradientTape, boxed, paused, unboxed
from elman.layers import arguments, calling, context, naming
from elman.layers.call_arguments import CallArguments, of_tensors
from elman.layers.nesting import with_sublayers
from elman.layers.passes import INFERENCE, Arrays, Masks, Mode
from elman.layers.symbolic import Node, SymbolicTensor
from elman.parameters import Weight

if TYPE_CHECKING:
    from elman.layers.base import Layer


class OwnTape(NamedTuple):
    """What the reverse of a `call` reads.

    Attributes:
        tape: on which it was recorded.
        inputs, outputs: in their boxes, where they have one.
        penalties: what `add_loss` was given, likewise.
    """

    tape: GradientTape
    inputs: list[Any]
    outputs: list[Any]
    penalties: list[Any]


def adopt(cls: "type[Layer]") -> None:
    """Let a class that defines `call`, or `build`, run by it."""
    given = vars(cls)
    if "build" in given and "ready" not in given:  # which would call it by itself
        cls.build = _building(given["build"])  # type: ignore[method-assign]
    if "call" not in given:
        return
    cls.has_call = True
    methods = {
        "__call__": lambda self, *args, **kwargs: called(self, args, kwargs),
        "forward": forward,
        "backward": backward,
        "cast": cast,
        "sublayers": property(sublayers),
        "may_penalize": True,
    }
    if "compute_output_shape" not in given:
        methods["output_shapes"] = output_shapes
    if "compute_mask" in given:
        methods["output_masks"] = output_masks
    if not cls.has_maths():
        methods["supports_masking"] = False
    for name, method in methods.items():
        if name not in given:
            setattr(cls, name, method)


# ---------------------------------------------------------------------- calling


def called(layer: "Layer", args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Call a layer of one's own: on arrays, on boxes of a tape, or on symbolic tensors."""
    given = CallArguments(layer.owner, args, kwargs)
    if calling.is_symbolic(layer.owner, given.tensors):
        return _record(layer, given)
    values = [x.read if isinstance(x, Weight) else x for x in given.tensors]
    layer.ready([np.shape(x) for x in values])
    outer, training = context.current(), kwargs.get("training")
    if training is None and outer is not None:
        training = outer.training
    masks = (None,) * len(values) if outer is None else outer.masks_of(values)
    mode = Mode(bool(training), record=False, penalties=layer.wanted())
    return compute(layer, given, layer.cast(values), masks, mode)


def _record(layer: "Layer", given: CallArguments) -> Any:
    """Write down a call on symbolic tensors."""
    shapes = [tensor.shape for tensor in given.tensors]
    layer.ready(shapes)
    node = Node(layer, given.first, given.tensors, arguments=None if given.plain else given)
    layer.nodes.append(node)
    form = example(layer, shapes, given)
    shapes_out = layer.output_shapes(shapes, *(() if given.plain else (given,)))
    node.outputs = [
        SymbolicTensor(tuple(shape), layer.dtype, node, i) for i, shape in enumerate(shapes_out)
    ]
    return _tree.pack(form, list(node.outputs))


def compute(
    layer: "Layer", given: CallArguments, values: Sequence[Any], masks: Masks, mode: Mode
) -> Any:
    """Run `call`, and return what it returns, in boxes where the values are."""
    args, kwargs = given.filled(values)
    kind: Any = type(layer)
    takes = call_takes(kind)
    if "training" in takes and kwargs.get("training") is None:
        kwargs["training"] = mode.training
    if "mask" in takes and kwargs.get("mask") is None:
        several = isinstance(args[0] if args else None, (list, tuple))
        kwargs["mask"] = list(masks) if several else masks[0]
    for name in ("training", "mask"):
        if name not in takes and takes[-1:] != ["**"]:
            kwargs.pop(name, None)
    double = stand_in(layer)
    try:
        with context.around(mode.training, mode.penalties) as around, _named(layer):
            around.remember(values, masks)
            outputs = double.call(*args, **kwargs)
    except TypeError as error:
        if "ArrayBox" in str(error):
            raise ArgumentError(
                f"{layer.owner}: `call` must compute with `elman.ops` where a gradient is to "
                f"follow; got a function of NumPy's that takes arrays alone: {error}."
            ) from error
        raise
    _keep(layer, double)
    return outputs


@contextmanager
def _named(layer: "Layer") -> Iterator[None]:
    """Let the layers inside, which are built at the first call, have this one in their paths."""
    if "complete" in vars(layer):
        yield
        return
    with naming.scope(layer.name):
        yield
    vars(layer)["complete"] = True


def stand_in(layer: "Layer") -> "Layer":
    """Return a copy of a layer that has in place of its weights what is computed with."""
    double = copy.copy(layer)
    own = vars(double)
    own["original"] = layer
    for name, value in vars(layer).items():
        if isinstance(value, Weight) or (name not in BASES and _holds_weights(value)):
            own[name] = _tree.map_leaves(_read, value)
    return double


BASES = ("own_weights", "nodes")  # lists of every layer's


def by_hand(layer: "Layer", inputs: Any, mask: Any, training: bool | None) -> Any:
    """Call a layer as the nearest class above it that has a `forward` written by hand."""
    plain = copy.copy(vars(layer).get("original", layer))
    kinds: Any = [cls for cls in type(layer).__mro__ if "forward" in vars(cls)]
    object.__setattr__(plain, "__class__", next(cls for cls in kinds if not cls.has_call))
    return plain(inputs, mask=mask, training=training)


def _read(value: Any) -> Any:
    # What is not learned stays a weight, so that it can be assigned to.
    return value.read if isinstance(value, Weight) and value.learned else value


def _holds_weights(value: Any) -> bool:
    return isinstance(value, (list, tuple, dict)) and any(
        isinstance(leaf, Weight) for leaf in _tree.flatten(value)
    )


def _keep(layer: "Layer", double: "Layer") -> None:
    """Give the layer the attributes that `call` has set on its stand-in."""
    before = vars(layer)
    for name, value in vars(double).items():
        old = before.get(name, before)
        if name != "original" and value is not old and not _stood_in(old):
            setattr(layer, name, value)


def _stood_in(value: Any) -> bool:
    return isinstance(value, Weight) or _holds_weights(value)


@cache
def call_takes(cls: Any) -> list[str]:
    """Return the names of the arguments of a class's `call`; "**" last if it takes any."""
    import inspect

    parameters = list(inspect.signature(cls.call).parameters.values())[1:]
    names = [each.name for each in parameters if each.kind is not each.VAR_KEYWORD]
    return [*names, "**"] if len(names) < len(parameters) else names


# ---------------------------------------------------------------------- as a layer's methods


def forward(
    self: "Layer", inputs: Arrays, masks: Masks, mode: Mode, given: CallArguments | None = None
) -> tuple[Arrays, Any]:
    """Run `call`, on a tape if it is to be undone."""
    given = given or of_tensors(len(inputs))
    if not mode.record:
        with paused():
            outputs = _tree.flatten(compute(self, given, inputs, masks, mode))
        return tuple(np.asarray(y) for y in outputs), None
    said: list[Any] = []
    inside = mode._replace(penalties=None if mode.penalties is None else said)
    with GradientTape() as tape:
        boxes = [tape.watch(x) if x.dtype.kind == "f" else x for x in inputs]
        outputs = _tree.flatten(compute(self, given, boxes, masks, inside))
    if mode.penalties is not None:
        mode.penalties.extend(float(unboxed(value)) for value in said)
    arrays = tuple(np.asarray(unboxed(y)) for y in outputs)
    return arrays, OwnTape(tape, boxes, outputs, said)


def on_tape(
    layer: "Layer",
    inputs: Sequence[Any],
    masks: Masks,
    mode: Mode,
    given: CallArguments | None = None,
) -> tuple[list[Any], Masks]:
    """Run `call` on a tape that is open; return the outputs in boxes, and their masks."""
    outputs = _tree.flatten(
        compute(layer, given or of_tensors(len(inputs)), layer.cast(inputs), masks, mode)
    )
    found = layer.output_masks(tuple(inputs), masks) if layer.supports_masking else ()
    return outputs, (*found, *(None,) * (len(outputs) - len(found)))


def backward(self: "Layer", tape: OwnTape, doutputs: Arrays) -> tuple[Any, list[Array]]:
    """Ask the tape for the gradients of the inputs and of the weights."""
    weights, watched = self.weights, [x for x in tape.inputs if boxed(x)]
    ends = [*tape.outputs, *tape.penalties]
    seeds = [*doutputs, *(np.ones_like(unboxed(value)) for value in tape.penalties)]
    found = tape.tape.gradient(ends, [*watched, *weights], seeds)
    dwatched, dweights = iter(found[: len(watched)]), found[len(watched) :]
    dinputs = tuple(next(dwatched) if boxed(x) else None for x in tape.inputs)
    pairs = zip(dweights, weights, strict=True)
    return dinputs, [np.zeros_like(w.array) if dw is None else dw for dw, w in pairs]


def cast(self: "Layer", inputs: Sequence[Any]) -> Any:
    """Return floats in the layer's dtype, and everything else as it is."""
    return tuple(
        x.astype(self.dtype) if x.dtype.kind == "f" and x.dtype != self.dtype else x for x in inputs
    )


def sublayers(self: "Layer") -> list["Layer"]:
    """Return the layers among a layer's attributes, in the order in which they were set."""
    from elman.layers.base import Layer

    found: dict[int, Layer] = {}
    for name, value in vars(self).items():
        if name in BASES:
            continue
        nested = isinstance(value, (list, tuple, dict))
        for leaf in _tree.flatten(value) if nested else (value,):
            if isinstance(leaf, Layer):
                found[id(leaf)] = leaf
    return list(found.values())


def output_masks(self: "Layer", inputs: Arrays, masks: Masks) -> Masks:
    """Ask the layer's own `compute_mask`."""
    several = len(inputs) > 1
    x, mask = (list(inputs), list(masks)) if several else (inputs[0], masks[0])
    found = self.compute_mask(x, mask)
    return tuple(found) if isinstance(found, (list, tuple)) else (found,)


# ---------------------------------------------------------------------- shapes and building


def build(layer: "Layer", shapes: list[Shape]) -> None:
    """Let a layer's own `build` make its weights for inputs of these shapes."""
    vars(layer)["building"] = True
    try:
        layer.build(shapes[0] if len(shapes) == 1 else shapes)
    finally:
        del vars(layer)["building"]


def _building(function: Callable[..., None]) -> Callable[..., None]:
    """Return a class's `build` so that it is run once, whoever calls it."""

    @wraps(function)
    def wrapped(self: "Layer", input_shape: Any = None, **named: Any) -> None:
        if vars(self).get("building"):
            function(self, input_shape, **named)
        else:
            self.ready(arguments.as_shapes(self.owner, input_shape))

    return wrapped


def output_shapes(
    self: "Layer", shapes: list[Shape], given: CallArguments | None = None
) -> list[Shape]:
    """Return the shapes of what `call` returns for inputs of these shapes.

    An axis is open if it follows an open axis of the inputs.
    """
    layer, given = self, given or of_tensors(len(shapes))
    one = [np.shape(y) for y in _tree.flatten(example(layer, shapes, given, 2))]
    if all(None not in shape for shape in shapes):
        return list(one)
    other = [np.shape(y) for y in _tree.flatten(example(layer, shapes, given, 3))]
    return [
        tuple(n if n == m else None for n, m in zip(a, b, strict=True))
        for a, b in zip(one, other, strict=True)
    ]


def example(layer: "Layer", shapes: list[Shape], given: CallArguments, size: int = 2) -> Any:
    """Return what `call` returns for zeros, open axes having this size."""
    zeros = []
    for tensor, shape in zip(given.tensors, shapes, strict=True):
        dtype = getattr(tensor, "dtype", layer.dtype)
        zeros.append(np.zeros([size if n is None else n for n in shape], dtype))
    with paused(), _as_it_was(layer), np.errstate(all="ignore"):
        return compute(layer, given, layer.cast(zeros), (None,) * len(zeros), INFERENCE)


@contextmanager
def _as_it_was(layer: "Layer") -> Iterator[None]:
    """Let what layers carry be afterwards what it was."""
    inside = [each for each in with_sublayers(layer) if hasattr(each, "states")]
    before = [each.states for each in inside]
    try:
        yield
    finally:
        for each, states in zip(inside, before, strict=True):
            each.states = states


def no_call(layer: "Layer") -> UnsupportedError:
    """Return the error of a layer that nobody has said what it computes."""
    return UnsupportedError(
        f"{layer.owner}: `call` must be defined to call it, or `forward`; got none."
    )
