"""What every layer is: a configuration, weights, and a forward and backward over arrays.

A layer computes with `forward` and `backward`, which see tuples of arrays and hand each other a
tape; it keeps nothing of a call itself. Calling a layer checks what it is given, makes the
weights at the first call, and either computes (arrays) or records a node (symbolic tensors).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from elman import _check, _settings, _tree
from elman._construction import Constructed
from elman._typing import Array, Shape
from elman.bound import Bound
from elman.errors import ShapeError, UnsupportedError
from elman.layers.own import builds, made_with, methods
from elman.layers.own.stand_in import PLACES, by_hand
from elman.layers.parts import (
    arguments,
    calling,
    described,
    input_spec,
    made,
    naming,
    passes,
    said,
    settings,
    symbolic,
)
from elman.layers.parts.nesting import building, undone_on_error, with_sublayers
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.parts.symbolic import Node
from elman.layers.saved import serialization as serial
from elman.parameters import Weight, changed


class Layer(Constructed):
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
    `checks`, and in `fixed` which of them stay; see `elman.layers.parts.settings`. A subclass that
    defines `call` needs no gradient; see `elman.layers.own.methods`.

    >>> import numpy as np
    >>> class Scale(Layer):
    ...     def build(self, input_shape):
    ...         self.w = self.add_weight((input_shape[-1],), "ones", name="w")
    ...     def call(self, x):
    ...         return x * self.w
    >>> Scale()(np.array([[1.0, 2.0]], "float32"))
    array([[1., 2.]], dtype=float32)
    """

    checks: ClassVar[dict[str, _check.Check]] = {
        "name": settings.layer_name,
        "dtype": _settings.dtype_name,
        "activity_regularizer": settings.regularizer,
        "nodes": settings.elmans,
        "own_weights": settings.elmans,
        "input_spec": input_spec.checked,
    }
    fixed: ClassVar[tuple[str, ...]] = ("dtype",)
    takes_one = False  # True: one array, not a list; a subclass may say otherwise
    takes_sequences = False  # True: x has timesteps, (batch, timesteps, …)
    supports_masking = True  # False: a mask that comes in does not come out, with a warning
    mixes_samples = False  # True: what a sample becomes depends on the others of its batch
    keeps_dtype = False  # True: floats pass in the dtype that they have, not in the layer's
    input_spec: Any = None  # what a layer of your own says of its inputs, see `InputSpec`
    states_name = "initial_state"  # the argument for the states of a layer that takes some

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Make a layer, and keep what it is made with; see `elman.layers.own.made_with`."""
        layer = super().__new__(cls)
        if args or kwargs:
            vars(layer)[made_with.GIVEN] = args, kwargs
        return layer

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
        serial.check_unknown(type(self), unknown)
        kind = type(self).__name__
        self.name = naming.automatic(kind) if name is None else name
        self._named = name is not None
        self.dtype: str = dtype
        self.activity_regularizer = activity_regularizer
        self.built = False
        self.nodes: list[Node] = []
        self._said: list[Any] = []
        self._trainable = _check.flag(kind, "trainable", trainable)
        self.own_weights: list[Weight] = []
        self._input_shapes: list[Shape] = []

    # ------------------------------------------------------------------ what a subclass fills in

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make the weights for inputs of these shapes."""

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Raise a ShapeError if the layer cannot take inputs of these shapes."""

    def output_shapes(self, shapes: list[Shape], *given: Any) -> list[Shape]:
        """Return the shapes of the outputs for inputs of these shapes.

        Where nothing else is said it is those of `compute_output_shape`, or the first input's.
        """
        if type(self).compute_output_shape is not Layer.compute_output_shape:
            found = self.compute_output_shape(shapes[0] if len(shapes) == 1 else shapes)
            return arguments.as_shapes(self.owner, found)
        return shapes[:1]

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Compute the outputs, and a tape for `backward`."""
        raise methods.no_call(self)

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

    builds_itself = True  # where a class says so, its `build` decides when it is run
    has_call = False  # True: `call` is what it computes; see `elman.layers.own.methods`

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        settings.inherit(cls)
        methods.adopt(cls)

    @classmethod
    def has_maths(cls) -> bool:
        """Say whether a class above it has a `forward` that is written by hand."""
        above: Any = super(cls, cls)
        return above.forward is not Layer.forward and not above.has_call

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "states":  # what a stateful layer carries, at every call
            super().__setattr__(name, value)
            return
        value, before = settings.checked(self, name, value), vars(self).get(name, self)
        super().__setattr__(name, value)
        vars(self).pop(PLACES, None)
        bound = type(self).bind is not Layer.bind and not self.has_call
        held = isinstance(value, Layer) or hasattr(value, "update_state")  # a metric
        if value is not before and (bound or held):
            changed()
        if self.has_call and isinstance(value, (Layer, list, tuple, dict)):
            methods.note_order(self)

    def call(self, *args: Any, **options: Any) -> Any:
        """Compute what `forward` does: for `super().call(x)` in a `call` of your own."""
        return by_hand(self, args, options)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the mask of the output for these inputs and their mask, None where it has none."""
        arrays = [arguments.as_array(self.owner, "x", leaf) for leaf in _tree.flatten(inputs)]
        masks = self.as_masks(previous_mask, arrays)
        return self.output_masks(tuple(arrays), masks)[0]

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
        dtype, floats = self.dtype, self.keeps_dtype
        kept = [x.dtype == dtype or (floats and x.dtype.kind == "f") for x in inputs]
        return tuple([x if k else x.astype(dtype) for x, k in zip(inputs, kept, strict=True)])

    @property
    def sublayers(self) -> Sequence["Layer"]:
        """The layers inside this one, in the order of their weights."""
        return ()

    def reset_state(self, mask: Any = None) -> None:
        """Forget what `stateful` layers carry from call to call; of this one and all inside it.

        Args:
            mask: (batch,), True for the samples to forget; all by default.
        """
        for layer in self.sublayers:
            layer.reset_state(*(() if mask is None else (mask,)))

    def reset_states(self, mask: Any = None) -> None:
        """Do what `reset_state` does, under the name that Keras 2 has for it."""
        self.reset_state(*(() if mask is None else (mask,)))

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
        return calling.call(self, inputs, (), mask, training)

    run = passes.run
    reverse = passes.reverse

    def pack_outputs(self, outputs: Sequence[Any]) -> Any:
        """Return one output bare, several as a list."""
        return outputs[0] if len(outputs) == 1 else list(outputs)

    def pack_states(self, states: Sequence[Any]) -> list[Any]:
        """Return the states that a call was given as its argument takes them."""
        return list(states)

    def ready(self, shapes: list[Shape]) -> None:
        """Check the shapes of inputs, and make the weights at the first call."""
        if self.takes_one and len(shapes) > 1:
            raise ShapeError(
                f"{self.owner}: `inputs` must be one array; got a list of {len(shapes)}. "
                "Join them with `Concatenate` or `Add` first."
            )
        self.check_shapes(shapes)
        if not self.built:
            with building, undone_on_error(self), naming.scope(self.name):
                if not self.built:  # by another thread meanwhile
                    self._input_shapes = [tuple(shape) for shape in shapes]
                    self._path = naming.path()
                    builds.build(self, shapes)
                    self.built = True

    add_loss, losses, wanted = said.add_loss, property(said.losses), said.wanted

    # ------------------------------------------------------------------ weights

    def build(self, input_shape: Any) -> None:
        """Make the weights now, for an input of this shape (or a list of shapes)."""
        if vars(self).get("_building"):  # it is `super().build()` in a `build` of your own
            builds.build_above(self, input_shape)
        else:
            self.ready(arguments.as_shapes(self.owner, input_shape))

    add_weight = add_variable = made.add_weight

    if not TYPE_CHECKING:  # to which it would say that a layer has every attribute

        def __getattr__(self, name: str) -> Any:
            """Say of a weight that the layer must be built; asked for what is missing alone."""
            if made.is_of_a_weight(self, name) and not vars(self).get("built"):
                raise made.absent(self, name)
            return object.__getattribute__(self, name)

    def make_weight(self, name: str, shape: tuple[int, ...]) -> Weight:
        """Make the weight that the arguments `NAME_initializer` and so on are about."""
        initializer, regularizer, constraint = (
            getattr(self, argument) for argument in settings.of_weights(name)
        )
        return made.add(self, shape, initializer, None, True, regularizer, constraint, name)

    @property
    def weights(self) -> list[Weight]:
        """All weights, in Keras's order; each has `.name`, `.shape` and `.value`."""
        own = (sorted(s.own_weights, key=lambda w: not w.learned) for s in with_sublayers(self))
        return list({id(weight): weight for weights in own for weight in weights}.values())

    @property
    def trainable_weights(self) -> list[Weight]:
        """The weights that training changes; none if this layer is not `trainable`."""
        return [weight for weight in self.weights if self._trainable and weight.trainable]

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """The weights that training leaves alone."""
        return [weight for weight in self.weights if not (self._trainable and weight.trainable)]

    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    @property
    def trainable(self) -> bool:
        """Whether training may change the weights; setting it sets those of all inner layers."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = _check.flag(self.owner, "trainable", value)
        for layer in with_sublayers(self):
            layer._trainable = self._trainable
            for weight in layer.own_weights:
                weight.trainable = self._trainable and weight.learned

    def get_weights(self) -> list[Array]:
        """Return copies of all weights."""
        return [weight.numpy() for weight in self.weights]

    set_weights, count_params = made.assign, made.count_params

    # ------------------------------------------------------------------ configuration

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the output's shape (or a list of shapes) for an input's (or a list)."""
        shapes = arguments.as_shapes(self.owner, input_shape)
        self.check_shapes(shapes)
        return self.pack_outputs(self.output_shapes(shapes))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments in Keras's form, ready for JSON."""
        return serial.get_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Make a layer from what `get_config` returned, or Keras's own `get_config`."""
        return serial.from_config(cls, config)

    output = property(symbolic.last_output)
    input = property(symbolic.last_input)
    path = property(described.path)
    compute_dtype = variable_dtype = input_dtype = property(described.dtype)
    dtype_policy = property(described.dtype_policy)
    metrics = property(described.metrics)
    metrics_variables = property(described.metrics_variables)

    @property
    def input_shapes(self) -> list[Shape]:
        """The shapes that the weights were made for; empty before that."""
        return self._input_shapes

    @property
    def may_penalize(self) -> bool:
        """Whether a call of this layer, those inside it aside, may add to the loss."""
        return self.activity_regularizer is not None

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
