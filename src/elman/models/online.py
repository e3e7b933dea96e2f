"""OnlineLearner: a model that learns a timestep at a time, as data arrive.

    x_t, y_t  ->  y_pred, state_t  ->  the loss  ->  gradients  ->  the optimizer

The gradient reaches back through the carried state: exactly, by `elman.online.rtrl`, or through
the last timesteps, by `elman.online.window`.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check
from elman._typing import Array, Mask, State
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.layers.parts import arguments
from elman.layers.recurrence import carried
from elman.models import own_steps
from elman.models.online_input import OnlineInput, finite
from elman.models.online_judge import Judgement
from elman.models.online_parts import check_silent, keeps_dropout, parts_of
from elman.models.steps import compiled, update_weights
from elman.models.training import packed
from elman.models.turns import Turn, alone
from elman.online import cost
from elman.online.parts import Part
from elman.online.rtrl import Judge, Rtrl, is_gated
from elman.online.window import Window
from elman.parameters import version

if TYPE_CHECKING:
    from elman.models.model import Model

METHODS = ("auto", "rtrl", "bptt")


class OnlineLearner:
    """What learns from one timestep after the other; `model.online()` makes one.

    Args:
        model: a compiled chain of layers: recurrent ones (but `GRUD`), `RNN` of any cell, and
            between and around them layers that treat each timestep alone: `Dense`, activations,
            dropout, `LayerNormalization`, an `Embedding` in front.
        method: "rtrl" for the exact gradient of each loss with respect to all that was seen, by
            real-time recurrent learning; "bptt" for truncated backpropagation through the last
            `bptt_steps` timesteps; "auto" for the first where a step of it takes at most about
            a millisecond (4 million multiply-adds), and else the second.
        bptt_steps: how many timesteps "bptt" goes back.
        every: update the weights every so many timesteps, by the gradient of the mean of their
            losses; at most `bptt_steps`, but with the method "rtrl", which has none.

    Raises:
        UnsupportedError: a layer needs more than the timesteps so far; the message says which.
        ArgumentError: an argument does not fit.

    The learner has a state of its own, which is carried from call to call, whatever `fit`,
    `predict` or a `stateful` layer do; of one model there may be many, and all of them change its
    weights. The first call says how many sequences run side by side. The states that a sequence
    starts from are taken as given, as is a `state` that is set.

    The exact gradient costs more than the window's, and grows fast: with n numbers of state and p
    weights a step takes about n^2 p multiply-adds and keeps n p numbers, for each sequence. Of one
    layer with 4 features, and in float32:

    =============  ==================  ==========  =================  ==========
    units          SimpleRNN, work     kept        LSTM, work         kept
    =============  ==================  ==========  =================  ==========
    8              7 thousand          3 KiB       53 thousand        26 KiB
    16             86 thousand         21 KiB      688 thousand       168 KiB
    32             1.2 million         148 KiB     9.7 million        1.2 MiB
    64             18 million          1.1 MiB     145 million        8.6 MiB
    128            279 million         8.3 MiB     2.2 billion        67 MiB
    =============  ==================  ==========  =================  ==========

    Where the weights change at every step, as they do here, the gradient of "rtrl" is exact up to
    what the weights of earlier steps differ from those of now; "bptt" runs its window with the
    weights of now, from the state that was there before it.

    A learner is for one thread at a time. It can be copied and pickled with its model.

    Sources: R. Williams and D. Zipser, "A learning algorithm for continually running fully
    recurrent neural networks" (1989); R. Williams and J. Peng, "An efficient gradient-based
    algorithm for on-line training of recurrent network trajectories" (1990).

    >>> import elman, numpy as np
    >>> elman.utils.set_random_seed(0)
    >>> model = elman.Sequential(
    ...     [elman.Input((None, 1)), elman.layers.GRU(8), elman.layers.Dense(1)]
    ... )
    >>> model.compile("adam", "mse")
    >>> learner = model.online()
    >>> wave = np.sin(np.arange(2000) / 5).astype("float32")
    >>> losses = [learner.learn([now], [then]) for now, then in zip(wave, wave[1:])]
    >>> learner.method, bool(np.mean(losses[-100:]) < 0.1 * np.mean(losses[:100]))
    ('rtrl', True)
    """

    def __init__(
        self, model: "Model", method: str = "auto", bptt_steps: int = 20, every: int = 1
    ) -> None:
        self.owner, self.model, self.turn = model.owner, model, Turn()
        self._method = _check.one_of(self.owner, "method", method, METHODS)
        self.bptt_steps = _check.integer(self.owner, "bptt_steps", bptt_steps)
        self.every = _check.integer(self.owner, "every", every)
        if self.every > self.bptt_steps and method != "rtrl":
            raise ArgumentError(
                f"{self.owner}: `every` must be at most bptt_steps={bptt_steps}; got {every}. Give "
                f"`bptt_steps={every}`, so that no timestep is passed over."
            )
        _refuse_own_steps(model, self.owner)
        if model.drawn:
            self._check_method(parts_of(model))
        self._forget()

    def _forget(self) -> None:
        self._engine: Any = None
        self._input: OnlineInput | None = None
        self._graph: Any = None
        self._version: Any = None
        self._tracked: list[Any] = []
        self._places: list[list[Array]] = []
        self._count = 0

    # ------------------------------------------------------------------ learning

    @alone
    def learn(
        self,
        x_t: Any,
        y_t: Any,
        sample_weight: Any = None,
        return_dict: bool = False,
        reset_mask: Any = None,
    ) -> Any:
        """Take a timestep, and learn from its target.

        Args:
            x_t: (batch, features), or (batch,) indices before an `Embedding`; the batch axis may
                be left out, of `y_t` and `sample_weight` too, where it is 1.
            y_t: the target, as `train_on_batch` takes it for an output (batch, output features).
            sample_weight: (batch,).
            return_dict: return a dictionary by name.
            reset_mask: (batch,), True where another sequence begins with this timestep: its state
                is put back to the start, and no gradient goes further back.

        Returns:
            The loss of this timestep, before the weights have changed; with metrics a list, or a
            dictionary, as from `train_on_batch`.

        Raises:
            ShapeError, ArgumentError: something does not fit or is not finite.
            NotBuiltError: `compile` was not called.
            TrainingError: the loss is no number any more.
            BusyError: another thread is inside this learner.

        After an error of these the step is not taken: state and weights are as they were.
        """
        begun = self._engine is not None
        try:
            return self._learn(x_t, y_t, sample_weight, return_dict, reset_mask)
        except Exception:
            if not begun:  # nor is the batch of a first step that was refused
                self._forget()
            raise

    def _learn(
        self, x_t: Any, y_t: Any, sample_weight: Any, return_dict: bool, reset_mask: Any
    ) -> Any:
        """Take a timestep; see `learn`."""
        model, chosen = self.model, compiled(self.model)
        x, alone = self._entered(x_t)
        y = self._target("y_t", y_t, alone)
        weight = None if sample_weight is None else self._target(
            "sample_weight", sample_weight, alone
        )  # fmt: skip
        fresh = self._fresh(reset_mask, alone)
        if chosen.loss is None:
            raise ArgumentError(f"{self.owner}: `loss` must be given to `compile` before learning.")
        plan = chosen.plan(model)
        self._sync()
        model.reset_metrics()
        judge = Judgement(model, y, weight, self._count + 1)
        _, ready = self._take(x, judge, fresh)
        if ready and plan.buffers:
            update_weights(chosen, plan, chosen.penalties(model))
        assert judge.results is not None
        return packed(judge.results, return_dict)

    @alone
    def step(self, x_t: Any, reset_mask: Any = None) -> Array:
        """Take a timestep that has no target, and return the output (batch, output features).

        What it does to the state is learned from later. The arguments are those of `learn`.
        """
        x, alone = self._entered(x_t)
        fresh = self._fresh(reset_mask, alone)
        chosen = self.model.compiled
        plan = None if chosen is None else chosen.plan(self.model)
        self._sync()
        output, ready = self._take(x, None, fresh)
        if ready and chosen is not None and plan is not None and plan.buffers:
            update_weights(chosen, plan, chosen.penalties(self.model))
        return np.array(output)

    @alone
    def predict(self, x_t: Any, reset_mask: Any = None) -> Array:
        """Return what the model gives for a timestep, (batch, output features).

        The state stays as it was: the step is not taken, and `learn` may follow with the same x_t.
        """
        x, alone = self._entered(x_t)
        return np.array(self._engine.look(x, self._fresh(reset_mask, alone)))

    # ------------------------------------------------------------------ state

    @property
    def method(self) -> str:
        """How it learns: "rtrl" or "bptt"; "auto" before the first timestep has decided."""
        if self._engine is None:
            return self._method
        return "rtrl" if isinstance(self._engine, Rtrl) else "bptt"

    @property
    def batch(self) -> int | None:
        """How many sequences run side by side; None before the first timestep."""
        return None if self._engine is None else self._engine.batch

    @property
    @alone
    def state(self) -> tuple[State, ...] | None:
        """The states after the last step: a tuple of arrays (batch, units) a recurrent layer.

        The arrays are copies; None before the first timestep. What is set is where learning goes
        on from, as if nothing had been before it: no gradient goes further back.

        Raises:
            ShapeError, ArgumentError: what is set does not fit; the state is as it was.
        """
        if self._engine is None:
            return None
        pairs = zip(self._engine.body, self._engine.states, strict=True)
        return tuple(tuple(np.array(s) for s in state) for part, state in pairs if part.recurrent)

    @state.setter
    @alone
    def state(self, state: Any) -> None:
        arrays = [
            [finite(self.owner, "state", arguments.as_array(self.owner, "state", a)) for a in own]
            for own in map(_listed, _listed(state))
        ]
        batch = len(arrays[0][0]) if arrays and arrays[0] and arrays[0][0].ndim else 1
        parts = parts_of(self.model)
        recurrent: list[Any] = [part for part in parts if part.recurrent]
        wanted = [[s.shape for s in part.start(batch)] for part in recurrent]
        found = [[a.shape for a in own] for own in arrays]
        if found != wanted or self.batch not in (None, batch):
            sizes = [[s.shape for s in part.start(self.batch or batch)] for part in recurrent]
            raise ShapeError(
                f"{self.owner}: `state` must hold a tuple for each recurrent layer, of arrays of "
                f"the shapes {_shapes(sizes)}; got {_shapes(found)}."
            )
        each = iter(
            tuple(np.array(arguments.held(self.owner, "state", a, part.layer.dtype)) for a in own)
            for part, own in zip(recurrent, arrays, strict=True)
        )
        given = [next(each) if part.recurrent else () for part in parts]
        if self._engine is None:
            self._begin(batch)
        self._engine.begin_from(given[: len(self._engine.body)])
        self._count = 0

    @alone
    def reset(self) -> None:
        """Begin anew: forget the state and all before; the next call may have another batch."""
        self._forget()

    # ------------------------------------------------------------------ inside

    def _entered(self, x_t: Any) -> tuple[Array, bool]:
        """Return x (B, F) or indices (B,), and whether the batch axis was added."""
        if self._input is None:
            entry = OnlineInput.of(self.model, self.owner, x_t)
            parts_of(self.model)  # which may object
            self._input = entry
        x, alone = self._input.step(x_t, self.batch)
        if self._engine is None:
            self._begin(len(x))
        return x, alone

    def _fresh(self, reset_mask: Any, alone: bool) -> Mask | None:
        """Return the argument `reset_mask` as (batch,), None where nothing is reset."""
        if reset_mask is None:
            return None
        reset_mask = [reset_mask] if alone and np.ndim(reset_mask) == 0 else reset_mask
        found = carried.flags(self.owner, "reset_mask", reset_mask, int(self.batch or 0))
        return found if found.any() else None

    def _take(self, x: Array, judge: Judge | None, fresh: Mask | None) -> tuple[Array, bool]:
        """Take a timestep; return the output, and whether the weights are to change now."""
        update = (self._count + 1) % self.every == 0
        found: tuple[Array, bool] = self._engine.step(x, judge, self._places, update, fresh)
        self._count += 1
        return found

    def _target(self, name: str, value: Any, alone: bool) -> Array:
        array = finite(self.owner, name, arguments.as_array(self.owner, name, value))
        array = array[None] if alone else array
        if array.ndim == 0 or len(array) != self.batch:
            got = len(array) if array.ndim else "a single number"
            raise ShapeError(
                f"{self.owner}: `{name}` must have as many samples as `x_t`, {self.batch}; got "
                f"{got}."
            )
        if name == "y_t" and array.ndim > 2:
            width = self.model.outputs[0].shape[-1]
            raise ShapeError(
                f"{self.owner}: `y_t` must be the target of one timestep, such as "
                f"({self.batch}, {width}); got {array.shape}."
            )
        return array

    def _begin(self, batch: int) -> None:
        """Make what learns, for so many sequences."""
        parts = parts_of(self.model)
        self._check_method(parts)
        check_silent(parts, self.owner)
        price = cost.of(parts, [is_gated(part) for part in parts], batch)
        exact = self._method == "rtrl"
        if self._method == "auto":
            exact = price.work <= cost.FEW and not any(map(keeps_dropout, parts))
        if exact and price.numbers > cost.MOST:
            raise ArgumentError(
                f"{self.owner}: `method` must be 'bptt' for a model of this size; got 'rtrl', "
                f"which would keep {price.numbers:,} numbers, at most {cost.MOST:,}. Its cost "
                "grows with the square of the units times the weights, for each sequence."
            )
        self._engine = Rtrl(parts, batch) if exact else Window(parts, batch, self.bptt_steps)
        self._graph, self._count, self._version = self.model.graph, 0, None
        self._tracked = []

    def _check_method(self, parts: list[Part]) -> None:
        drops = next((part for part in parts if keeps_dropout(part)), None)
        if self._method == "rtrl" and drops is not None:
            raise ArgumentError(
                f"{self.owner}: `method` must be 'bptt' with {drops.layer.owner}, whose dropout "
                "has one mask for a whole sequence; got 'rtrl', for which a sequence has no end. "
                "Give `method='bptt'`, whose windows are sequences, or dropout=0."
            )

    def _sync(self) -> None:
        """Find the places of the gradients anew, where weights have moved."""
        if self._version is version():
            return
        engine = self._engine
        parts = [*engine.body, *engine.head]
        tracked: list[Any] = [(w, w.trainable) for part in parts for w in part.weights]
        tracked += [(part.layer, (is_gated(part), keeps_dropout(part))) for part in parts]
        before = self._tracked or tracked
        same = len(tracked) == len(before) and all(
            a is b and now == then for (a, now), (b, then) in zip(tracked, before, strict=True)
        )
        if not same or self._graph is not self.model.graph:
            raise ArgumentError(
                f"{self.owner}: the layers of the model, their dropout and which of them are "
                "trainable must stay what they were while the state is carried; they have "
                "changed. Call `reset()`."
            )
        self._tracked = tracked
        self._places = [
            [
                w.gradient if w.trainable and w.gradient is not None else np.empty_like(w.array)
                for w in part.weights
            ]
            for part in parts
        ]
        self._version = version()

    def __repr__(self) -> str:
        return f"<OnlineLearner of {self.model.owner}, method={self.method!r}, batch={self.batch}>"


def _refuse_own_steps(model: "Model", owner: str) -> None:
    """Raise an error for a class whose own steps would be passed over."""
    own = sorted(model.steps_anew & {"train_step", "compute_loss", "compute_metrics"})
    own = [name for name in own if getattr(type(model), name) is not own_steps.DEFAULTS[name]]
    if own:
        raise UnsupportedError(
            f"{owner}: to learn online a model must be trained by the steps of `compile`; got "
            f"{type(model).__name__}, whose own `{own[0]}` would be passed over."
        )


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _shapes(nested: list[Any]) -> Any:
    return tuple(tuple(own) for own in nested)
