"""Model: layers between inputs and outputs, with training around them."""

from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from elman import _check, _custom, _tree, optimizers
from elman._typing import Array, Shape
from elman.errors import ArgumentError, NotBuiltError
from elman.layers import InputLayer, Layer
from elman.layers.own import methods
from elman.layers.parts import arguments, naming
from elman.layers.parts.nesting import known_weights, with_sublayers
from elman.layers.parts.passes import Arrays, Masks, Mode
from elman.layers.parts.symbolic import SymbolicTensor
from elman.models import (
    calls,
    config,
    exporting,
    feeding,
    files,
    learners,
    not_here,
    on_batch,
    own_metrics,
    own_model,
    own_steps,
    training,
)
from elman.models.compiled import Compiled
from elman.models.graph import Graph
from elman.models.intermediate import rerouted
from elman.models.steps import compiled
from elman.models.summary import print_summary
from elman.parameters import version

if TYPE_CHECKING:
    from elman.callbacks import History

OF_RUNS = frozenset(("stop_training", "stop_evaluating", "stop_predicting", "history", "fed"))
GRAPH = ("graph", "input_structure", "output_structure")  # what is there once the model is built


class Model(Layer):
    """A network between symbolic inputs and outputs, with any layers and branches in between.

    Args:
        inputs: what `Input` returned, or a list or dictionary of such.
        outputs: what layers returned for them, or a list or dictionary of such.
        name: what it is called.
        options: `trainable`.

    A model is a layer too: it can be called inside another model, on arrays or tensors.

    >>> import elman
    >>> x = elman.Input((None, 3))
    >>> h = elman.layers.LSTM(8)(x)
    >>> model = elman.Model(x, elman.layers.Dense(1)(h))
    >>> model.predict([[[1.0, 2.0, 3.0]]], verbose=0).shape
    (1, 1)
    """

    builds_itself = True
    stop_evaluating = stop_predicting = False  # set by callbacks
    resume_epoch: int | None = None  # the epoch to begin with in place of `initial_epoch`
    shuffler: "np.random.Generator | None" = None  # draws the order of the samples in `fit`
    steps_anew: frozenset[str] = frozenset()  # which steps a class has of its own

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.steps_anew = own_steps.defined_by(cls)

    def __init__(
        self, inputs: Any = None, outputs: Any = None, name: str | None = None, **options: Any
    ) -> None:
        kind = type(self).__name__
        drawn = inputs is not None and outputs is not None
        own_model.check_made(type(self), drawn)
        kind = "Functional" if kind == "Model" else kind
        super().__init__(name=naming.automatic(kind) if name is None else name, **options)
        self.compiled: Compiled | None = None
        self.stop_training = False
        self.history: History | None = None
        self.fed: Any = None  # version and shapes of what went in last, which were checked
        if drawn:
            self.connect(inputs, outputs)
        if not self.trainable:
            self.trainable = False  # of every layer too

    def connect(self, inputs: Any, outputs: Any) -> None:
        """Find the graph between inputs and outputs."""
        for what, structure in (("inputs", inputs), ("outputs", outputs)):
            for leaf in _tree.flatten(structure):
                if not isinstance(leaf, SymbolicTensor):
                    raise ArgumentError(
                        f"{self.owner}: `{what}` must be symbolic tensors, what `Input` and the "
                        f"layers called on it return; got {type(leaf).__name__}."
                    )
        if not all(isinstance(t.node.layer, InputLayer) for t in _tree.flatten(inputs)):
            inputs, outputs = rerouted(inputs, outputs)
        graph = Graph(self.owner, _tree.flatten(inputs), _tree.flatten(outputs))
        vars(self).update(input_structure=inputs, output_structure=outputs, graph=graph)
        self.built = True

    def __setattr__(self, name: str, value: Any) -> None:
        if name in OF_RUNS:
            object.__setattr__(self, name, value)
            return
        before = vars(self).get(name, self)
        super().__setattr__(name, value)
        own_metrics.note(self, name, value)
        own_model.note(self, name, before)

    def __getattr__(self, name: str) -> Any:
        if name in GRAPH:
            raise NotBuiltError(
                f"{self.owner}: it must be built to have inputs and outputs; it is not. Begin "
                "with an `Input`, call it on data, or `build(input_shape)`."
            )
        if hasattr(type(self), name):  # a property in which the attribute of something was missing
            return object.__getattribute__(self, name)
        raise not_here.error(self, name)

    # ------------------------------------------------------------------ structure

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The symbolic inputs, in order."""
        return self.graph.inputs

    @property
    def outputs(self) -> list[SymbolicTensor]:
        """The symbolic outputs, in order."""
        return self.graph.outputs

    @property
    def layers(self) -> list[Layer]:
        """All layers, in the order of their weights."""
        return methods.sublayers(self) if self.is_own else self.graph.layers

    @property
    def is_own(self) -> bool:
        """Whether it is a subclass that was made without inputs and outputs."""
        return self.has_call or not self.drawn

    @property
    def drawn(self) -> bool:
        """Whether its inputs and outputs are known."""
        return "graph" in vars(self)

    @property
    def sublayers(self) -> Sequence[Layer]:
        """All layers."""
        return self.layers

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs, by which a dictionary feeds them."""
        if isinstance(self.input_structure, dict):
            return sorted(self.input_structure)
        return [tensor.name for tensor in self.graph.inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs, by which dictionaries of targets and losses refer to them."""
        structure = self.output_structure
        if isinstance(structure, dict) and len(structure) == len(self.outputs):
            return sorted(structure)
        return [tensor.name for tensor in self.graph.outputs]

    @property
    def input(self) -> Any:
        """The symbolic inputs, in the structure that the model was made with."""
        return self.input_structure

    @property
    def output(self) -> Any:
        """The symbolic outputs, in the structure that the model was made with."""
        return self.output_structure

    @property
    def input_shape(self) -> Any:
        """The input's shape, or a list of shapes."""
        return self.pack_inputs([tensor.shape for tensor in self.inputs])

    @property
    def output_shape(self) -> Any:
        """The output's shape, or a list of shapes."""
        return Layer.pack_outputs(self, [tensor.shape for tensor in self.outputs])

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return a layer by name or by index.

        Raises:
            ArgumentError: there is no such layer.
        """
        count = len(self.layers)
        if index is not None:
            if not -count <= index < count:
                raise ArgumentError(f"{self.owner}: `index` must be below {count}; got {index}.")
            return self.layers[index]
        names = [layer.name for layer in self.layers]
        return self.layers[names.index(_check.one_of(self.owner, "name", name, names))]

    # ------------------------------------------------------------------ computing

    def pack_inputs(self, leaves: Sequence[Any]) -> Any:
        """Return one input's thing bare, several as a list."""
        return leaves[0] if len(leaves) == 1 else list(leaves)

    def pack_outputs(self, outputs: Sequence[Any]) -> Any:
        """Return outputs in the structure that the model was made with."""
        structure = self.output_structure
        if type(structure) is SymbolicTensor:
            return outputs[0]
        return _tree.pack(structure, list(outputs))

    def build(self, input_shape: Any) -> None:
        """Make the weights of a model with a `call` of its own, for inputs of this shape."""
        if self.has_call and not self.drawn and not vars(self).get("_building"):
            shapes = arguments.as_shapes(self.owner, input_shape)
            zeros = [np.zeros([n or 2 for n in shape], self.dtype) for shape in shapes]
            own_model.draw(self, zeros[0] if len(zeros) == 1 else zeros)

    def enter(self, x: Any) -> list[Array]:
        """Return what was fed in as arrays in the order of `inputs`, checked."""
        if ("graph" not in vars(self) or own_model.STALE in vars(self)) and self.is_own:
            if not self.has_call:
                vars(self)["_nested_x"] = _tree.map_leaves(lambda leaf: None, x)
                return [arguments.as_array(self.owner, "x", leaf) for leaf in _tree.flatten(x)]
            own_model.draw(self, x)
        return feeding.arrange(self, x)

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check the number and the shapes of inputs."""
        if self.drawn:
            feeding.check_shapes(self, shapes)

    __call__ = calls.call

    @property
    def may_penalize(self) -> bool:
        """Whether a layer may add to the loss; known until layers change."""
        if self._penalizes[0] is not version():
            inside = with_sublayers(self)[1:]
            self._penalizes = version(), any(layer.may_penalize for layer in inside)
        return self._penalizes[1]

    _penalizes: tuple[Any, bool] = (None, False)

    def cast(self, inputs: Sequence[Array]) -> Arrays:
        """Leave the inputs as they are: the graph's entries know what they need."""
        return tuple(inputs)

    def output_shapes(self, shapes: list[Shape], *given: Any) -> list[Shape]:
        """Return the shapes of the outputs for inputs of these shapes."""
        return self.graph.shapes(shapes)

    def run(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Masks, Any]:
        """Run the graph."""
        outputs, out_masks, tapes = self.graph.forward(inputs, masks, mode)
        return tuple(outputs), tuple(out_masks), tapes

    def forward(self, inputs: Arrays, masks: Masks, mode: Mode) -> tuple[Arrays, Any]:
        """Run the graph, without masks of the outputs."""
        outputs, _, tapes = self.run(inputs, masks, mode)
        return outputs, tapes

    def backward(
        self,
        tape: Any,
        doutputs: Sequence[Array | None],
        *,
        out: Sequence[Array] | None = None,
        need_inputs: bool = True,
    ) -> tuple[tuple[Array | None, ...], Sequence[Array]]:
        """Run the graph in reverse; without `need_inputs` as far as training goes."""
        weights = known_weights(self)
        dweights = [np.empty_like(weight.array) for weight in weights] if out is None else out
        pairs = zip(weights, dweights, strict=True)
        arrays = {id(weight): array for weight, array in pairs}
        places = self.graph.places(arrays, need_inputs=need_inputs)
        return tuple(self.graph.backward(tape, doutputs, places)), dweights

    # ------------------------------------------------------------------ training

    def trace(self, x: Any, y: Any = None, mask: Any = None, **options: Any) -> Any:
        """Return all states, gates and pre-activations by timestep; see `elman.trace`."""
        return import_module("elman.inspection").trace(self, x, y, mask, **options)

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        **ignored: Any,
    ) -> None:
        """Choose how the model is trained.

        Args:
            optimizer: a name such as "adam", or an instance of `elman.optimizers`.
            loss: a name such as "mse", an instance of `elman.losses`, or a function of y_true and
                y_pred; for several outputs a list, or a dictionary by output name.
            loss_weights: a number for each loss, a list or a dictionary.
            metrics: a list of names or instances of `elman.metrics`; for several outputs a list
                of lists, or a dictionary by output name.
            weighted_metrics: likewise, of metrics that heed the sample weights.
            ignored: what Keras takes to tune its speed: run_eagerly, steps_per_execution,
                jit_compile, auto_scale_loss.
        """
        self.compiled = Compiled(
            self.owner, partial(getattr, self, "output_names"), optimizer, loss, loss_weights,
            metrics, weighted_metrics, ignored, partial(own_model.is_anonymous, self),
            partial(own_model.listed, self),
        )  # fmt: skip

    @property
    def optimizer(self) -> Any:
        """The optimizer that `compile` chose."""
        return compiled(self).optimizer

    @optimizer.setter
    def optimizer(self, optimizer: Any) -> None:
        compiled(self).optimizer = optimizers.get(optimizer)

    @property
    def loss(self) -> Any:
        """The loss that was given to `compile`."""
        return compiled(self).loss

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns, in order."""
        return compiled(self).names()

    train_step = own_steps.train_step
    test_step = own_steps.test_step
    predict_step = own_steps.predict_step
    compute_loss = own_steps.compute_loss
    compute_metrics = own_steps.compute_metrics
    get_metrics_result = own_steps.get_metrics_result
    metrics = own_steps.metrics
    reset_metrics = own_steps.reset_metrics

    fit = training.fit
    evaluate = training.evaluate
    predict = training.predict
    train_on_batch = on_batch.train_on_batch
    test_on_batch = on_batch.test_on_batch
    predict_on_batch = on_batch.predict_on_batch

    stream = calls.stream
    online = learners.online
    online_learner = property(learners.online_learner)

    # ------------------------------------------------------------------ outside

    summary = print_summary

    def get_config(self) -> dict[str, Any]:
        """Return the layers and the connections in Keras's form.

        Of a subclass with a `call` or constructor of its own: the constructor's arguments.
        """
        if self.is_own or type(self).__init__ is not Model.__init__:
            return super().get_config()
        return config.functional_config(self)

    @classmethod
    def from_config(
        cls, config_: dict[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> Self:
        """Make a model from what `get_config` returned, or Keras's own.

        Args:
            config_: the configuration.
            custom_objects: classes and functions of your own in it, by name.
        """
        with _custom.scope(custom_objects or {}):
            if "input_layers" not in config_ and cls is not Model:
                return super().from_config(config_)
            return config.functional_from_config(cls, config_)

    def to_json(self, **options: Any) -> str:
        """Return the architecture as JSON, in Keras 3's form.

        Args:
            options: for `json.dumps`, such as `indent=2`.
        """
        return config.to_json(self, **options)

    export = exporting.export
    save = files.save
    save_weights = files.save_weights
    load_weights = files.load_weights
