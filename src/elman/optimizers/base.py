"""What all optimizers share: the learning rate, clipping, weight decay, and the slots.

A slot is an array that a rule keeps for each weight, such as Adam's momentum. As the weights of a
model lie in one buffer per dtype, so do their slots, and one step is, for each buffer:

    g <- clip(g)                         at most one kind of clipping
    w <- w - w * weight_decay * eta      decay that does not pass through the slots
    w <- rule(w, g, slots, eta)          one pass over whole arrays

    w, g, every slot  (size,)    eta  the learning rate
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from elman import _check, _config, fused
from elman._typing import Array
from elman.errors import ArgumentError, NotBuiltError, ShapeError, UnsupportedError
from elman.kernels import get_num_threads
from elman.optimizers import options
from elman.parameters import Buffer, Weight

if TYPE_CHECKING:
    from elman.fused import Update

Schedule: TypeAlias = Callable[[int], float]  # from the number of steps taken to a learning rate


class Optimizer:
    """The base of the optimizers; a subclass defines `slots` and `step`.

    A rule that `elman.fused` has too is named in `rule`, with `numbers` for it.

    Args:
        learning_rate: a positive number, or a function from the number of steps taken to one.
        weight_decay: the share of a weight, times the learning rate, taken off at each step.
        clipnorm: the largest norm of one weight's gradient.
        clipvalue: the largest absolute value in a gradient.
        global_clipnorm: the largest norm of all gradients together.
        name: what to call it.

    Attributes:
        iterations: how many steps have been taken.

    Raises:
        ArgumentError: two kinds of clipping are asked for at once, or a number is out of range.
        UnsupportedError: an option that Keras has and elman does not.
    """

    checks: ClassVar[dict[str, _check.Check]] = {
        "weight_decay": _check.optional(partial(_check.number, low=0)),
        "clipnorm": _check.optional(options.positive),
        "clipvalue": _check.optional(options.positive),
        "global_clipnorm": _check.optional(options.positive),
        "name": _check.string,
        "iterations": partial(_check.integer, minimum=0),
    }

    def __init__(
        self,
        learning_rate: float | Schedule,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str | None = None,
        **keras_only: Any,
    ) -> None:
        owner = type(self).__name__
        options.refuse(owner, keras_only, _config.arguments(type(self)))
        if not callable(learning_rate):
            learning_rate = options.positive(owner, "learning_rate", learning_rate)
        self._learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.name = name or _config.snake_case(owner)
        self.iterations = 0
        self._buffers: tuple[Buffer, ...] = ()
        self._slots: list[dict[str, Array]] = []  # for each buffer, arrays of its size
        self._work: list[tuple[Array, ...]] = []  # for each buffer, scratch of its size
        self._updates: list[Update] = []  # for each buffer, the compiled rule
        self._kept: dict[Weight, dict[str, Array]] = {}  # slots of weights that went away

    strict: ClassVar[bool] = False  # True: it has the attributes in `checks` and no others

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.strict = "checks" in vars(cls)
        cls.checks = _check.inherited(cls)
        if not {"step", "alpha"}.isdisjoint(vars(cls)) and "rule" not in vars(cls):
            cls.rule = None  # a step of its own is not the compiled one

    def __setattr__(self, name: str, value: Any) -> None:
        value = options.checked(self, name, value)
        begun = name in self.checks and vars(self).get("_buffers")
        keeps, before = (self.slots, vars(self).get(name)) if begun else (None, None)
        super().__setattr__(name, value)
        if keeps is not None and self.slots != keeps:
            super().__setattr__(name, before)
            raise ArgumentError(
                f"{type(self).__name__}: `{name}` must stay {before!r} once training has begun,"
                f" because it decides what is kept for each weight; got {value!r}. Compile with a"
                " new optimizer."
            )

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The names of the slots, grouped as Keras saves them: a group goes weight by weight."""
        raise NotImplementedError

    def step(
        self, w: Array, g: Array, slots: Mapping[str, Array], work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule to whole arrays, in place; `work` is two arrays of scratch.

        `g` may not be written to. `eta` is the learning rate in the dtype of `w`.
        """
        raise NotImplementedError

    rule: str | None = None

    def numbers(self) -> tuple[float, float, float, float]:
        """Return what the compiled rule computes with, in the order of native/optimizers.hpp."""
        raise NotImplementedError

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step. It may be set, to 0 too, which stands still."""
        rate = self._learning_rate
        return float(rate(self.iterations)) if callable(rate) else rate

    @learning_rate.setter
    def learning_rate(self, rate: float | Schedule) -> None:
        owner = type(self).__name__
        if callable(self._learning_rate) and not callable(rate):
            raise ArgumentError(
                f"{owner}: `learning_rate` must stay a schedule, which it was made with; got"
                f" {rate!r}. Make the optimizer with a number to set it later."
            )
        self._learning_rate = (
            rate if callable(rate) else _check.number(owner, "learning_rate", rate, low=0)
        )

    def build(self, buffers: Sequence[Buffer]) -> None:
        """Make the slots of these buffers.

        A weight that had slots before finds what was in them, even if it was away meanwhile, as a
        layer is that was frozen for a time.

        Raises:
            ArgumentError: the optimizer knows other weights and none of these.
        """
        kept = self._kept | {
            weight: {name: array[part].copy() for name, array in slots.items()}
            for buffer, slots in zip(self._buffers, self._slots, strict=True)
            for weight, part in zip(buffer.weights, buffer.slices, strict=True)
        }
        weights = [weight for buffer in buffers for weight in buffer.weights]
        if kept and weights and not any(weight in kept for weight in weights):
            raise ArgumentError(
                f"{type(self).__name__}: an optimizer must stay with one model; got weights that"
                f" it has never seen, such as '{weights[0].path}'. Compile with a new optimizer."
            )
        self._slots = []
        for buffer in buffers:
            names = [name for group in self.slots for name in group]
            slots = {name: np.zeros_like(buffer.values) for name in names}
            for weight, part in zip(buffer.weights, buffer.slices, strict=True):
                for name, array in kept.pop(weight, {}).items():
                    slots[name][part] = array
            self._slots.append(slots)
        self._kept = kept
        self._buffers = tuple(buffers)
        self._work, self._updates = [], []

    def apply(self, buffers: Sequence[Buffer]) -> None:
        """Take one step: change `buffer.values` in place by `buffer.gradients`.

        >>> import numpy as np
        >>> from elman.optimizers import SGD
        >>> from elman.parameters import Weight, pack
        >>> weight = Weight(np.array([1.0, 2.0]), name="w", path="w")
        >>> buffers = pack([weight])
        >>> buffers[0].gradients[:] = [1.0, -1.0]
        >>> SGD(learning_rate=0.5).apply(buffers)
        >>> weight.array
        array([0.5, 2.5])
        """
        if self._buffers != tuple(buffers):
            self.build(buffers)
        if self.rule is not None and fused.runs(*[buffer.values.dtype for buffer in buffers]):
            self._compiled_step(buffers)
        else:
            self._reference_step(buffers)
        object.__setattr__(self, "iterations", self.iterations + 1)  # past the checks, every step

    def _compiled_step(self, buffers: Sequence[Buffer]) -> None:
        """Take a step in one pass over each buffer, clipping and weight decay included."""
        if not self._updates:
            self._updates = [
                fused.update(self.rule or "", buffer.values, buffer.gradients, slots)
                for buffer, slots in zip(buffers, self._slots, strict=True)
            ]
        eta, decay, threads = self.learning_rate, self.weight_decay or 0.0, get_num_threads()
        numbers, t = self.numbers(), self.iterations + 1
        clip = math.inf if self.clipvalue is None else self.clipvalue
        scale = 1.0
        if self.global_clipnorm is not None:
            sizes = [(u, b.values.size) for u, b in zip(self._updates, buffers, strict=True)]
            square = sum(update.squares(0, size, threads) for update, size in sizes)
            scale = shrink(math.sqrt(square), self.global_clipnorm)
        for buffer, update in zip(buffers, self._updates, strict=True):
            parts = buffer.slices if self.clipnorm is not None else buffer.whole
            for part in parts:
                if self.clipnorm is not None:
                    square = update.squares(part.start, part.stop, threads)
                    scale = shrink(math.sqrt(square), self.clipnorm)
                update.step(numbers, t, eta, decay, clip, scale, part.start, part.stop, threads)

    def _reference_step(self, buffers: Sequence[Buffer]) -> None:
        """Take a step in NumPy."""
        if not self._work:
            self._work = [tuple(np.empty_like(b.values) for _ in range(3)) for b in buffers]
        rate, gradients = self.learning_rate, self._clip(buffers)
        for buffer, g, slots, work in zip(buffers, gradients, self._slots, self._work, strict=True):
            w, eta = buffer.values, buffer.values.dtype.type(rate)
            if self.weight_decay is not None:
                # In Keras's order, so that float32 rounds alike.
                np.multiply(w, self.weight_decay, out=work[0])
                np.multiply(work[0], eta, out=work[0])
                np.subtract(w, work[0], out=w)
            self.step(w, g, slots, work[:2], eta)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_updates": []}  # made anew where they are needed

    def _clip(self, buffers: Sequence[Buffer]) -> list[Array]:
        """Return the clipped gradients, as copies; the gradients themselves if nothing clips."""
        gradients = [buffer.gradients for buffer in buffers]
        if self.clipnorm is None and self.clipvalue is None and self.global_clipnorm is None:
            return gradients
        clipped = [work[2] for work in self._work]
        if self.clipvalue is not None:
            for g, out in zip(gradients, clipped, strict=True):
                np.clip(g, -self.clipvalue, self.clipvalue, out=out)
        elif self.global_clipnorm is not None:
            scale = shrink(norm(gradients), self.global_clipnorm)
            for g, out in zip(gradients, clipped, strict=True):
                np.multiply(g, g.dtype.type(scale), out=out)
        elif self.clipnorm is not None:
            for buffer, out in zip(buffers, clipped, strict=True):
                for part, g in zip(buffer.slices, buffer.each_gradient(), strict=True):
                    np.multiply(g, g.dtype.type(shrink(norm([g]), self.clipnorm)), out=out[part])
        return clipped

    def state(self) -> dict[str, Array]:
        """Return what a checkpoint must hold, in the order in which Keras holds it.

        "iterations", "learning_rate" unless it is a schedule, and each slot as
        "slot/path of the weight", a copy of the weight's shape.
        """
        state: dict[str, Array] = {"iterations": np.array(self.iterations, np.int64)}
        if not callable(self._learning_rate):
            state["learning_rate"] = np.array(self._learning_rate)
        return state | {name: view.copy() for name, view in self._views().items()}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Take over what `state` returned, of an optimizer built for weights of the same paths.

        Raises:
            NotBuiltError: the slots do not exist yet.
            ArgumentError: a name is missing, or one too many.
            ShapeError: an array has another shape than its slot.
        """
        owner, views, known = type(self).__name__, self._views(), self.state()
        if not self._buffers:
            raise NotBuiltError(f"{owner}: `load_state` needs slots. Call `build(buffers)` first.")
        for name in [*known, *state]:
            if name not in state or name not in known:
                what = "missing" if name in known else "unknown"
                raise ArgumentError(
                    f"{owner}: `state` must hold exactly this optimizer's arrays; got {name!r}"
                    f" {what}."
                )
        for name, view in views.items():
            if np.shape(state[name]) != view.shape:
                raise ShapeError(
                    f"{owner}: `state` must hold {name!r} of shape {view.shape}; got"
                    f" {np.shape(state[name])}."
                )
        for name, view in views.items():
            view[...] = state[name]
        self.iterations = int(state["iterations"])
        if "learning_rate" in known:
            self.learning_rate = float(state["learning_rate"])

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments; a schedule as its own config, in Keras's form."""
        config = _config.of(self)
        rate = self._learning_rate
        if callable(rate):
            get_config = getattr(rate, "get_config", None)
            if get_config is None:
                raise UnsupportedError(
                    f"{type(self).__name__}: `learning_rate` must be a number or a schedule with"
                    f" `get_config` to be saved; got {rate!r}."
                )
            module = "keras.optimizers.schedules"
            config["learning_rate"] = _config.serialize(rate, module, get_config())
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Optimizer":
        """Make an optimizer from what `get_config` returned."""
        return cls(**config)

    def _views(self) -> dict[str, Array]:
        """Return each weight's part of each slot, in the weight's shape, in Keras's order."""
        pairs = [
            (f"{name}/{weight.path}", slots[name][part].reshape(weight.shape))
            for group in self.slots
            for buffer, slots in zip(self._buffers, self._slots, strict=True)
            for weight, part in zip(buffer.weights, buffer.slices, strict=True)
            for name in group
        ]
        views: dict[str, Array] = {}
        for name, view in pairs:
            while name in views:  # weights of two models in one may have the same path
                name += "'"
            views[name] = view
        return views


def norm(gradients: Sequence[Array]) -> float:
    """Return the Euclidean norm of all gradients together."""
    return float(np.sqrt(sum(float(np.dot(g, g)) for g in gradients)))


def shrink(size: float, limit: float) -> float:
    """Return the factor that brings a norm down to `limit`; NaN where the norm is not finite."""
    return limit / max(size, limit) if np.isfinite(size) else float("nan")
