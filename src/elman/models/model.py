"""Model: layers between inputs and outputs, with training around them."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from elman import _check, _tree
from elman._typing import Array, Shape
from elman.errors import ArgumentError, UnsupportedError
from elman.layers import InputLayer, Layer, naming
from elman.layers.passes import INFERENCE, Arrays, Masks, Mode
from elman.layers.symbolic import NO_OPTIONS, Options, SymbolicTensor
from elman.models import config, feeding, summary, training
from elman.models.compiled import Compiled
from elman.models.graph import Graph
from elman.models.steps import compiled
from elman.models.stream import Stream

if TYPE_CHECKING:
    from pathlib import Path

    from elman.callbacks import History


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

    def __init__(
        self, inputs: Any = None, outputs: Any = None, name: str | None = None, **options: Any
    ) -> None:
        if inputs is None or outputs is None:
            raise UnsupportedError(
                f"{type(self).__name__}: `inputs` and `outputs` must be given; a model that is "
                "a subclass with a `call` of its own is not supported yet."
            )
        super().__init__(name=naming.automatic("Functional") if name is None else name, **options)
        self.compiled: Compiled | None = None
        self.stop_training = False
        self.history: History | None = None
        self.fed: Any = None  # version and shapes of what went in last, which were checked
        self._connect(inputs, outputs)
        if not self.trainable:
            self.trainable = False  # of every layer too

    def _connect(self, inputs: Any, outputs: Any) -> None:
        """Find the graph between inputs and outputs."""
        for what, structure in (("inputs", inputs), ("outputs", outputs)):
            for leaf in _tree.flatten(structure):
                if not isinstance(leaf, SymbolicTensor):
                    raise ArgumentError(
                        f"{self.owner}: `{what}` must be symbolic tensors, what `Input` and the "
                        f"layers called on it return; got {type(leaf).__name__}."
                    )
                if what == "inputs" and not isinstance(leaf.node.layer, InputLayer):
                    raise UnsupportedError(
                        f"{self.owner}: `inputs` must be what `Input` returned; got an output of "
                        f"{leaf.node.layer.owner}. Make an `Input` of its shape {leaf.shape} and "
                        "call the layers behind it on that."
                    )
        self.input_structure, self.output_structure = inputs, outputs
        self.graph = Graph(self.owner, _tree.flatten(inputs), _tree.flatten(outputs))
        self.built = True

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
        return self.graph.layers

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
        if isinstance(self.output_structure, dict):
            return sorted(self.output_structure)
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
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ArgumentError(
                    f"{self.owner}: `index` must be below {len(self.layers)}; got {index}."
                )
            return self.layers[index]
        names = [layer.name for layer in self.layers]
        return self.layers[names.index(_check.one_of(self.owner, "name", name, names))]

    # ------------------------------------------------------------------ computing

    def pack_inputs(self, leaves: Sequence[Any]) -> Any:
        """Return one input's thing bare, several as a list."""
        return leaves[0] if len(leaves) == 1 else list(leaves)

    def pack_outputs(self, outputs: Sequence[Any]) -> Any:
        """Return outputs in the structure that the model was made with."""
        return _tree.pack(self.output_structure, list(outputs))

    def enter(self, x: Any) -> list[Array]:
        """Return what was fed in as arrays in the order of `inputs`, checked."""
        return feeding.arrange(self, x)

    def check_shapes(self, shapes: list[Shape]) -> None:
        """Check the number and the shapes of inputs."""
        feeding.check_shapes(self, shapes)

    def __call__(self, inputs: Any, *, mask: Any = None, training: bool | None = None) -> Any:
        """Compute with arrays, or use the model as a layer on symbolic tensors.

        Args:
            inputs: as the model was made: an array, a list, or a dictionary by input name.
            mask: (batch, timesteps), or a list of masks for several inputs.
            training: whether dropout is active.

        Returns:
            Arrays or symbolic tensors in the structure of the outputs.
        """
        if not isinstance(inputs, np.ndarray) and any(
            isinstance(leaf, SymbolicTensor) for leaf in _tree.flatten(inputs)
        ):
            return self._call(self._restructured(inputs), (), mask, training)
        arrays = self.enter(inputs)
        masks = self.as_masks(mask, arrays)
        mode = Mode(training=True, record=False) if training else INFERENCE
        return self.pack_outputs(self.graph.forward(arrays, masks, mode)[0])

    def _restructured(self, tensors: Any) -> Any:
        """Return symbolic tensors in the structure of the inputs, matched as arrays are."""
        leaves = feeding.leaves(self, tensors) if self.built else []
        fits = self.built and len(leaves) == len(self.inputs)
        return _tree.pack(self.input_structure, leaves) if fits else tensors

    def cast(self, inputs: Sequence[Array]) -> Arrays:
        """Leave the inputs as they are: the graph's entries know what they need."""
        return tuple(inputs)

    def output_shapes(self, shapes: list[Shape]) -> list[Shape]:
        """Return the shapes of the outputs for inputs of these shapes."""
        return self.graph.shapes(shapes)

    def run(
        self, inputs: Arrays, masks: Masks, mode: Mode, options: Options = NO_OPTIONS
    ) -> tuple[Arrays, Masks, Any]:
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
    ) -> tuple[tuple[Array | None, ...], Sequence[Array]]:
        """Run the graph in reverse."""
        weights = self.weights
        dweights = [np.empty_like(weight.array) for weight in weights] if out is None else out
        pairs = zip(weights, dweights, strict=True)
        places = self.graph.places({id(weight): array for weight, array in pairs})
        return tuple(self.graph.backward(tape, doutputs, places)), dweights

    # ------------------------------------------------------------------ training

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        loss_weights: Any = None,
        **ignored: Any,
    ) -> None:
        """Choose how the model is trained.

        Args:
            optimizer: a name such as "adam", or an instance of `elman.optimizers`.
            loss: a name such as "mse" or an instance of `elman.losses`; for several outputs a
                list, or a dictionary by output name.
            metrics: a list of names or instances of `elman.metrics`; for several outputs a list
                of lists, or a dictionary by output name.
            loss_weights: a number for each loss, a list or a dictionary.
            ignored: what Keras takes to tune its speed: run_eagerly, steps_per_execution,
                jit_compile, auto_scale_loss.
        """
        self.compiled = Compiled(
            self.owner,
            partial(getattr, self, "output_names"),
            optimizer,
            loss,
            metrics,
            loss_weights,
            ignored,
        )

    @property
    def optimizer(self) -> Any:
        """The optimizer that `compile` chose."""
        return compiled(self).optimizer

    @property
    def loss(self) -> Any:
        """The loss that was given to `compile`."""
        return compiled(self).loss

    @property
    def metrics_names(self) -> list[str]:
        """The names of what `evaluate` returns, in order."""
        return compiled(self).names()

    fit = training.fit
    evaluate = training.evaluate
    predict = training.predict
    train_on_batch = training.train_on_batch
    test_on_batch = training.test_on_batch

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for one batch."""
        return self(x)

    def stream(self, batch: int = 1) -> Stream:
        """Return the model as it is now, to be run a timestep at a time.

        Args:
            batch: how many sequences run side by side.

        Raises:
            UnsupportedError: a layer needs more than the timesteps so far; the message says which.

        Its `step(x)` takes microseconds and no memory; see `elman.models.Stream`.

        >>> import elman, numpy as np
        >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.GRU(4)])
        >>> stream = model.stream()
        >>> stream.step(np.ones((1, 3), "float32")).shape
        (1, 4)
        """
        return Stream(self, batch)

    # ------------------------------------------------------------------ outside

    def summary(
        self, line_length: int | None = None, print_fn: Any = None, show_trainable: bool = False
    ) -> None:
        """Print the layers, their output shapes and their parameters, as Keras does.

        Args:
            line_length: width of the table.
            print_fn: takes the text in place of the terminal.
            show_trainable: whether a column says which layers training changes.
        """
        summary.print_summary(self, line_length, print_fn, show_trainable)

    def get_config(self) -> dict[str, Any]:
        """Return the layers and the connections in Keras's form."""
        return config.functional_config(self)

    @classmethod
    def from_config(cls, config_: dict[str, Any]) -> Self:
        """Make a model from what `get_config` returned, or Keras's own."""
        return config.functional_from_config(cls, config_)

    def to_json(self, **options: Any) -> str:
        """Return the architecture as JSON, in Keras 3's form.

        Args:
            options: for `json.dumps`, such as `indent=2`.
        """
        return config.to_json(self, **options)

    def save(self, filepath: "str | Path", overwrite: bool = True) -> None:
        """Write architecture, weights and training state to one file.

        Args:
            filepath: ends in ".elman".
            overwrite: whether a file that is there may be replaced.

        The file is complete or not there: it is written beside its place and moved into it.
        Whether a layer is trainable is saved with it; a `trainable` that was set on a single weight
        is not, nor is the state that a stateful layer carries, nor how far the generators of
        dropout have come: they begin anew from their seeds.
        """
        from elman.models import archive

        archive.save_model(self, filepath, overwrite)

    def save_weights(self, filepath: "str | Path", overwrite: bool = True) -> None:
        """Write the weights to a file that NumPy reads too.

        Args:
            filepath: ends in ".weights.npz".
            overwrite: whether a file that is there may be replaced.
        """
        from elman.models import archive

        archive.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: "str | Path") -> None:
        """Read the weights that `save_weights` wrote.

        Raises:
            FormatError: the file does not hold this model's weights; the model is unchanged.
        """
        from elman.models import archive

        archive.load_weights(self, filepath)
