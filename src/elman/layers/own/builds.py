"""Weights and shapes of layers of your own: their `build`, and what `call` makes of zeros.

`build` is given the shape of the first argument of `call`, nested as that is; or, where it takes
several, those of the arguments that its own are named after:

    call(self, query, value)      build(self, query_shape, value_shape)
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _notes, _tree
from elman._typing import Shape
from elman.errors import ArgumentError
from elman.gradient_tape import paused
from elman.layers.own import errors
from elman.layers.own.call_arguments import CallArguments
from elman.layers.parts import arguments
from elman.layers.parts.described import metrics_in
from elman.layers.parts.kinds import defines, remembered
from elman.layers.parts.nesting import with_sublayers

if TYPE_CHECKING:
    from elman.layers.base import Layer


@remembered
def takes(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a method's arguments; "**" last if it takes any."""
    import inspect

    parameters = list(inspect.signature(function).parameters.values())[1:]
    names = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    more = any(p.kind is p.VAR_KEYWORD for p in parameters)
    return (*names, "**") if more else tuple(names)


# ---------------------------------------------------------------------- build

CALLED = "_called_with"  # shapes and dtypes of the one argument that built a model of your own


def _spec(tensor: Any) -> dict[str, Any]:
    """Return shape and dtype of a sample, as JSON can hold them."""
    return {"shape": [1, *np.shape(tensor)[1:]], "dtype": np.dtype(tensor.dtype).name}


def ready(layer: "Layer", given: CallArguments, shapes: Sequence[Shape]) -> None:
    """Build a layer, if it is not built, for the arguments of a call, tensors of these shapes."""
    if layer.built and getattr(layer, "is_own", False):
        return  # a model's `call` checks what it is given, layer by layer
    if not layer.built:
        vars(layer)["shapes_given"] = given.shapes(shapes, takes(type(layer).call))
        if getattr(layer, "is_own", False) and given.leading == len(given.tensors) > 0:
            vars(layer)[CALLED] = _tree.map_leaves(_spec, given.first)
    try:
        layer.ready(list(shapes[: given.leading]))
    finally:
        vars(layer).pop("shapes_given", None)


def build(layer: "Layer", shapes: list[Shape]) -> None:
    """Make a layer's weights for inputs of these shapes, by its own `build` if it has one."""
    kind: Any = type(layer)
    given = vars(layer).pop("shapes_given", None)
    if not hasattr(kind.build, "given"):
        _create(layer, shapes)
        return
    if given is None:
        given = {"": shapes[0] if len(shapes) == 1 else shapes}
    args, named = _matched(layer, given, takes(kind.build.given))
    vars(layer)["_building"] = True
    try:
        with errors.explained_build(layer, args, named):
            layer.build(*args, **named)
    finally:
        del vars(layer)["_building"]


def _matched(
    layer: "Layer", given: Mapping[str, Any], names: Sequence[str]
) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments for a `build` that takes these: the first shape, or those by name."""
    if not names:
        return [], {}
    first = next(iter(given.values()), None)
    if len(names) == 1 or list(given) == [""]:
        return [first], {}
    named = {f"{name}_shape": shape for name, shape in given.items()}
    for name in named:
        if name not in names and names[-1] != "**":
            raise ArgumentError(
                f"{layer.owner}: `build` must take one argument, or one an argument of `call`, "
                f"such as `{name}`; it takes {', '.join(names)}."
            )
    return [], named


def building(function: Callable[..., None]) -> Callable[..., None]:
    """Return a class's own `build` so that it is run once, whoever calls it."""

    @wraps(function)
    def build(self: "Layer", *args: Any, **named: Any) -> None:
        if vars(self).get("_building"):
            function(self, *args, **named)
            return
        given = {"": args[0]} if args else {}
        given |= {name.removesuffix("_shape"): shape for name, shape in named.items()}
        if len(args) > 1:
            names = takes(function)
            given = {n.removesuffix("_shape"): s for n, s in zip(names, args, strict=False)}
        shapes = [arguments.as_shapes(self.owner, s) for s in map(_listed, given.values())]
        vars(self)["shapes_given"] = given
        try:
            self.ready(shapes[0] if shapes else [])
        finally:
            vars(self).pop("shapes_given", None)

    vars(build)["given"] = function
    return build


def _listed(shape: Any) -> Any:
    """Return a shape, or a nest of shapes, as a shape or a list of shapes."""
    if isinstance(shape, Mapping):
        return [leaf for key in sorted(shape) for leaf in _flat(_listed(shape[key]))]
    if isinstance(shape, (list, tuple)) and any(isinstance(n, (list, tuple, dict)) for n in shape):
        return [leaf for part in shape for leaf in _flat(_listed(part))]
    return shape


def _flat(listed: Any) -> list[Any]:
    nested = isinstance(listed, list) and any(isinstance(n, (list, tuple)) for n in listed)
    return listed if nested else [listed]


def build_above(layer: "Layer", input_shape: Any) -> None:
    """Do what `super().build(input_shape)` asks for: make the weights of the class above."""
    _create(layer, arguments.as_shapes(layer.owner, input_shape))


def _create(layer: "Layer", shapes: list[Shape]) -> None:
    """Make the weights of the class above, which alone its maths knows of."""
    before = len(layer.own_weights)
    layer.create_weights(shapes)
    if layer.has_call:
        vars(layer)["_by_hand"] = layer.own_weights[before:]


# ---------------------------------------------------------------------- shapes


def output_shapes(layer: "Layer", shapes: list[Shape], given: CallArguments) -> list[Shape]:
    """Return the shapes of what `call` returns for inputs of these shapes.

    An axis is open if it follows an open axis of the inputs.
    """
    if defines(type(layer), "compute_output_shape"):
        return _said_shapes(layer, shapes, given)
    one = [np.shape(y) for y in _tree.flatten(example(layer, shapes, given, 2))]
    if all(None not in shape for shape in shapes):
        return list(one)
    other = [np.shape(y) for y in _tree.flatten(example(layer, shapes, given, 3))]
    return [
        tuple(n if n == m else None for n, m in zip(a, b, strict=True))
        for a, b in zip(one, other, strict=True)
    ]


def _said_shapes(layer: "Layer", shapes: list[Shape], given: CallArguments) -> list[Shape]:
    """Return what a layer's own `compute_output_shape` says."""
    by_name = given.shapes(shapes, takes(type(layer).call))
    args, named = _matched(layer, by_name, takes(type(layer).compute_output_shape))
    found = layer.compute_output_shape(*args, **named)
    if isinstance(found, dict):
        found = [found[key] for key in sorted(found)]
    return arguments.as_shapes(layer.owner, found)


def example(layer: "Layer", shapes: Sequence[Shape], given: CallArguments, size: int = 2) -> Any:
    """Return what `call` returns for zeros, open axes having this size."""
    from elman.layers.own import methods

    zeros = []
    for tensor, shape in zip(given.tensors, shapes, strict=True):
        dtype = getattr(tensor, "dtype", layer.dtype)
        zeros.append(np.zeros([size if n is None else n for n in shape], dtype))
    with paused(), as_it_was(layer), np.errstate(all="ignore"), tried(layer, shapes, size):
        return methods.example(layer, given, zeros)


@contextmanager
def tried(layer: "Layer", shapes: Sequence[Shape], size: int) -> Iterator[None]:
    """Note, where an error is raised, that it was with zeros for which elman chose a size."""
    try:
        yield
    except Exception as error:
        if any(None in shape for shape in shapes):
            _notes.add(
                error, f"when {layer.owner} was tried with zeros, {size} for each axis that is None"
            )
        raise


@contextmanager
def as_it_was(layer: "Layer") -> Iterator[Callable[[], bool]]:
    """Let what layers carry be afterwards what it was: states, metrics, weights not trained.

    It gives a function that says whether a metric or such a weight is another one meanwhile.
    """
    inside = with_sublayers(layer)
    states = [(each, each.states) for each in inside if hasattr(each, "states")]
    kept = [(w, w.array.copy()) for w in layer.weights if not w.learned]
    metrics = [metric for part in inside for metric in metrics_in(vars(part).values())]
    seen = [(metric, copy.deepcopy(vars(metric))) for metric in metrics]
    try:
        yield (
            lambda: (
                not _same([w.array for w, _ in kept], [numbers for _, numbers in kept])
                or (not _same([vars(metric) for metric in metrics], [state for _, state in seen]))
            )
        )
    finally:
        for each, before in states:
            each.states = before
        for weight, numbers in kept:
            weight.array[...] = numbers
        for metric, state in seen:
            vars(metric).update(state)


def _same(a: Any, b: Any) -> bool:
    """Say whether two nested things hold the same numbers."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(_same, a, b))
    return _same(vars(a), vars(b)) if hasattr(a, "__dict__") else bool(a == b)
