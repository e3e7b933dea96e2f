"""What one recurrent layer has gone through, and the gradients that reached it.

All arrays are (batch, timesteps, units) and go by the timesteps of the layer's input, also where it
reads them from the last to the first.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from elman import replay
from elman._typing import Array, Mask
from elman.cells import CELLS, activated_of
from elman.inspection.named import Named
from elman.inspection.pictures import sequences
from elman.layers.parts.watch import Call
from elman.layers.recurrence import cell_states, gates


class LayerGradients:
    """dL/d of what is in a `LayerTrace`, under the same names.

    Attributes:
        x: dL/d(input), (batch, timesteps, features).
        outputs: dL/d(output) as it comes from the layers above, (batch, timesteps, units), zeros at
            the steps that put out nothing.
        states: dL/d(state) by name: of h_t as what is put out at t and goes into step t+1, of c_t
            as what goes into step t+1. (What c_t changes by way of h_t is in h_t's.)
        gates: dL/d of the gates' values by name. (The minLSTM's `forget`, a share of two gates, is
            not among them.)
        pre_activations: dL/d of what their activations are taken of, by name.
    """

    def __init__(self, trace: "LayerTrace", x: Array, outputs: Array, states: Named) -> None:
        self._trace, self.x, self.outputs, self.states = trace, x, outputs, states
        both: list[Any] = []

        def compute(which: int) -> list[Array]:
            if not both:
                both.extend(replay.backward(trace.replay, list(states.values())))
            return [array for array in both[which] if array is not None]

        owner = f"gradients of {trace.owner}"
        known = [name for name in trace.gates if name not in trace.shares]
        self.pre_activations = Named(owner, list(trace.pre_activations), lambda: compute(0))
        self.gates = Named(owner, known, lambda: compute(1))

    def __getattr__(self, name: str) -> Array:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.states[name] if name in self.states else getattr(self.gates, name)

    def plot(self, sample: int = 0, what: Sequence[str] | str | None = None) -> Any:
        """Draw dL/d of the states and gates as heatmaps; see `LayerTrace.plot`."""
        return sequences.gradients(self, self._trace, sample, what)

    def __repr__(self) -> str:
        return f"<gradients of {self._trace.owner}: x, outputs, {_listed(self)}>"


class LayerTrace:
    """What one recurrent layer has gone through in a call.

    The states and gates are attributes too: `trace["lstm"].forget`, `.c`.

    Attributes:
        name: by which the trace has it.
        layer: the cell that ran.
        x: what it read, (batch, timesteps, features).
        mask: (batch, timesteps), True where a step was taken. Elsewhere states are as before, and
            gates NaN.
        states: after each step: `h`, of an LSTM `c` too.
        shares: names of gates whose value no activation of their own makes.
        gates: their values: `input`, `forget`, `candidate` and `output` of an LSTM, `update`,
            `reset` and `candidate` of a GRU, `activation` of a cell without gates.
        pre_activations: what the gates' activations were taken of, x W + b + h R, under their
            names. Computed when first asked for.
        gradients: dL/d of all these; None where nothing said what L is, and of a cell of your own,
            which has states alone.
    """

    gradients: LayerGradients | None = None

    def __init__(self, name: str, call: Call) -> None:
        self.name, self.layer, self._call = name, call.cell, call
        entered, history = call.entered, call.history
        self.x: Array = entered["x"]
        mask = entered["mask"]
        self.mask: Mask = np.ones(history.states[0].shape[:2], bool) if mask is None else mask
        self.states = Named(self.owner, cell_states.attributes(call.cell), lambda: history.states)
        cell = entered.get("name")  # None for a cell of your own
        names = gates.names(cell) if cell else ()
        shown = [i for i, value in enumerate(activated_of(CELLS[cell]) if cell else ()) if value]
        values = [history.gates[i] for i in shown]
        self.gates = Named(self.owner, [names[i] for i in shown], lambda: values)
        self.shares = gates.shares(cell) if cell else ()
        self.pre_activations = Named(
            f"pre-activations of {self.owner}",
            names,
            lambda: replay.pre_activations(self.replay) if cell else (),
        )
        if call.gradients is not None:
            self.gradients = self._gradients()

    @property
    def owner(self) -> str:
        """How messages name the layer."""
        return f"trace of '{self.name}'"

    @property
    def units(self) -> int:
        """How many units the layer has."""
        units: int = self._call.history.states[0].shape[2]
        return units

    @property
    def go_backwards(self) -> bool:
        """Whether the layer read the last timestep first."""
        return bool(self._call.entered.get("go_backwards"))

    @property
    def outputs(self) -> Array:
        """What the layer put out, (batch, timesteps, units) or (batch, units), as it gave it."""
        return self._call.outputs

    @cached_property
    def replay(self) -> replay.Replay:
        """All steps once more, with what the cell kept of them."""
        call = self._call
        return replay.forward(history=call.history, **replay.arguments(call.entered))

    def _gradients(self) -> LayerGradients:
        """Return the gradients of the call, by the timesteps of the input."""
        found, doutputs, taken = self._call.gradients, self._call.doutputs, self._call.outputs
        assert found is not None and doutputs is not None
        T = self.x.shape[1]
        if taken.ndim == 2:  # the last step that the loop takes has put out all
            whole = np.zeros((len(taken), T, taken.shape[1]), taken.dtype)
            whole[:, -1] = doutputs
            doutputs = whole
        turned = slice(None, None, -1 if self.go_backwards else 1)
        dstates = [array[:, turned] for array in found.states]
        states = Named(f"gradients of {self.owner}", list(self.states), lambda: dstates)
        return LayerGradients(self, found.x, doutputs[:, turned], states)

    def __getattr__(self, name: str) -> Array:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.states[name] if name in self.states else getattr(self.gates, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.states, *self.gates]

    def arrays(self) -> Iterator[tuple[str, Array]]:
        """Yield all arrays with their names, those of gradients as "gradients/h" and so on."""
        yield "x", self.x
        yield "outputs", self.outputs
        yield "mask", self.mask
        yield from _under("", self.states)
        yield from _under("", self.gates)
        yield from _under("pre_activations/", self.pre_activations)
        if self.gradients is not None:
            yield "gradients/x", self.gradients.x
            yield "gradients/outputs", self.gradients.outputs
            yield from _under("gradients/", self.gradients.states)
            yield from _under("gradients/", self.gradients.gates)
            yield from _under("gradients/pre_activations/", self.gradients.pre_activations)

    def plot(self, sample: int = 0, what: Sequence[str] | str | None = None) -> Any:
        """Draw the states and gates of one sample as heatmaps, under the sequence that it reads.

        Args:
            sample: its place in the batch.
            what: names of states and gates, such as "forget"; all if None.

        Returns:
            The figure, of matplotlib.

        Raises:
            ArgumentError: there is no such sample, state or gate.
            MissingDependencyError: matplotlib is not installed.
        """
        return sequences.layer(self, sample, what)

    def __repr__(self) -> str:
        return f"<{self.owner}: x, outputs, mask, {_listed(self)}>"


def _under(prefix: str, arrays: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    for name, array in arrays.items():
        yield prefix + name, array


def _listed(found: Any) -> str:
    gates = [name for name in found.gates if name not in found.states]
    return ", ".join([*found.states, *gates])
