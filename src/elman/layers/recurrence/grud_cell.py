"""The cell inside of `GRUD`: what is missing is filled in for a whole sequence, then it runs."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from elman import _check, initializers
from elman._typing import Array, Mask, State
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.layers.cell import Ways
from elman.layers.parts import settings, watch
from elman.layers.parts.passes import Mode
from elman.layers.recurrence import imputation
from elman.layers.recurrence.stock_cell import GatedCell
from elman.parameters import Initialize, Weight


def _mean(owner: str, name: str, value: Any) -> Any:
    """Return a number, or a list of them, one a feature."""
    if isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value) == 1 and len(value):
        return [_check.number(owner, name, one) for one in value]
    return _check.number(owner, name, value)


def _decay_initializer(owner: str, name: str, value: Any) -> Initialize | None:
    return None if value is None else settings.initializer(owner, name, value)


class GRUDCell(GatedCell):
    """A GRU over sequences with missing values; see `elman.layers.GRUD` for the arguments."""

    checks = {
        "mean": _mean,
        "time_feature": _check.flag,
        "decay_initializer": _decay_initializer,
        "decay_regularizer": settings.regularizer,
        "decay_constraint": settings.constraint,
    }
    fixed = ("mean", "time_feature", *settings.of_weights("decay"))
    made_by: ClassVar[dict[str, str]] = {
        **GatedCell.made_by,
        "input_decay": "decay",
        "state_decay": "decay",
        "input_decay_bias": "bias",
        "state_decay_bias": "bias",
    }
    reads_whole = True  # what was observed last is no state
    decay_initializer: Initialize | None
    input_decay: Weight
    state_decay: Weight
    input_decay_bias: Weight
    state_decay_bias: Weight

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        *,
        mean: Any = 0.0,
        time_feature: bool = False,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        decay_initializer: Any = None,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        decay_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        decay_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **layer: Any,
    ) -> None:
        functions = (activation, recurrent_activation)
        super().__init__(units, "gru_decay", functions, locals(), layer)
        self.mean = mean
        self.time_feature = time_feature

    def create_weights(self, shapes: list[Any]) -> None:
        """Make kernel (2F, 3U), recurrent_kernel, bias, and the weights of both decays."""
        (*batch, columns), U = shapes[0], self.units
        F = int(columns) - self.time_feature
        if F < 1:
            raise ShapeError(
                f"{self.owner}: `x` must have a feature beside the times, because of "
                f"`time_feature=True`; got shape {(None, *shapes[0])}."
            )
        self.features = F
        if isinstance(self.mean, list) and len(self.mean) != F:
            raise ShapeError(
                f"{self.owner}: `mean` must have shape (features={F},); got ({len(self.mean)},)."
            )
        super().create_weights([(*batch, 2 * F)])
        begin: Any = self.decay_initializer or initializers.RandomUniform(0.0, U**-0.5)
        self.input_decay = self.made("input_decay", (F,), begin)
        self.state_decay = self.made("state_decay", (F, U), begin)
        if self.use_bias:
            self.input_decay_bias = self.made("input_decay_bias", (F,))
            self.state_decay_bias = self.made("state_decay_bias", (U,))

    @property
    def _decay(self) -> imputation.Decay:
        w, V = self.input_decay.array, self.state_decay.array
        if not self.use_bias:
            return imputation.Decay(w, np.zeros_like(w), V, np.zeros_like(V[0]))
        b, c = self.input_decay_bias.array, self.state_decay_bias.array
        return imputation.Decay(w, b, V, c)

    @property
    def _means(self) -> Array:
        return np.broadcast_to(np.asarray(self.mean, self.dtype), (self.features,))

    # ------------------------------------------------------------------ over a sequence

    def unroll(
        self, x: Array, states: State, mask: Mask | None, ways: Ways, mode: Mode
    ) -> tuple[Array, State, Any]:
        """Fill in what is missing, and run the time loop; see `Unrolls`.

        Raises:
            UnsupportedError: there are resets.
        """
        if mode.resets is not None:
            raise UnsupportedError(
                f"{self.owner}: `reset_mask` must be left out, because what was observed last is "
                "no state; got it. Give each part as a sequence of its own."
            )
        taken = np.ones(x.shape[:2], bool) if mask is None else mask
        turned = np.s_[:, :: -1 if ways.go_backwards else 1]  # as the loop comes to the steps
        values, times = self._apart(x, taken, ways.go_backwards)
        inputs, gamma, kept = imputation.impute(
            values, times, taken[turned], self._means, self._decay
        )
        drop, recurrent_drop = self._dropout_masks(inputs) if mode.training else ((), ())
        outputs, final, tape = watch.unroll(
            mode.watch,
            self,
            self.cell_name,
            inputs[turned],
            self.cell_weights,
            states,
            activations=self.functions,
            mask=mask,
            input_dropout=drop,
            recurrent_dropout=recurrent_drop,
            go_backwards=ways.go_backwards,
            zero_output_for_mask=ways.zero_output_for_mask,
            return_sequences=ways.return_sequences,
            return_state=ways.return_state,
            record=mode.record,
            checkpoint_steps=ways.checkpoint_steps,
            streams=(gamma[turned],),
        )
        return outputs, final, (tape, kept, turned)

    def backpropagate(
        self,
        tape: Any,
        doutputs: Array,
        dstates: State,
        *,
        out: Sequence[Array] | None = None,
        need_x: bool = True,
        need_states: bool = True,
    ) -> tuple[Array | None, State, Sequence[Array]]:
        """Run the time loop in reverse, then undo the filling in; see `Unrolls`."""
        tape, kept, turned = tape
        found = watch.backpropagate(tape, doutputs, dstates, need_initial_state=need_states)
        (dgamma,) = found.streams
        dx, dtimes, ddecay = imputation.dimpute(
            found.x[turned], np.asarray(dgamma)[turned], self._decay, kept, need_x
        )
        if dx is not None and dtimes is not None:
            dx, dtimes = dx[turned], dtimes[turned]
            if self.time_feature:
                forwards = turned[1].step > 0  # else the loop has counted time downwards
                dtimes = dtimes if forwards else -dtimes
                dx = np.concatenate([dx, dtimes[:, :, None]], axis=2)
        dweights = self.dcell_weights([dw for dw in found.weights if dw is not None])
        dweights |= {"input_decay": ddecay.w, "state_decay": ddecay.V}
        if self.use_bias:
            dweights |= {"input_decay_bias": ddecay.b, "state_decay_bias": ddecay.c}
        return dx, found.initial_state, self._among_all(dweights, out)

    def _apart(self, x: Array, taken: Mask, backwards: bool) -> tuple[Array, Array]:
        """Return values and times, turned around if the last step comes first.

        Raises:
            ArgumentError: times are missing, or decrease.
        """
        B, T, _ = x.shape
        values, times = x, np.broadcast_to(np.arange(T, dtype=x.dtype), (B, T))
        if self.time_feature:
            values, times = x[:, :, :-1], x[:, :, -1]
            read = np.where(taken, times, -np.inf)
            wrong = taken & ((times < np.maximum.accumulate(read, axis=1)) | ~np.isfinite(times))
            if wrong.any():
                sample, step = np.argwhere(wrong)[0]
                fix = "Sort the timesteps by their times."
                if not np.isfinite(times[sample, step]):
                    fix = "Leave out timesteps whose time is not known, or mask them."
                raise ArgumentError(
                    f"{self.owner}: `x` must have times that do not decrease in its last feature; "
                    f"got {times[sample, step]} in sample {sample}, timestep {step}. {fix}"
                )
            self._require_fine_times(read, taken)
        return (values[:, ::-1], -times[:, ::-1]) if backwards else (values, times)

    def _require_fine_times(self, times: Array, taken: Mask) -> None:
        """Check that the times of a sample are not so large that the dtype rounds them away.

        Raises:
            ArgumentError: they are known no better than to a 64th of the mean time between steps.
        """
        steps = taken.sum(axis=1)
        last = times.max(axis=1, initial=-np.inf)
        first = np.where(taken, times, np.inf).min(axis=1, initial=np.inf)
        known = np.flatnonzero(steps > 1)
        coarse = np.spacing(np.maximum(abs(first[known]), abs(last[known])).astype(times.dtype))
        span = last[known] - first[known]
        wrong = (coarse > span / (64 * (steps[known] - 1))) & ((span > 0) | (coarse >= 1))
        if wrong.any():
            k = int(wrong.argmax())
            raise ArgumentError(
                f"{self.owner}: `x` must have times that {self.dtype} tells apart in its last "
                f"feature; got times up to {last[known[k]]:.6g} in sample {known[k]}, which are "
                f'rounded to {coarse[k]:.3g}. Subtract the first time, or use `dtype="float64"`.'
            )
