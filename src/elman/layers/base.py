"""What every layer is: a configuration, weights, and a forward and backward over arrays.

A layer computes with `forward` and `backward`, which see tuples of arrays and hand each other a
tape; it keeps nothing of a call itself. Calling a layer checks what it is given, makes the
weights at the first call, and either computes (arrays) or records a node (symbolic tensors).
"""

import warnings
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np

from elman import _check, _tree
from elman._typing import Array, Shape
from elman.bound import Bound
from elman.errors import ArgumentError, NotBuiltError, ShapeError, UnsupportedError
from elman.layers import arguments, naming, serialization, settings
from elman.layers.nesting import undone_on_error
from elman.layers.passes import Arrays, Masks, Mode, Penalized, penalized
from elman.layers.symbolic import NO_OPTIONS, Node, Options, SymbolicTensor
from elman.parameters import Weight, changed


class Layer:
    """Base class of all layers.

    Args:
        name: what it is called; by default its class's name with a number.
        dtype: "float32" or "float64", of its weights and its computation.
        trainable: whether an optimizer may change its weights.
        activity_regularizer: what penalises the outputs, see `elman.regularizers`.
        unknown: `input_shape`, `batch_input_shape` or `input_dim`, as Keras 2 takes them: of the
            first layer of a `Sequential` model they make an `Input`.

    A subclass computes in `forward` and `backward`; it declares its weights in `create_weights`
    with `add_weight`, its shapes in `output_shapes`, and stores every constructor argument under
    the argument's name, from which `get_config` reads it. What an argument must be it may say in
    `checks`, and in `fixed` which of them stay; see `elman.layers.settings`.
    """

    checks: ClassVar[dict[str, _check.Check]] = {
        "name": settings.layer_name,
        "dtype": serialization.dtype_name,
        "activity_regularizer": settings.regularizer,
    }
    fixed: ClassVar[tuple[str, ...]] = ("dtype",)
    takes_one = False  # True: one array, not a list; a subclass may say otherwise
    takes_sequences = False  # True: x has timesteps, (batch, timesteps, …)

    supports_masking = True  # False: a mask that comes in does not come out, with a warning
    mixes_samples = False  # True: what a sample becomes depends on the others of its batch
    keeps_dtype = False  # True: floats pass in the dtype that they have, not in the layer's

    def __init__(
        self,
        *,
        activity_regularizer: Any = None,
        trainable: bool = True,
        dtype: Any = None,
        name: str | None = None,
        **unknown: Any,
    ) -> None:
        self._sample = arguments.taken_sample(type(self).__name__, unknown)
        serialization.check_unknown(type(self), unknown)
        kind = type(self).__name__
        self.name = naming.automatic(kind) if name is None else name
        self._named = name is not None
        self.dtype: str = dtype
        self.activity_regularizer = activity_regularizer
        self.built = False
        self.nodes: list[Node] = []
        self._trainable = _check.flag(kind, "trainable", trainable)
        self._own_weights: list[Weight] = []
        self._input_shapes: list[Shape] = []

    # ------------------------------------------------------------------ what a subclass fills in

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make the weights for inputs of these shapes."""

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Raise a ShapeError if the layer cannot take inputs of these shapes."""

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the shapes of the outputs for inputs of these shapes."""
        return shapes[:1]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Compute the outputs, and a tape for `backward`."""
        raise UnsupportedError(f"{self.owner}: `forward` must be defined to call it; got none.")

    def backward(
        self, tape: Any, doutputs: Arrays
    ) -> tuple[tuple[Array | None, ...], Sequence[Array]]:
        """Return the gradients of the inputs, and of `weights` in their order.

        It may take `*, out=None, need_inputs=True` besides: arrays to write those of the weights
        to, and whether those of the inputs will be read; if not, Nones will do.
        """
        raise UnsupportedError(f"{self.owner}: `backward` must be defined to train it; got none.")

    def bind(self, shape: Shape, training: bool) -> Bound | None:
        """Return what computes the same for one input of this shape, or None.

        What it reads of the layer stays right until an attribute is set; see `models/chain.py`.
        """
        return None

    def __init_subclass__(cls) -> None:
        settings.inherit(cls)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "states":  # what a stateful layer carries, at every call
            super().__setattr__(name, value)
            return
        value, before = settings.checked(self, name, value), vars(self).get(name, self)
        super().__setattr__(name, value)
        if value is not before and type(self).bind is not Layer.bind:
            changed()

    def output_masks(self, inputs: Arrays, masks: Masks) -> Masks:
        """Return the mask of each output: by default the first input's."""
        return masks[:1]

    def check_mask(self, mask: Shape, x: Shape) -> None:
        """Raise a ShapeError if a mask of this shape does not fit an input of that shape."""
        arguments.check_mask_shape(self.owner, mask, x)

    def as_masks(self, mask: Any, arrays: Sequence[Array]) -> Masks:
        """Return what was given as `mask` as a mask an input, checked."""
        return arguments.as_masks(self.owner, mask, arrays, self.check_mask)

    def cast(self, inputs: Sequence[Array]) -> Arrays:
        """Return the inputs in the layer's dtype; a layer without weights keeps a float's."""
        for x in inputs:
            if x.dtype != self.dtype and not (self.keeps_dtype and x.dtype.kind == "f"):
                break
        else:
            return tuple(inputs)
        return tuple(
            x if self.keeps_dtype and x.dtype.kind == "f" else x.astype(self.dtype, copy=False)
            for x in inputs
        )

    @property
    def sublayers(self) -> Sequence["Layer"]:
        """The layers inside this one, in the order of their weights."""
        return ()

    def reset_state(self) -> None:
        """Forget what `stateful` layers carry from call to call; of this one and all inside it."""
        for layer in self.sublayers:
            layer.reset_state()

    def reset_states(self) -> None:
        """Do what `reset_state` does, under the name that Keras 2 has for it."""
        self.reset_state()

    # ------------------------------------------------------------------ calling

    def __call__(self, inputs: Any, *, mask: Any = None, training: bool | None = None) -> Any:
        """Compute with arrays, or record a call on symbolic tensors.

        Args:
            inputs: an array or symbolic tensor, or a list of them where the layer takes several.
            mask: (batch, timesteps), True where a step counts; for several arrays a list.
            training: whether dropout is active; None means no, or in a model as the model is run.
                What is given here on a symbolic tensor is fixed: it holds in `fit` and in
                `predict` alike. (In Keras how the model is run overrules it.)

        Returns:
            An array or symbolic tensor, or a list of them where the layer has several outputs.
        """
        return self._call(inputs, (), mask, training)

    def _call(
        self,
        inputs: Any,
        states: Sequence[Any],
        mask: Any,
        training: bool | None,
        options: Options = NO_OPTIONS,
    ) -> Any:
        leaves = [*_tree.flatten(inputs), *states]
        symbolic = [isinstance(leaf, SymbolicTensor) for leaf in leaves]
        if any(symbolic):
            if not all(symbolic):
                raise ArgumentError(
                    f"{self.owner}: `inputs` must be all arrays or all symbolic tensors; got both."
                )
            return self._record(inputs, leaves, len(states), mask, training, options)
        names = ["x"] * (len(leaves) - len(states)) + ["initial_state"] * len(states)
        arrays = [arguments.as_array(self.owner, *pair) for pair in zip(names, leaves, strict=True)]
        self.ready([array.shape for array in arrays])
        masks = self.as_masks(mask, arrays)
        mode = Mode(bool(training), False)
        outputs, _, _ = self.run(self.cast(arrays), masks, mode, options)
        return self.pack_outputs(outputs)

    def run(
        self, inputs: Arrays, masks: Masks, mode: Mode, options: Options = NO_OPTIONS
    ) -> tuple[Arrays, Masks, Any]:
        """Compute outputs, their masks and a tape, from inputs that were checked before.

        `options` are the further arguments of the call, which `forward` takes by name.
        """
        forward: Any = self.forward
        outputs, tape = forward(self.cast(inputs), masks, mode, **options)
        tape = penalized(self.activity_regularizer, outputs, tape, mode)
        if not self.supports_masking and any(mask is not None for mask in masks):
            warnings.warn(
                f"{self.owner}: the mask of its input ends here, because {type(self).__name__} "
                "cannot pass one on. Put it before the layer that makes the mask.",
                stacklevel=2,
            )
            return outputs, (None,) * len(outputs), tape
        found = self.output_masks(inputs, masks)
        missing = len(outputs) - len(found)
        return outputs, (*found, *(None,) * missing) if missing else found, tape

    def reverse(
        self,
        tape: Any,
        doutputs: Arrays,
        *,
        out: Sequence[Array] | None = None,
        need_inputs: bool = True,
    ) -> tuple[tuple[Any, ...], Sequence[Array]]:
        """Undo `run`: return the gradients of the inputs, and of `weights` in their order.

        Args:
            tape: what `run` returned.
            doutputs: dL/d(output) of each output.
            out: arrays for the gradients of the weights, where new ones are not wanted.
            need_inputs: whether those of the inputs will be read; if not, Nones may come.
        """
        if type(tape) is Penalized:
            tape, doutputs = tape.tape, tape.add_to(doutputs)
        backward: Any = self.backward
        taken = getattr(backward, "__kwdefaults__", None) or ()
        if "need_inputs" in taken:
            return backward(tape, doutputs, out=out, need_inputs=need_inputs)
        if "out" in taken:
            return backward(tape, doutputs, out=out)
        dinputs, dweights = backward(tape, doutputs)
        for place, dweight in zip(out or (), dweights, strict=out is not None):
            place[...] = dweight
        return dinputs, dweights if out is None else out

    def pack_outputs(self, outputs: Sequence[Any]) -> Any:
        """Return one output bare, several as a list."""
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def _record(
        self,
        structure: Any,
        leaves: list[Any],
        states: int,
        mask: Any,
        training: bool | None,
        options: Options,
    ) -> Any:
        shapes = [leaf.shape for leaf in leaves]
        if self.takes_sequences:
            arguments.check_sequence(self.owner, leaves[0])
        self.ready(shapes)
        masks = arguments.as_symbolic_masks(self.owner, mask, leaves, self.check_mask)
        node = Node(self, structure, leaves, states, masks, training, options)
        self.nodes.append(node)
        kept = self.keeps_dtype and leaves[0].dtype.startswith("float")
        dtype = leaves[0].dtype if kept else self.dtype
        output_shapes: Any = self.output_shapes
        node.outputs = [
            SymbolicTensor(shape, dtype, node, i)
            for i, shape in enumerate(output_shapes(shapes, **options))
        ]
        return self.pack_outputs(node.outputs)

    def ready(self, shapes: list[Shape]) -> None:
        """Check the shapes of inputs, and make the weights at the first call."""
        if self.takes_one and len(shapes) > 1:
            raise ShapeError(
                f"{self.owner}: `inputs` must be one array; got a list of {len(shapes)}. "
                "Join them with `Concatenate` or `Add` first."
            )
        self.check_shapes(shapes)
        if not self.built:
            with undone_on_error(self), naming.scope(self.name):
                self._input_shapes = [tuple(shape) for shape in shapes]
                self.create_weights(shapes)
                self.built = True

    # ------------------------------------------------------------------ weights

    def build(self, input_shape: Any) -> None:
        """Make the weights now, for an input of this shape (or a list of shapes)."""
        self.ready(arguments.as_shapes(self.owner, input_shape))

    def add_weight(
        self,
        shape: Any = (),
        initializer: Any = "glorot_uniform",
        dtype: Any = None,
        trainable: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        name: str = "variable",
        *,
        folder: str = "",
    ) -> Weight:
        """Make a weight of this layer.

        Args:
            shape: its shape.
            initializer: what gives its first numbers, a name or an object of
                `elman.initializers`, or a function of shape and dtype.
            dtype: "float32" or "float64"; the layer's by default.
            trainable: False for what training never changes, such as a moving average.
            regularizer: what penalises it, see `elman.regularizers`.
            constraint: what it is put through after each step, see `elman.constraints`.
            name: such as "kernel".
            folder: what stands between the layer's and the weight's name in its path.

        Its path begins with the layers that this one is made inside of.
        """
        if isinstance(shape, str):
            raise ArgumentError(
                f"{self.owner}: `shape` must be a tuple of sizes; got {shape!r}. "
                f"Give the name as `name={shape!r}`."
            )
        sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
        dtype = self.dtype if dtype is None else dtype
        initialize = settings.initializer(self.owner, "initializer", initializer)
        array = np.array(
            arguments.as_array(self.owner, name, initialize(sizes, dtype)), dtype=dtype, order="C"
        )
        if array.shape != sizes:
            raise ShapeError(
                f"{self.owner}: `{name}` must have shape {sizes}; its initializer gave "
                f"{array.shape}."
            )
        weight = Weight(array, name=name, path=naming.path(folder, name), trainable=trainable)
        weight.regularizer = settings.regularizer(self.owner, "regularizer", regularizer)
        weight.constraint = settings.constraint(self.owner, "constraint", constraint)
        weight.trainable = self._trainable and trainable
        self._own_weights.append(weight)
        return weight

    def make_weight(self, name: str, shape: tuple[int, ...], folder: str = "") -> Weight:
        """Make the weight that the arguments `NAME_initializer` and so on are about."""
        initializer, regularizer, constraint = (
            getattr(self, argument) for argument in settings.of_weights(name)
        )
        return self.add_weight(
            shape, initializer, regularizer=regularizer, constraint=constraint, name=name,
            folder=folder,
        )  # fmt: skip

    @property
    def weights(self) -> list[Weight]:
        """All weights, in Keras's order; each has `.name`, `.shape` and `.value`."""
        own = sorted(self._own_weights, key=lambda weight: not weight.learned)
        found = [*own, *(w for sub in self.sublayers for w in sub.weights)]
        return list({id(weight): weight for weight in found}.values())

    @property
    def trainable_weights(self) -> list[Weight]:
        """The weights that training changes."""
        return [weight for weight in self.weights if weight.trainable]

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """The weights that training leaves alone."""
        return [weight for weight in self.weights if not weight.trainable]

    @property
    def trainable(self) -> bool:
        """Whether training may change the weights; setting it sets those of all inner layers."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = _check.flag(self.owner, "trainable", value)
        for weight in self._own_weights:
            weight.trainable = self._trainable and weight.learned
        for layer in self.sublayers:
            layer.trainable = value

    def get_weights(self) -> list[Array]:
        """Return copies of all weights."""
        return [weight.numpy() for weight in self.weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Replace all weights.

        Args:
            weights: arrays in the order and of the shapes of `get_weights()`.

        Raises:
            NotBuiltError: the layer has no weights yet.
            ShapeError: a different number of arrays, or one of another shape; nothing is changed.
        """
        arrays = arguments.as_list(self.owner, "weights", weights)
        if not self.built and arrays:
            raise NotBuiltError(
                f"{self.owner}: weights can be set once the layer is built. "
                "Call it on data first, or `build(input_shape)`."
            )
        own = self.weights
        arguments.check_weights(self.owner, own, arrays)
        for weight, array in zip(own, arrays, strict=True):
            weight.assign(array)

    def count_params(self) -> int:
        """Return the number of weights' numbers."""
        if not self.built:
            raise NotBuiltError(
                f"{self.owner}: parameters can be counted once the layer is built. "
                "Call it on data first, or `build(input_shape)`."
            )
        return sum(weight.array.size for weight in self.weights)

    # ------------------------------------------------------------------ configuration

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the output's shape (or a list of shapes) for an input's (or a list)."""
        shapes = arguments.as_shapes(self.owner, input_shape)
        self.check_shapes(shapes)
        return self.pack_outputs(self.output_shapes(shapes))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments in Keras's form, ready for JSON."""
        return serialization.get_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a layer from what `get_config` returned, or Keras's own `get_config`."""
        return serialization.from_config(cls, config)

    @property
    def output(self) -> Any:
        """What the last symbolic call returned, to make another model of: `Model(x, l.output)`."""
        return self.pack_outputs(self._last_call.outputs)

    @property
    def input(self) -> Any:
        """What the last symbolic call was given."""
        return self._last_call.structure

    @property
    def _last_call(self) -> Node:
        if not self.nodes:
            raise NotBuiltError(
                f"{self.owner}: its input and output are known once it is part of a model. "
                "Call it on an `Input` first."
            )
        return self.nodes[-1]

    @property
    def input_shapes(self) -> list[Shape]:
        """The shapes that the weights were made for; empty before that."""
        return self._input_shapes

    @property
    def sample_shape(self) -> Shape | None:
        """The shape of the input, if `input_shape` or its like said it; with the batch."""
        return self._sample

    @property
    def owner(self) -> str:
        """How messages name this layer, such as "LSTM 'encoder'"."""
        return f"{type(self).__name__} '{self.name}'"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"
