"""What one recurrent layer has gone through, and the gradients that reached it.

All arrays are (batch, timesteps, units) and go by the timesteps of the layer's input, also where it
reads them from the last to the first.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from elman import _check, replay
from elman._typing import Array, Mask
from elman.cells import CELLS, activated_of
from elman.inspection import saved
from elman.inspection.named import Named
from elman.inspection.pictures import sequences
from elman.layers.parts.watch import Call
from elman.layers.recurrence import cell_states, gates


class Steps:
    """All steps of a call taken once more, when somebody asks what they computed."""

    def __init__(self, call: Call) -> None:
        self._call = call

    @cached_property
    def _again(self) -> replay.Replay:
        call = self._call
        return replay.forward(history=call.history, **replay.arguments(call.entered))

    @cached_property
    def _gradients(self) -> tuple[list[Array], list[Array | None]]:
        return replay.backward(self._again, self.dstates)

    @cached_property
    def dstates(self) -> list[Array]:
        """The gradients of the states by timestep."""
        found = self._call.gradients
        assert found is not None
        turned = slice(None, None, -1 if self.go_backwards else 1)
        return [array[:, turned] for array in found.states]

    @property
    def go_backwards(self) -> bool:
        """Whether the last timestep was read first."""
        return bool(self._call.entered.get("go_backwards"))

    def pre_activations(self) -> Sequence[Array]:
        """Return what the gates' activations were taken of."""
        return replay.pre_activations(self._again)

    def dpre_activations(self) -> Sequence[Array]:
        """Return the gradients of these."""
        return self._gradients[0]

    def dgates(self) -> Sequence[Array]:
        """Return the gradients of the gates that an activation makes."""
        return [array for array in self._gradients[1] if array is not None]


class LayerGradients:
    """dL/d of what is in a `LayerTrace`, under the same names.

    Attributes:
        owner: how messages name them.
        x: dL/d(input), (batch, timesteps, features).
        outputs: dL/d(output) as it comes from the layers above, (batch, timesteps, units), zeros at
            the steps that put out nothing.
        states: dL/d(state) by name: of h_t as what is put out at t and goes into step t+1, of c_t
            as what goes into step t+1. (What c_t changes by way of h_t is in h_t's.)
        gates: dL/d of the gates' values by name. (The minLSTM's `forget`, a share of two gates, is
            not among them.)
        pre_activations: dL/d of what their activations are taken of, by name. Computed, as those of
            the gates are, when first asked for.
    """

    def __init__(self, trace: "LayerTrace", call: Call, steps: Steps) -> None:
        assert call.gradients is not None
        self._name, self._call = trace.name, call  # not the trace: it would hold on to itself
        self.owner = owner = f"gradients of {trace.owner}"
        self.x, self.outputs = call.gradients.x, _by_timestep(call, steps.go_backwards)
        known = [name for name in trace.gates if name not in trace.shares]
        self.states = Named(owner, list(trace.states), lambda: steps.dstates)
        self.pre_activations = Named(owner, list(trace.pre_activations), steps.dpre_activations)
        self.gates = Named(owner, known, steps.dgates)

    def __getattr__(self, name: str) -> Array:
        return _of_either(self, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.states, *self.gates]

    def plot(self, sample: int = 0, what: Sequence[str] | str | None = None) -> Any:
        """Draw dL/d of the states and gates as heatmaps; see `LayerTrace.plot`."""
        return sequences.gradients(self, LayerTrace(self._name, self._call), sample, what)

    def __repr__(self) -> str:
        return f"<{self.owner}: x, outputs, {_listed(self)}>"


def _by_timestep(call: Call, go_backwards: bool) -> Array:
    """Return the gradients of a call's outputs, (batch, timesteps, units)."""
    doutputs = call.doutputs
    assert doutputs is not None
    if call.outputs.ndim == 2:  # the last step that the loop takes has put out all
        B, T, U = call.history.states[0].shape
        whole = np.zeros((B, T, U), doutputs.dtype)
        whole[:, -1] = doutputs
        doutputs = whole
    return doutputs[:, ::-1] if go_backwards else doutputs


class LayerTrace:
    """What one recurrent layer has gone through in a call.

    The states and gates are attributes too: `trace["lstm"].forget`, `.c`.

    Attributes:
        name: by which the trace has it.
        layer: the cell that ran.
        call: its run, as it was asked of the kernels.
        x: what it read, (batch, timesteps, features).
        outputs: what it put out, (batch, timesteps, units) or (batch, units), as it gave it.
        mask: (batch, timesteps), True where a step was taken. Elsewhere states are as before, and
            gates NaN.
        states: after each step: `h`, of an LSTM `c` too.
        shares: names of gates whose value no activation of their own makes.
        gates: their values: `input`, `forget`, `candidate` and `output` of an LSTM, `update`,
            `reset` and `candidate` of a GRU, `activation` of a cell without gates.
        pre_activations: what the gates' activations were taken of, x W + b + h R, under their
            names. Computed when first asked for.
        gradients: dL/d of all these, a `LayerGradients`. There are none, for `hasattr` too, where
            nothing said what L is, and of a cell of your own, which has states alone.
        go_backwards: whether the layer read the last timestep first.
        kind: the class of the layer, "LSTM" of an LSTM or an LSTMCell.
    """

    def __init__(self, name: str, call: Call) -> None:
        self.name, self.layer, self.call, self.outputs = name, call.cell, call, call.outputs
        self.x: Array = call.entered["x"]
        self._cell = call.entered.get("name")  # None for a cell of your own
        self._steps = Steps(call)

    @property
    def go_backwards(self) -> bool:
        """Whether the layer read the last timestep first."""
        return self._steps.go_backwards

    @cached_property
    def mask(self) -> Mask:
        """Where a step was taken, (batch, timesteps)."""
        mask: Mask | None = self.call.entered["mask"]
        return np.ones(self.call.history.states[0].shape[:2], bool) if mask is None else mask

    @cached_property
    def states(self) -> Named:
        """The states after each step, by name."""
        found = self.call.history.states
        return Named(self.owner, cell_states.attributes(self.layer), lambda: found)

    @property
    def shares(self) -> tuple[str, ...]:
        """The names of gates whose value no activation of their own makes."""
        return gates.shares(self._cell) if self._cell else ()

    @cached_property
    def gates(self) -> Named:
        """The values of the gates, by name."""
        there = activated_of(CELLS[self._cell]) if self._cell else ()
        shown = {
            name: array
            for name, value, array in zip(self._gates, there, self.call.history.gates, strict=True)
            if value
        }
        return Named(self.owner, list(shown), lambda: list(shown.values()))

    @property
    def _gates(self) -> tuple[str, ...]:
        return gates.names(self._cell) if self._cell else ()

    @cached_property
    def pre_activations(self) -> Named:
        """What the gates' activations were taken of, by name."""
        owner = f"pre-activations of {self.owner}"
        return Named(owner, self._gates, self._steps.pre_activations if self._cell else tuple)

    @cached_property
    def gradients(self) -> LayerGradients:
        """dL/d of all these, if something said what L is."""
        if self.call.gradients is None:
            raise AttributeError  # `__getattr__` says why
        return LayerGradients(self, self.call, self._steps)

    @property
    def owner(self) -> str:
        """How messages name the layer."""
        return f"trace of '{self.name}'"

    @property
    def kind(self) -> str:
        """The class of the layer: of a cell of elman's that of the layer around it."""
        name = type(self.layer).__name__
        return name.removesuffix("Cell") or name  # somebody's own may be called Cell

    @property
    def units(self) -> int:
        """How many units the layer has."""
        units: int = next(iter(self.states.values())).shape[2]
        return units

    def __getattr__(self, name: str) -> Array:
        if name == "gradients" and vars(self):
            rule = "be of a loss that the layer leads to; got none. Give `y` or `output_gradients`"
            if not self._cell:
                rule = "be of one of elman's cells; got one of your own, which has states alone"
            raise AttributeError(f"{self.owner}: `gradients` must {rule}.")
        return _of_either(self, name)

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
        if hasattr(self, "gradients"):
            yield "gradients/x", self.gradients.x
            yield "gradients/outputs", self.gradients.outputs
            yield from _under("gradients/", self.gradients.states)
            yield from _under("gradients/", self.gradients.gates)
            yield from _under("gradients/pre_activations/", self.gradients.pre_activations)

    def to_dict(self) -> dict[str, Array]:
        """Return all arrays by name: "forget", "gradients/h" and so on, as `Trace.to_dict`."""
        return dict(self.arrays())

    def save(self, path: Any) -> None:
        """Write all arrays to an `.npz` file, by the names of `to_dict`.

        Raises:
            ArgumentError: there is no such folder to write to, or another ending.
        """
        file = saved.check_npz(path)
        saved.write(file, self.to_dict())

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


def _of_either(seen: "LayerTrace | LayerGradients", name: str) -> Array:
    """Return a state or a gate by its name."""
    if name.startswith("_") or not vars(seen):  # a copy in the making has nothing yet
        raise AttributeError(name)
    for arrays in (seen.states, seen.gates):
        if name in arrays:
            return arrays[name]
    others = ("x", "outputs", "mask", "states", "gates", "pre_activations", "gradients")
    there = [each for each in others if hasattr(type(seen), each) or each in vars(seen)]
    known = [*seen.states, *seen.gates, *there]
    raise AttributeError(_check.not_one_of(seen.owner, "name", name, known))


def _under(prefix: str, arrays: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    for name, array in arrays.items():
        yield prefix + name, array


def _listed(found: Any) -> str:
    gates = [name for name in found.gates if name not in found.states]
    return ", ".join([*found.states, *gates])
