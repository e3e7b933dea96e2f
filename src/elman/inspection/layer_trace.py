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
        gradients: dL/d of all these; None where nothing said what L is, and of a cell of your own,
            which has states alone.
        go_backwards: whether the layer read the last timestep first.
    """

    def __init__(self, name: str, call: Call) -> None:
        self.name, self.layer, self.call, self.outputs = name, call.cell, call, call.outputs
        entered, history, steps = call.entered, call.history, Steps(call)
        self.x: Array = entered["x"]
        mask = entered["mask"]
        self.mask: Mask = np.ones(history.states[0].shape[:2], bool) if mask is None else mask
        self.go_backwards = steps.go_backwards
        cell = entered.get("name")  # None for a cell of your own
        names = gates.names(cell) if cell else ()
        shown = [i for i, value in enumerate(activated_of(CELLS[cell]) if cell else ()) if value]
        values = [history.gates[i] for i in shown]
        self.states = Named(self.owner, cell_states.attributes(call.cell), lambda: history.states)
        self.gates = Named(self.owner, [names[i] for i in shown], lambda: values)
        self.shares = gates.shares(cell) if cell else ()
        self.pre_activations = Named(
            f"pre-activations of {self.owner}", names, steps.pre_activations if cell else tuple
        )
        there = call.gradients is not None
        self.gradients = LayerGradients(self, call, steps) if there else None

    @property
    def owner(self) -> str:
        """How messages name the layer."""
        return f"trace of '{self.name}'"

    @property
    def units(self) -> int:
        """How many units the layer has."""
        units: int = next(iter(self.states.values())).shape[2]
        return units

    def __getattr__(self, name: str) -> Array:
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
        if self.gradients is not None:
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


def _of_either(seen: Any, name: str) -> Array:
    """Return a state or a gate by its name."""
    found = vars(seen)
    for arrays in (found.get("states", {}), found.get("gates", {})):
        if name in arrays:
            array: Array = arrays[name]
            return array
    if name.startswith("_") or "gates" not in found:
        raise AttributeError(name)
    others = ("x", "outputs", "mask", "states", "gates", "pre_activations", "gradients")
    there = [each for each in others if hasattr(type(seen), each) or each in found]
    known = [*found["states"], *found["gates"], *there]
    raise AttributeError(_check.not_one_of(seen.owner, "name", name, known))


def _under(prefix: str, arrays: Mapping[str, Array]) -> Iterator[tuple[str, Array]]:
    for name, array in arrays.items():
        yield prefix + name, array


def _listed(found: Any) -> str:
    gates = [name for name in found.gates if name not in found.states]
    return ", ".join([*found.states, *gates])
