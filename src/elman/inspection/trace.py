"""What has every recurrent layer gone through: all its states and gates, step by step?"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import cached_property
from typing import Any

from elman import _check
from elman._typing import Array, Mask
from elman.errors import ArgumentError
from elman.inspection import both_passes, counted, page, saved
from elman.inspection.layer_trace import LayerTrace
from elman.inspection.layers_by_name import cells, in_full, numbered
from elman.inspection.pictures import sequences
from elman.layers import Layer
from elman.layers.parts.nesting import known
from elman.layers.parts.passes import Mode
from elman.layers.parts.watch import Watch
from elman.models import Model, carrying


class Trace(Mapping[str, LayerTrace]):
    """What `trace` has seen: a `LayerTrace` for each recurrent layer, in the order of their calls.

    Attributes:
        inputs: of the model, one array an input.
        outputs: of the model, one array an output.
        masks: theirs, None where there is none.
        input_masks: where timesteps of the inputs count, by what was given and by the layers that
            read them; None where all do.
        loss: L; None where no targets were given.
    """

    def __init__(
        self, layers: dict[str, LayerTrace], given: both_passes.Given, found: both_passes.Found
    ) -> None:
        self._layer, self._layers, self._masks = given.layer, layers, given.masks
        self.inputs, self.outputs = list(given.inputs), list(found.outputs)
        self.masks, self.loss = list(found.masks), found.loss

    @cached_property
    def owner(self) -> str:
        """How messages name it."""
        return f"trace of {self._layer.owner}"

    @cached_property
    def input_masks(self) -> list[Mask | None]:
        """Where timesteps of the inputs count; None where all do."""
        pairs = enumerate(zip(self.inputs, self._masks, strict=True))
        return [counted.mask(self._layer, place, x, mask) for place, (x, mask) in pairs]

    @cached_property
    def input_names(self) -> list[str]:
        """The names of the inputs."""
        return _names(self._layer, "input", len(self.inputs))

    @cached_property
    def output_names(self) -> list[str]:
        """The names of the outputs."""
        return _names(self._layer, "output", len(self.outputs))

    def __getitem__(self, name: str) -> LayerTrace:
        full = in_full(name, self._layers)
        if full is None:
            raise KeyError(_check.not_one_of(self.owner, "layer", name, self._layers))
        return self._layers[full]

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    def to_dict(self) -> dict[str, Array]:
        """Return all arrays by name: "lstm/forget", "lstm/gradients/h" and so on.

        What is computed when it is first asked for is computed now.
        """
        return {
            f"{name}/{what}": array
            for name, layer in self._layers.items()
            for what, array in layer.arrays()
        }

    def to_xarray(self) -> Any:
        """Return all arrays as an `xarray.DataTree`: a node a layer, and in it one of gradients.

        The dimensions are batch, timestep, unit and feature.

        Raises:
            MissingDependencyError: xarray is not installed.
        """
        from elman.inspection.as_xarray import tree

        return tree(self._layers)

    def save(self, path: Any) -> None:
        """Write all arrays to an `.npz` file, by the names of `to_dict`.

        Raises:
            ArgumentError: there is no such folder to write to, or another ending.

        >>> import elman, numpy as np, tempfile, pathlib
        >>> model = elman.Sequential([elman.Input((5, 2)), elman.layers.GRU(3, name="gru")])
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "trace.npz"
        >>> model.trace(np.ones((1, 5, 2))).save(file)
        >>> np.load(file)["gru/update"].shape
        (1, 5, 3)
        """
        file = saved.check_npz(path)
        saved.write(file, self.to_dict())

    def plot(self, sample: int = 0) -> Any:
        """Draw what one sample goes through: the input, the hidden states of all layers, and dL/dh.

        Args:
            sample: its place in the batch.

        Returns:
            The figure, of matplotlib.

        Raises:
            ArgumentError: there is no such sample.
            MissingDependencyError: matplotlib is not installed.
        """
        return sequences.overview(self, sample)

    def to_html(
        self,
        path: Any = None,
        *,
        sample: int = 0,
        features: Sequence[str] | None = None,
        title: str | None = None,
        diagnosis: Any = None,
        attribution: Any = None,
    ) -> page.HTMLPage:
        """Return a page that shows what one sample goes through, step by step, to any browser.

        It is one file that needs no network: the network unrolled in time with a slider, the
        sequence, heatmaps of states, gates and gradients, weights by gate. It is the text of the
        file, and a notebook shows the page; `.save(path)` writes it.

        Args:
            path: where to write it at once.
            sample: its place in the batch.
            features: names of the features of the (first) input.
            title: over the page; says whose trace it is if None.
            diagnosis: what `str` makes sentences of, to be shown too.
            attribution: how much each number of the (first) input counts: what
                `integrated_gradients` and its like return for the batch, or scores of the sample,
                (timesteps, features).

        Raises:
            ArgumentError: there is no such sample, or no such folder to write to.
            ShapeError: `features` or `attribution` do not fit the input.
            MissingDependencyError: Bokeh is not installed.
        """
        return page.to_html(self, path, sample, features, title, diagnosis, attribution)

    def __repr__(self) -> str:
        lines = [f"<{self.owner}" + ("" if self.loss is None else f", loss {self.loss:.6g}")]
        for name, layer in self._layers.items():
            shape = (*layer.x.shape[:2], layer.units)
            also = ", and gradients" if hasattr(layer, "gradients") else ""
            there = ", ".join(dict.fromkeys([*layer.states, *layer.gates]))
            lines.append(f"  {name} ({layer.kind}) {shape}: {there}{also}")
        return "\n".join(lines) + ">"


def _names(layer: Layer, what: str, count: int) -> list[str]:
    """Return the names of a model's inputs or outputs; a layer has none for its own."""
    if isinstance(layer, Model):
        return layer.input_names if what == "input" else layer.output_names
    return [f"{what} {i}" for i in range(count)]


def trace(
    model_or_layer: Layer,
    x: Any,
    y: Any = None,
    mask: Any = None,
    *,
    output_gradients: Any = None,
    initial_state: Any = None,
    sample_weight: Any = None,
    reset_mask: Any = None,
    lengths: Any = None,
    training: bool = False,
    go_on: bool = True,
) -> Trace:
    """Return all that recurrent layers go through in a call, by timestep, and with it dL/d of it.

    The kernels hand out what they compute anyway; a call without a trace keeps nothing. What layers
    carry, their random numbers included, stays as it is.

    Args:
        model_or_layer: a model, or a layer.
        x: its inputs, as for a call; of a model lists of sequences too, as for `fit`.
        y: targets: L is then the loss that the model was compiled with, and what regularizers and
            layers add to it.
        mask: (batch, timesteps), True where a step counts.
        output_gradients: dL/d(output) in place of `y`, of the output's shape; for several outputs a
            list, with None for zeros, or a dictionary by output name.
        initial_state: the state before the first step, for a recurrent layer.
        sample_weight: (batch,) or (batch, timesteps), with `y`.
        reset_mask: (batch, timesteps), True where recurrent layers reset a sample before the step.
        lengths: (batch,) how many timesteps of each sample count, in place of `mask`; for a model.
        training: whether dropout and noise are active.
        go_on: whether stateful layers go on from the states that they carry; else from the start.

    Returns:
        A `Trace`: `trace["lstm"].forget` is (batch, timesteps, units), and with `y` or
        `output_gradients` `trace["lstm"].gradients.forget` too. Layers inside others are named like
        "bidirectional/forward_lstm", or by their own name where there is only one; what is called
        several times is "lstm", "lstm#2" and so on.

    Raises:
        ShapeError: a shape does not fit.
        UnsupportedError: `y` is given where the class has a `compute_loss` of its own.
        ArgumentError: there is no recurrent layer to trace, or none is called over a sequence; `y`
            and `output_gradients` are given both; what is given is no array.
        NotBuiltError: `y` is given for a model that is not compiled.

    >>> import elman, numpy as np
    >>> lstm = elman.layers.LSTM(3, name="lstm")
    >>> model = elman.Sequential([elman.Input((5, 2)), lstm, elman.layers.Dense(1)])
    >>> model.compile("adam", "mse")
    >>> seen = elman.trace(model, np.ones((4, 5, 2)), np.zeros((4, 1)))
    >>> seen["lstm"].forget.shape, seen["lstm"].gradients.c.shape
    ((4, 5, 3), (4, 5, 3))
    >>> seen["lstm"]
    <trace of 'lstm': x, outputs, mask, h, c, input, forget, candidate, output>
    """
    both_passes.check_layer("trace", "model_or_layer", model_or_layer)
    layer = model_or_layer
    if y is not None and output_gradients is not None:
        raise ArgumentError(
            f"{layer.owner}: one of `y` and `output_gradients` must be left out; got both."
        )
    _check.flag(layer.owner, "training", training)
    around = nullcontext() if _check.flag(layer.owner, "go_on", go_on) else carrying.apart(layer)
    with around:
        given = both_passes.enter(
            layer, x, y, mask=mask, initial_state=initial_state,
            sample_weight=sample_weight, reset_mask=reset_mask, lengths=lengths,
        )  # fmt: skip
        mode = Mode(training=training, record=True, watch=Watch())
        found = both_passes.run(given, mode, output_gradients)
    seen = of_pass(given, mode.watch, found)
    if not seen:
        _check_is_seen(layer)
    return seen


def _check_is_seen(layer: Layer) -> None:
    """Say why nothing was seen of a layer.

    Raises:
        ArgumentError: there is no recurrent layer inside, or none was called.
    """
    inside = list(cells(layer))
    if not inside:
        raise ArgumentError(f"{layer.owner}: a recurrent layer must be in it; got none.")
    raise ArgumentError(
        f"{layer.owner}: a recurrent layer must be called over a sequence to be traced; "
        f"{inside[0]!r} was not."
    )


def of_pass(given: both_passes.Given, watch: Any, found: both_passes.Found) -> Trace:
    """Return what was watched of a pass, which may be nothing."""
    return Trace(_by_name(given.layer, watch), given, found)


def _by_name(layer: Layer, watch: Any) -> dict[str, LayerTrace]:
    """Return what a watch has seen of cells by the names of their layers."""
    names = known(layer, "cells", lambda layer: {id(c): name for name, c in cells(layer).items()})
    found = dict[str, LayerTrace]()
    for call in watch.calls:
        own = names[id(call.cell)]
        if own in found:  # it was called before, and another layer's name is not for its next call
            own = numbered(own, lambda full: full in found or full in names.values())
        found[own] = LayerTrace(own, call)
    return found
