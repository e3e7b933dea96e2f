"""What all optimizers share: the learning rate, clipping, weight decay, and the slots.

A slot is an array that a rule keeps for each weight, such as Adam's momentum. As the weights of a
model lie in one buffer per dtype, so do their slots, and one step is, for each buffer:

    g <- clip(g)                         at most one kind of clipping
    w <- w - w * weight_decay * eta      decay that does not pass through the slots
    w <- rule(w, g, slots, eta)          one pass over whole arrays

    w, g, every slot  (size,)    eta  the learning rate

The other options, and rules that need a weight's shape, take the way of `by_weight`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from elman import _check, _config, fused
from elman._construction import Constructed
from elman._typing import Array
from elman.errors import ArgumentError
from elman.optimizers import (
    by_weight,
    exclusion,
    given,
    options,
    readings,
    schedules,
    slots,
    whole,
)
from elman.parameters import Buffer, Weight, gather, held

if TYPE_CHECKING:
    from elman.fused import Update

# From the number of batches seen to a learning rate, or Keras's functions of nothing.
Schedule: TypeAlias = Callable[[int], float] | Callable[[], float]


class Optimizer(Constructed):
    """The base of the optimizers; a subclass defines `slots` and `step`.

    A rule that `elman.fused` has too is named in `rule`, with `numbers` for it. A rule that needs
    a weight's shape is `shaped`.

    Args:
        learning_rate: a positive number, or a function from the number of batches seen to one,
            such as those of `elman.optimizers.schedules`; or one of nothing, as in Keras.
        weight_decay: the share of a weight, times the learning rate, taken off at each step.
        clipnorm: the largest norm of one weight's gradient.
        clipvalue: the largest absolute value in a gradient.
        global_clipnorm: the largest norm of all gradients together.
        use_ema: keep a moving average of each weight, which the weights become when `fit` ends or
            `finalize_variable_values` is called.
        ema_momentum: how much of the old average a step keeps, in [0, 1].
        ema_overwrite_frequency: after how many steps the weights become their averages, too.
        loss_scale_factor: by what training multiplies the loss, and a step divides the gradients.
        gradient_accumulation_steps: take a step by the mean gradient of so many batches.
        name: what to call it.

    Attributes:
        iterations: how many steps have been taken.
        built: whether it knows which weights it changes.

    Raises:
        ArgumentError: two kinds of clipping are asked for at once, a number is out of range, or an
            argument is unknown.

    >>> from elman.optimizers import Adam
    >>> Adam(clipnorm=1.0).clipnorm
    1.0
    """

    checks: ClassVar[dict[str, _check.Check]] = options.SHARED

    def __init__(
        self,
        learning_rate: float | Schedule,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        **unknown: Any,
    ) -> None:
        owner = type(self).__name__
        options.refuse(type(self), unknown, _config.arguments(type(self)))
        if not callable(learning_rate):
            learning_rate = options.positive(owner, "learning_rate", learning_rate)
        self._set_rate(learning_rate)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self.name = name or _config.snake_case(owner)
        self.iterations = 0
        self._excluded = exclusion.NONE
        self._buffers: tuple[Buffer, ...] = ()
        self._frozen: list[Weight] = []
        self._order: tuple[Weight, ...] = ()  # the weights, as they were given
        self._slots: list[dict[str, Array]] = []  # for each buffer, arrays of its size
        self._work: list[tuple[Array, ...]] = []  # for each buffer, scratch of its size
        self._updates: list[Update] = []  # for each buffer, the compiled rule
        self._kept: dict[Weight, dict[str, Array]] = {}  # slots of weights that went away
        self._by_weight = by_weight.needed(self)  # whether a step takes that way

    strict: ClassVar[bool] = False  # True: it has the attributes in `checks` and no others

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.strict = "checks" in vars(cls)
        cls.checks = _check.inherited(cls)
        if not {"step", "alpha"}.isdisjoint(vars(cls)) and "rule" not in vars(cls):
            cls.rule = None  # a step of its own is not the compiled one

    def __setattr__(self, name: str, value: Any) -> None:
        value = options.checked(self, name, value)
        begun = name in self.checks and (vars(self).get("_buffers") or vars(self).get("_kept"))
        keeps, before = (slots.groups(self), vars(self).get(name)) if begun else (None, None)
        super().__setattr__(name, value)
        if keeps is not None and slots.groups(self) != keeps:
            super().__setattr__(name, before)
            raise ArgumentError(
                f"{type(self).__name__}: `{name}` must stay {before!r} once training has begun,"
                f" because it decides what is kept for each weight; got {value!r}. Compile with a"
                " new optimizer."
            )
        if name in by_weight.OPTIONS and "_by_weight" in vars(self):
            self._by_weight = by_weight.needed(self)

    # ------------------------------------------------------------------ what a rule defines

    @property
    def slots(self) -> tuple[tuple[str, ...], ...]:
        """The names of the slots, grouped as Keras saves them: a group goes weight by weight."""
        raise _check.undefined(self, "slots(self)", "is a property: their names")

    def step(
        self, w: Array, g: Array, slots: Mapping[str, Array], work: Sequence[Array], eta: Any
    ) -> None:
        """Apply the rule to whole arrays, in place; `work` is two arrays of scratch.

        `g` may not be written to. `eta` is the learning rate in the dtype of `w`.
        """
        raise _check.undefined(self, "step(self, w, g, slots, work, eta)", "changes w")

    rule: str | None = None
    shaped: ClassVar[bool] = False  # True: `step` is given one weight at a time, in its shape

    def numbers(self) -> tuple[float, float, float, float]:
        """Return what the compiled rule computes with, in the order of native/optimizers.hpp."""
        raise _check.undefined(self, "numbers(self)", "returns what `rule` computes with")

    def initial(self, slot: str) -> float:
        """Return what a slot holds before the first step."""
        return 0.0

    def slot_shape(self, slot: str, weight: Weight) -> tuple[int, ...] | None:
        """Return the shape of a weight's slot, no larger than the weight; None if it has none."""
        return weight.shape

    def extra_state(self) -> dict[str, Array]:
        """Return what the rule keeps beside slots, by name."""
        return {}

    def load_extra_state(self, given: Mapping[str, Array]) -> None:
        """Take over what `extra_state` returned."""

    def decay_of(self, weight: Weight) -> float | None:
        """Return the share of this weight that a step takes off, None for no decay."""
        return None if self._excluded.has(weight) else self.weight_decay

    # ------------------------------------------------------------------ the learning rate

    @property
    def learning_rate(self) -> readings.Rate:
        """The learning rate of the next step. It may be set, to 0 too, which stands still."""
        return readings.rate(self, self.rate())

    @learning_rate.setter
    def learning_rate(self, rate: float | Schedule) -> None:
        owner = type(self).__name__
        if callable(self._learning_rate) and not callable(rate):
            raise ArgumentError(
                f"{owner}: `learning_rate` must stay a schedule, which it was made with; got"
                f" {rate!r}. Make the optimizer with a number to set it later."
            )
        if not callable(rate):
            rate = options.nonnegative(owner, "learning_rate", rate)
        self._set_rate(rate)

    def _set_rate(self, rate: float | Schedule) -> None:
        self._learning_rate: Any = rate
        self._rate_takes_a_step = callable(rate) and options.takes_a_step(rate)

    def rate(self) -> float:
        """Return the learning rate of the next step as a plain float."""
        rate = self._learning_rate
        if not callable(rate):
            return rate
        seen = self._batches()
        value = rate(seen) if self._rate_takes_a_step else rate()
        return options.scheduled(type(self).__name__, value, seen)

    # ------------------------------------------------------------------ counting

    @property
    def iterations(self) -> readings.Count:
        """How many steps have been taken. It may be set."""
        return readings.count(self, self._iterations)

    @iterations.setter
    def iterations(self, count: int) -> None:
        self._iterations, self._pending = int(count), 0

    def _batches(self) -> int:
        """Return how many batches have been seen: `iterations`, unless several make a step."""
        return self._iterations * (self.gradient_accumulation_steps or 1) + self._pending

    # ------------------------------------------------------------------ weights

    @property
    def built(self) -> bool:
        """Whether it knows which weights it changes."""
        return bool(self._buffers)

    def build(self, variables: Iterable[Weight]) -> None:
        """Make the slots of these weights, and move them into a buffer if they lie in none.

        Args:
            variables: the weights that it is to change, such as `model.trainable_weights`.

        Raises:
            ArgumentError: it knows other weights and none of these.

        >>> from elman import layers, optimizers
        >>> layer, optimizer = layers.Dense(2, name="out"), optimizers.Adam()
        >>> layer.build((None, 3))
        >>> optimizer.build(layer.trainable_weights)
        >>> [variable.name for variable in optimizer.variables][:3]
        ['iteration', 'learning_rate', 'out_kernel_momentum']
        """
        listed = options.weights(type(self).__name__, "variables", variables)
        self.build_buffers(gather(listed), listed)

    def build_buffers(self, buffers: Sequence[Buffer], order: Sequence[Weight] = ()) -> None:
        """Make the slots of these buffers.

        A weight that had slots before finds what was in them, even if it was frozen meanwhile.

        Args:
            buffers: all that it is to change.
            order: their weights in the order of the model; that of the buffers if it is left out.

        Raises:
            ArgumentError: as `build`.
        """
        slots.build(self, buffers, order)

    variables = property(readings.variables)
    set_weights = readings.set_weights

    def exclude_from_weight_decay(
        self, var_list: Iterable[Weight] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Let weight decay pass some weights by; a second call takes the place of the first.

        Args:
            var_list: these weights.
            var_names: the weights in whose name one of these regular expressions is found.

        >>> Optimizer(0.1).exclude_from_weight_decay(var_names=["bias"])
        """
        self._excluded = exclusion.of(type(self).__name__, var_list, var_names)
        self._by_weight = by_weight.needed(self)

    def finalize_variable_values(self, var_list: Iterable[Weight]) -> None:
        """Give weights their moving averages, if it keeps such and has seen a batch.

        Raises:
            ArgumentError: it has no average of a weight.
        """
        if self.use_ema and self._batches():
            listed = options.weights(type(self).__name__, "var_list", var_list)
            for weight, average in zip(listed, slots.averages(self, listed), strict=True):
                weight.assign(average)

    # ------------------------------------------------------------------ a step

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Weight]]) -> int:
        """Take a step by pairs of a gradient and its weight, and return how many were taken.

        Args:
            grads_and_vars: such as `zip(gradients, model.trainable_weights)`; see `apply`.
        """
        given.apply(self, *given.pairs(type(self).__name__, grads_and_vars))
        return self._batches()

    def apply(
        self, grads: Iterable[Any], trainable_variables: Iterable[Weight] | None = None
    ) -> None:
        """Take a step by these gradients. Weights that lie in no buffer yet are moved into one.

        Args:
            grads: an array for each weight, converted to its dtype; for None there is a warning,
                and the weight and its slots stay as they are.
            trainable_variables: the weights; those of the first call if they are left out.

        Raises:
            ArgumentError: not a gradient a weight, none at all, or a weight that is not known.
            ShapeError: a gradient does not have its weight's shape.
            NotBuiltError: the weights are left out at the first call.

        >>> import numpy as np
        >>> from elman.optimizers import SGD
        >>> from elman.parameters import Weight
        >>> weight = Weight(np.array([1.0, 2.0]), name="w", path="w")
        >>> SGD(learning_rate=0.5).apply([[1.0, -1.0]], [weight])
        >>> weight.array
        array([0.5, 2.5])
        """
        given.apply(self, grads, trainable_variables)

    def step_buffers(self, buffers: Sequence[Buffer]) -> None:
        """Take one step: change `buffer.values` in place by `buffer.gradients`."""
        if self._buffers != tuple(buffers):
            self.build_buffers(buffers)
        if self._frozen:
            with held(self._frozen):
                self._step(buffers)
        else:
            self._step(buffers)

    def _step(self, buffers: Sequence[Buffer]) -> None:
        if self._by_weight:
            by_weight.step(self)
            return
        dtypes = [buffer.values.dtype for buffer in buffers]
        if self.rule is not None and fused.runs(*dtypes):
            whole.compiled_step(self, buffers)
        else:
            whole.reference_step(self, buffers)
        object.__setattr__(self, "_iterations", self._iterations + 1)  # past the checks, every step

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_updates": []}  # made anew where they are needed

    def scale_loss(self, loss: Any) -> Any:
        """Return a loss, or its gradient, times `loss_scale_factor`, which a step divides by."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    # ------------------------------------------------------------------ saving

    def state(self) -> dict[str, Array]:
        """Return what a checkpoint must hold, copied, in the order in which Keras holds it.

        "iterations", "learning_rate" unless it is a schedule, "slot/path of the weight", the rest.
        """
        return slots.state(self)

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Take over what `state` returned, of an optimizer built for weights of the same paths.

        Raises:
            NotBuiltError: the slots do not exist yet.
            ArgumentError: a name is missing, or one too many.
            ShapeError: an array has another shape than its slot.
        """
        slots.load(self, state)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments; a schedule as its own config, in Keras's form."""
        config = _config.of(self)
        rate = self._learning_rate
        if callable(rate):
            place = "keras.optimizers.schedules"
            config["learning_rate"] = _config.written("learning_rate", rate, place)
        return config

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
    ) -> "Optimizer":
        """Make an optimizer from what `get_config` returned; schedules of your own by name."""
        rate = config.get("learning_rate")
        if isinstance(rate, Mapping):
            config = {**config, "learning_rate": schedules.deserialize(rate, custom_objects)}
        return cls(**config)
