"""Models that are subclasses with a `call` of their own, taken as a graph.

    a `call` that only calls layers     the graph of these layers, found by calling it on tensors
    any other                           inputs -> [ ModelCall: the model's `call` ] -> outputs

With it everything that goes around a graph (batches, names, losses, plans) goes around them too,
and where layers are all there is, everything runs without a tape. The graph is drawn when data
first come in, because only then it is known how many they are.
"""

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _tree
from elman._typing import Array, Shape
from elman.errors import ArgumentError, UnsupportedError
from elman.layers import Input, Layer
from elman.layers.operation import Operation
from elman.layers.own import builds, context, methods
from elman.layers.own.call_arguments import CallArguments
from elman.layers.parts import arguments
from elman.layers.parts.nesting import with_sublayers
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.parts.symbolic import Node, SymbolicTensor
from elman.models import carrying
from elman.models.graph import Graph
from elman.parameters import Weight

if TYPE_CHECKING:
    from elman.models.model import Model


STALE = "_stale"  # there while a graph of layers may not be what `call` would do now
OF_ELMAN = frozenset(("name", "built", "_trainable", "compiled", "resume_epoch", "shuffler"))


def note(model: "Model", name: str, before: Any) -> None:
    """Say that an attribute has been set: what `call` does with layers may depend on it."""
    own = vars(model)
    if "drawn_with" not in own or own.get(name, before) is before or name in OF_ELMAN:
        return
    if not isinstance(model.graph.visits[-1].layer, ModelCall):
        own[STALE], own["fed"] = True, None


class ModelCall(Layer):
    """The `call` of a model, as the one layer of its graph."""

    def __init__(self, model: "Model") -> None:
        super().__init__(name=model.name, dtype=model.dtype)
        self.model = model
        self.built = True

    @property
    def weights(self) -> list[Weight]:
        """The model's."""
        return self.model.weights

    def cast(self, inputs: Sequence[Array]) -> Arrays:
        """Cast as the model does."""
        return tuple(self.model.cast(inputs))

    def run(
        self, inputs: Arrays, masks: Masks, mode: Mode, *given: Any
    ) -> tuple[Arrays, Masks, Any]:
        """Run the model's `call`."""
        return methods.run(self.model, inputs, masks, mode, *given)

    def backward(self, tape: Any, doutputs: Arrays) -> tuple[Any, list[Array]]:
        """Ask the tape of the `call`."""
        return methods.backward(self.model, tape, doutputs)

    def output_shapes(self, shapes: list[Shape], *given: Any) -> list[Shape]:
        """Return the shapes of what `call` returns."""
        return self.model.output_shapes(shapes, *given)


def draw(model: "Model", x: Any) -> None:
    """Draw the graph of a model that is called with things like x, and build what is inside."""
    arrays = [arguments.as_array(model.owner, "x", leaf) for leaf in _tree.flatten(x)]
    given = CallArguments(model.owner, [_tree.pack(x, arrays)], {})
    shapes: list[Shape] = [(None, *array.shape[1:]) for array in arrays]
    builds.ready(model, given, shapes)
    with carrying.apart(model):  # whatever batch the carried states are of
        form = builds.example(model, shapes, given)
        builds.example(model, shapes, given, 3)  # in a summary axes are open where this differs
    vars(model).pop(STALE, None)
    drawn = _of_layers(model, x, arrays)
    if drawn is None:
        inputs = [_input(model, array, (None,) * array.ndim) for array in arrays]
        structure, more = _tree.pack(x, list(inputs)), None if given.plain else given
        node = Node(ModelCall(model), structure, inputs, arguments=more)
        node.layer.nodes.append(node)
        node.outputs = [
            SymbolicTensor(tuple(shape), model.dtype, node, i)
            for i, shape in enumerate(model.output_shapes(shapes, given))
        ]
        drawn = structure, _tree.pack(form, list(node.outputs))
    vars(model)["drawn_with"] = _tree.pack(x, [_spec(array) for array in arrays])
    model.connect(*drawn)


def _of_layers(model: "Model", x: Any, arrays: Sequence[Array]) -> tuple[Any, Any] | None:
    """Return inputs and outputs as tensors, if `call` does nothing but call layers; else None.

    It is called once with tensors, which have no numbers: what asks for some, for `training`, or
    for anything that only numbers have, is not drawn so. Neither is what is computed outside of
    layers, because it may be another thing at the next call; nor what changes anything.
    """
    inside = with_sublayers(model)[1:]
    calls, before = [len(layer.nodes) for layer in inside], dict(vars(model))
    held = [(each, copy.copy(each)) for each in before.values() if type(each) in (list, dict)]
    shapes = [(None, *array.shape[1:]) for array in arrays]
    inputs = [_input(model, *pair) for pair in zip(arrays, shapes, strict=True)]
    structure = _tree.pack(x, list(inputs))
    kind: Any = type(model)
    options: dict[str, Any] = {}
    if "training" in builds.takes(kind.call):
        options["training"] = context.FOLLOW
    try:
        with builds.as_it_was(model) as changed, context.around(False, []) as around:
            outputs = model.call(structure, **options)
            changes = changed() or vars(model) != before or any(map(_differs, held))
        graph = Graph(model.owner, inputs, _tree.flatten(outputs))
        computed = any(isinstance(node.layer, Operation) for node in graph.nodes)
        if not (computed or around.penalties or changes):
            return structure, outputs
    except Exception:  # whatever it needs numbers for, it gets them on the tape
        pass
    vars(model).clear()
    vars(model).update(before)
    for each, saved in filter(_differs, held):
        each.clear()
        (each.update if isinstance(each, dict) else each.extend)(saved)
    for layer, count in zip(inside, calls, strict=True):
        del layer.nodes[count:]
    return None


def _differs(pair: tuple[Any, Any]) -> bool:
    """Say whether a list or dictionary holds other things than when it was copied."""
    now, then = ([*c, *c.values()] if isinstance(c, dict) else c for c in pair)
    return len(now) != len(then) or any(x is not y for x, y in zip(now, then, strict=True))


def check_made(kind: "type[Model]", drawn: bool) -> None:
    """Check that a model is made of a graph, or of a `call`, and not of both.

    Raises:
        ArgumentError: of neither.
        UnsupportedError: of both.
    """
    owner = kind.__name__
    if not (drawn or kind.has_call or "train_step" in kind.steps_anew):
        raise ArgumentError(
            f"{owner}: `inputs` and `outputs` must be given, or a `call` be defined by its class; "
            "got neither."
        )
    if drawn and kind.has_call:
        raise UnsupportedError(
            f"{owner}: `call` must not be defined by a class whose layers are given too; got both. "
            "Make such a model an attribute of a `Model` with a `call`: `self.inner(x) * 2`."
        )


def listed(model: "Model") -> list[str]:
    """Return the names of the outputs in the order in which they were listed."""
    structure = model.output_structure
    in_row = isinstance(structure, dict) and len(structure) == len(model.outputs)
    return list(structure) if in_row else model.output_names


def is_anonymous(model: "Model") -> bool:
    """Say whether the outputs have no names, being a list or tuple that a `call` has returned."""
    return model.is_own and isinstance(model.output_structure, (list, tuple))


def _input(model: "Model", array: Array, shape: Shape) -> SymbolicTensor:
    """Return an input for arrays like this one: floats come in the model's dtype."""
    kind = np.dtype(array.dtype).kind
    dtype = {"b": "bool", "i": "int32", "u": "int32"}.get(kind, model.dtype)
    return Input(batch_shape=shape, dtype=dtype)


def _spec(array: Array) -> dict[str, Any]:
    """Return shape and dtype of a sample, as JSON can hold them."""
    return {"shape": [1, *array.shape[1:]], "dtype": array.dtype.name}


def redraw(model: "Model", specs: Any) -> None:
    """Draw the graph of a model as it was drawn before it was saved."""
    draw(model, _of_specs(specs, lambda spec: np.zeros(spec["shape"], spec["dtype"])))


def redraw_for(model: "Model", shape: Any) -> None:
    """Draw the graph of a model for inputs of these shapes, nested as they are."""
    draw(model, _of_shapes(shape, lambda one: np.zeros([n or 2 for n in one], model.dtype)))


def called_with(model: "Model") -> dict[str, Any]:
    """Return for what a model can be built again, as entries of its file: elman's, and Keras's.

    Raises:
        UnsupportedError: it is called with more than one argument.
    """
    specs = vars(model).get("drawn_with", vars(model).get(builds.CALLED))
    if specs is None:
        raise UnsupportedError(
            f"{model.owner}: `call` must take its arrays in one argument, a list or a dictionary, "
            "for the model to be saved whole; it was called with several. Save the weights alone "
            "with `save_weights`."
        )
    shape = _of_specs(specs, lambda spec: [None, *spec["shape"][1:]])
    return {"called_with": specs, "build_config": {"input_shape": shape}}


def _of_specs(specs: Any, function: Callable[[Any], Any]) -> Any:
    """Return what a function makes of each shape and dtype, nested as these are."""
    if isinstance(specs, dict) and set(specs) == {"shape", "dtype"}:
        return function(specs)
    if isinstance(specs, dict):
        return {key: _of_specs(part, function) for key, part in specs.items()}
    return [_of_specs(part, function) for part in specs]


def _of_shapes(shapes: Any, function: Callable[[Any], Any]) -> Any:
    """Return what a function makes of each shape, nested as these are."""
    if isinstance(shapes, dict):
        return {key: _of_shapes(part, function) for key, part in shapes.items()}
    if all(isinstance(n, (int, type(None))) for n in shapes):
        return function(shapes)
    return [_of_shapes(part, function) for part in shapes]
