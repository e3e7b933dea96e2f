"""Layers of your own: `call` is written with `elman.ops`, and a tape finds its gradient.

    class Affine(elman.layers.Layer):
        def build(self, input_shape):
            self.w = self.add_weight((input_shape[-1], 3), name="w")

        def call(self, x):
            return elman.ops.matmul(x, self.w)

A class that defines `call` gets the functions of this file as its `forward`, `backward` and so on.
`call` runs on a stand-in of the layer, which has arrays, or the tape's boxes, in place of weights.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elman import _tree
from elman._typing import Array, Shape
from elman.errors import ArgumentError, UnsupportedError
from elman.gradient_tape import GradientTape, boxed, paused, unboxed
from elman.layers.own import builds, context, masking
from elman.layers.own.builds import takes
from elman.layers.own.call_arguments import CallArguments, of_tensors
from elman.layers.own.errors import explained, no_array, no_gradient
from elman.layers.own.stand_in import BASES, ORDER, keep, stand_in
from elman.layers.parts import calling, input_spec, kinds, naming, passes, penalty, resets
from elman.layers.parts.nesting import known_weights, with_sublayers
from elman.layers.parts.passes import INFERENCE, Arrays, Masks, Mode
from elman.layers.parts.symbolic import Node, SymbolicTensor
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
    if "build" in given and "builds_itself" not in given:
        cls.build = builds.building(given["build"])  # type: ignore[method-assign]
    if "compute_mask" in given and "output_masks" not in given:
        cls.output_masks = masking.output_masks  # type: ignore[method-assign]
        cls.supports_masking = given.get("supports_masking", True)
    if "call" not in given and kinds.takes_a_step(cls):
        from elman.layers.own import one_step  # which imports cells, and those this file

        one_step.adopt(cls)
    if "call" not in given or given.get("has_call") is False:
        return
    cls.has_call = True
    methods: dict[str, Any] = {
        "__call__": lambda self, *args, **kwargs: called(self, args, kwargs),
        "run": run,
        "reverse": passes.reverse,
        "forward": forward,
        "backward": backward,
        "cast": cast,
        "sublayers": property(sublayers),
        "may_penalize": True,
        "mixes_samples": True,  # for all that anybody knows
        "output_shapes": output_shapes,
    }
    if not cls.has_maths() and not kinds.defines(cls, "compute_mask"):
        methods["supports_masking"] = False
    for name, method in methods.items():
        if name not in given:
            setattr(cls, name, method)


# ---------------------------------------------------------------------- calling


def called(layer: "Layer", args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Call a layer of one's own: on arrays, on boxes of a tape, or on symbolic tensors."""
    if kwargs.get("training") is context.FOLLOW:
        del kwargs["training"]
    found = _resets(layer, args, kwargs)
    given = CallArguments(layer.owner, args, kwargs)
    if layer.input_spec is not None:
        input_spec.check(layer, given.first)
    if calling.is_symbolic(layer.owner, given.tensors):
        return _record(layer, given)
    values = [x.read if isinstance(x, Weight) else x for x in given.tensors]
    builds.ready(layer, given, [np.shape(x) for x in values])
    outer, training = context.current(), kwargs.get("training")
    if training is None and outer is not None:
        training = outer.training
    masks: Masks = (None,) * len(values) if outer is None else outer.masks_of(values)
    if found is None and outer is not None:
        found = outer.resets
    watch = None if outer is None else outer.watch
    mode = Mode(training, False, layer.wanted(), resets=found, watch=watch)  # type: ignore[arg-type]
    noting = "_noted" not in vars(layer) or (outer is not None and outer.notes is not None)
    notes = context.Notes() if noting else None
    outputs, out_masks = compute(layer, given, layer.cast(values), masks, mode, notes)
    if notes is not None:
        vars(layer)["_noted"] = notes.opened(vars(layer).get("_noted", notes))
    if outer is not None:
        outer.remember(_tree.flatten(outputs), out_masks)
        outer.note(layer, _tree.flatten(outputs))
    return _tree.map_leaves(partial(_apart, layer), outputs)


def _resets(layer: "Layer", args: Sequence[Any], kwargs: dict[str, Any]) -> resets.Resets | None:
    """Take the `reset_mask` for recurrent layers inside, which `call` does not take itself."""
    names = takes(type(layer).call)
    if "reset_mask" not in kwargs or "reset_mask" in names or names[-1:] == ("**",):
        return None
    symbolic = any(isinstance(x, SymbolicTensor) for x in _tree.flatten([*args, kwargs]))
    if symbolic or not any(getattr(each, "takes_resets", False) for each in with_sublayers(layer)):
        return None  # and so an argument that `call` does not take
    return resets.given(layer.owner, kwargs.pop("reset_mask"))


def _apart(layer: "Layer", y: Any) -> Any:
    """Return an array that is not the weight that `call` may have returned."""
    if type(y) is not np.ndarray:
        return y
    shared = any(np.may_share_memory(y, weight.array) for weight in known_weights(layer))
    return y.copy() if shared else y


def _record(layer: "Layer", given: CallArguments) -> Any:
    """Write down a call on symbolic tensors."""
    shapes = [tensor.shape for tensor in given.tensors]
    builds.ready(layer, given, shapes)
    node = Node(layer, given.first, given.tensors, arguments=None if given.plain else given)
    layer.nodes.append(node)
    form = builds.example(layer, shapes, given)
    dtypes = [np.asarray(y).dtype.name for y in _tree.flatten(form)]
    found = zip(layer.output_shapes(shapes, given), dtypes, strict=True)
    node.outputs = [
        SymbolicTensor(tuple(shape), dtype, node, i) for i, (shape, dtype) in enumerate(found)
    ]
    return _tree.pack(form, list(node.outputs))


def compute(
    layer: "Layer",
    given: CallArguments,
    values: Sequence[Any],
    masks: Masks,
    mode: Mode,
    notes: context.Notes | None = None,
) -> tuple[Any, Masks]:
    """Run `call`; return what it returns, in boxes where the values are, and the masks of that."""
    args, kwargs = _arguments(layer, given, values, masks, mode)
    mask = masking.first(given, masks, kwargs)
    double = stand_in(layer)
    named = _AS_IT_IS if "_complete" in vars(layer) else _named(layer)
    with (
        context.around(mode.training, mode.penalties, notes, mode.resets, mode.watch) as around,
        named,
        explained(layer, args, kwargs),
    ):
        around.remember(values, masks)
        if mask is not None:
            around.remember(_tree.flatten(args[0]), _tree.flatten(mask))
        outputs = _checked(layer, around, double.call(*args, **kwargs))
        leaves = _tree.flatten(outputs)
        inside = around.masks_of(leaves)
    keep(layer, double)
    regularizer = layer.activity_regularizer
    if mode.penalties is not None and regularizer is not None:
        mode.penalties.extend(penalty.of_output(regularizer, y) for y in leaves)
    return outputs, masking.after(layer, args[0] if args else None, mask, leaves, inside)


def _arguments(
    layer: "Layer", given: CallArguments, values: Sequence[Any], masks: Masks, mode: Mode
) -> tuple[list[Any], dict[str, Any]]:
    """Return what `call` is called with: what was given, and the mode and masks that it takes."""
    args, kwargs = given.filled(values)
    names = takes(type(layer).call)
    if kwargs.get("training") is None:
        kwargs.pop("training", None)
        if mode.training is not None and given.is_missing("training", names):
            kwargs["training"] = mode.training
    for name in ("training", "mask"):
        if name not in names and names[-1:] != ("**",):
            kwargs.pop(name, None)
    if "training" not in names and "training" not in given.kwargs:
        kwargs.pop("training", None)
    return args, kwargs | masking.arguments(given, names, masks)


def _checked(layer: "Layer", around: context.Context, outputs: Any) -> Any:
    """Return what `call` has returned, in float32 if that is the layer's dtype.

    Raises:
        ArgumentError: it is no array, or a nest of arrays.
    """

    def checked(y: Any) -> Any:
        value = unboxed(y)
        if isinstance(value, Weight):
            return value.read
        if not isinstance(value, (np.ndarray, np.generic, int, float)):
            raise ArgumentError(no_array(layer, value))
        if not boxed(y):
            y = value = np.asarray(y)
        if value.dtype.kind == "O":
            raise ArgumentError(no_gradient(layer, "an array of objects came of it"))
        wide = value.dtype.itemsize > np.dtype(layer.dtype).itemsize
        if value.dtype.kind != "f" or not wide or layer.keeps_dtype:
            return y  # else a number of NumPy's, such as `np.sqrt(3)`, has made it float64
        cast = y.astype(layer.dtype)
        around.remember([cast], around.masks_of([y]))
        return cast

    return _tree.map_leaves(checked, outputs)


_AS_IT_IS = nullcontext()


@contextmanager
def _named(layer: "Layer") -> Iterator[None]:
    """Let the layers inside, which are built at the first call, have this one in their paths."""
    with naming.scope(layer.name):
        yield
    vars(layer)["_complete"] = True


# ---------------------------------------------------------------------- as a layer's methods


def run(
    self: "Layer", inputs: Arrays, masks: Masks, mode: Mode, given: CallArguments | None = None
) -> tuple[Arrays, Masks, Any]:
    """Run `call`, on a tape if it is to be undone."""
    given, inputs = given or of_tensors(len(inputs)), self.cast(inputs)
    if not mode.record:
        with paused():
            outputs, found = compute(self, given, inputs, masks, mode)
        return tuple(_tree.flatten(outputs)), found, None
    said: list[Any] = []
    inside = mode._replace(penalties=None if mode.penalties is None else said)
    with GradientTape() as tape:
        boxes = [tape.watch(x) if x.dtype.kind == "f" else x for x in inputs]
        outputs, found = compute(self, given, boxes, masks, inside)
    if mode.penalties is not None:
        mode.penalties.extend(unboxed(value) for value in said)
    leaves = _tree.flatten(outputs)
    arrays = tuple(np.asarray(unboxed(y)) for y in leaves)
    return arrays, found, OwnTape(tape, boxes, leaves, said)


def forward(
    self: "Layer", inputs: Arrays, masks: Masks, mode: Mode, given: CallArguments | None = None
) -> tuple[Arrays, Any]:
    """Run `call`, without masks of the outputs."""
    outputs, _, tape = run(self, inputs, masks, mode, given)
    return outputs, tape


def on_tape(
    layer: "Layer",
    inputs: Sequence[Any],
    masks: Masks,
    mode: Mode,
    given: CallArguments | None = None,
) -> tuple[list[Any], Masks]:
    """Run `call` on a tape that is open; return the outputs in boxes, and their masks."""
    given = given or of_tensors(len(inputs))
    outputs, found = compute(layer, given, layer.cast(inputs), masks, mode)
    return _tree.flatten(outputs), found


def backward(self: "Layer", tape: OwnTape, doutputs: Arrays) -> tuple[Any, list[Array]]:
    """Ask the tape for the gradients of the inputs and of the weights."""
    weights, watched = known_weights(self), [x for x in tape.inputs if boxed(x)]
    ends = [*tape.outputs, *tape.penalties]
    seeds = [*doutputs, *(None for _ in tape.penalties)]
    found = tape.tape.gradients(ends, [*watched, *weights], seeds)
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
    """Return the layers among a layer's attributes, in the order in which they were set.

    As in Keras, one that is appended to a list counts from when it is appended: see `note_order`.
    """
    values = [value for name, value in vars(self).items() if name not in BASES]
    now = {id(leaf): leaf for leaf in _tree.objects(values) if kinds.is_layer(leaf)}
    noted = {id(layer): layer for layer in vars(self).get(ORDER, ()) if id(layer) in now}
    return list({**noted, **now}.values())


def note_order(self: "Layer") -> None:
    """Note which layers there are at the time that an attribute is set."""
    found = tuple(sublayers(self))
    if found:
        vars(self)[ORDER] = found


def output_shapes(
    self: "Layer", shapes: list[Shape], given: CallArguments | None = None
) -> list[Shape]:
    """Return the shapes of what `call` returns, or what `compute_output_shape` says."""
    return builds.output_shapes(self, shapes, given or of_tensors(len(shapes)))


def example(layer: "Layer", given: CallArguments, zeros: Sequence[Any]) -> Any:
    """Return what `call` returns for these.

    The layers inside are noted with their shapes, open where examples differ.
    """
    notes, masks = context.Notes(), (None,) * len(zeros)
    outputs, _ = compute(layer, given, layer.cast(zeros), masks, INFERENCE, notes)
    vars(layer)["_noted"] = notes.opened(vars(layer).get("_noted", notes))
    return outputs


def no_call(layer: "Layer") -> UnsupportedError:
    """Return the error of a layer that nobody has said what it computes."""
    return UnsupportedError(
        f"{layer.owner}: `call` must be defined to call it, or `forward`; got none."
    )
