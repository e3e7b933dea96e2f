"""The closed loop: y_t = model(x_t), value_t = sampler(y_t), x_{t+1} = value_t with inputs_t.

It runs on a stream: the start is processed once, each value takes one step, and what is kept is
the states, however long the loop runs.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, KeywordError, ShapeError, UnsupportedError
from elman.generation import beam_search, fed_back
from elman.generation.beam_search import BeamSearch
from elman.generation.logits import (
    Logits,
    check_vocabulary,
    log_softmax,
    refuse_for_numbers,
    token,
)
from elman.generation.samplers import Greedy, Sample, Sampler, refused

if TYPE_CHECKING:
    from elman.models import Model


SAMPLERS = {
    "Sample": ("temperature", "top_k", "top_p", "seed"),
    "BeamSearch": ("width", "length_penalty", "keep"),
}


def generate(
    model: "Model",
    start: Any,
    steps: int,
    sampler: Any = None,
    *,
    inputs: Any = None,
    initial_state: Any = None,
    end: int | None = None,
    forbidden: Sequence[int] = (),
    from_logits: bool | None = None,
    return_log_probabilities: bool = False,
    **unknown: Any,
) -> Any:
    """Let a model go on from a start, each output being its next input.

    Args:
        model: what can be a stream (see `elman.models.Stream`), of one input and one output.
        start: what it reads first: (batch, timesteps, features) numbers; or tokens (batch,
            timesteps), for a model with an `Embedding` in front or one that takes one-hot vectors.
        steps: how many outputs to make.
        sampler: of tokens `Greedy()`, `Sample(…)` or `BeamSearch(…)`; of numbers a function that
            makes of outputs (batch, outputs) the values (batch, features) that are generated. By
            default numbers are taken as they are, and of an `Embedding` the likeliest token.
            Temperature, `top_k`, `top_p` and `seed` are arguments of `Sample`.
        inputs: what else goes in, such as known future covariates: (batch, steps, further
            features), of which timestep k is joined behind value k, and the last is not read and
            may be left out; or a function of k and the value that returns the whole next input,
            (batch, features).
        initial_state: the states before the start, those of an encoder, say: an array, a list in
            the order of the recurrent layers, or nested as `Stream.state` is.
        end: the token that ends a sequence; what would follow is `end` too.
        forbidden: tokens that are never taken.
        from_logits: whether the model puts out logits, or else probabilities; by default what its
            last layer says, softmax or linear.
        return_log_probabilities: return those of the tokens as well, (batch, steps), as the model
            has them among what is not forbidden; 0 behind the end.
        unknown: nothing; the error says which argument was meant.

    Returns:
        (batch, steps, features) numbers, or (batch, steps) tokens. Of `BeamSearch(keep=k)`
        (batch, k, steps), the best first.

    Raises:
        UnsupportedError: a layer reads what comes later; the message says which.
        ShapeError: what comes out cannot go in; the message says how many features either has.
        ArgumentError: an argument or a number is not what it must be, NaN for one.

    >>> import elman, numpy as np
    >>> model = elman.Sequential([elman.Input((None, 1)), elman.layers.Dense(1)])
    >>> model.set_weights([[[0.5]], [0.0]])
    >>> elman.generate(model, [[[8.0]]], 3)[0, :, 0]
    array([4., 2., 1.], dtype=float32)
    """
    owner = _owner(model, "generate")
    _no_more(owner, generate, unknown)
    _check.integer(owner, "steps", steps)
    wants = _check.flag(owner, "return_log_probabilities", return_log_probabilities)
    options = {
        "inputs": inputs, "initial_state": initial_state, "end": end, "forbidden": forbidden,
        "from_logits": from_logits,
    }  # fmt: skip
    if isinstance(sampler, BeamSearch):
        tokens, log_probabilities = beam_search.search(
            owner, model, start, steps, sampler, **options
        )
        return (tokens, log_probabilities) if wants else tokens
    loop = _loop(owner, model, start, sampler, wants=wants, **options)
    _check_inputs(owner, inputs, steps)
    if isinstance(loop, Numbers):
        if wants:
            refuse_for_numbers(owner, return_log_probabilities=True)
        return np.stack(list(itertools.islice(loop.run(), steps)), axis=1)
    found = list(itertools.islice(loop.run(), steps))
    tokens = _filled([each for each, _ in found], steps, end)
    if not wants:
        return tokens
    return tokens, _filled([log_probability for _, log_probability in found], steps, 0)


def rollout(
    model: "Model",
    start: Any,
    sampler: Any = None,
    *,
    inputs: Any = None,
    initial_state: Any = None,
    end: int | None = None,
    forbidden: Sequence[int] = (),
    from_logits: bool | None = None,
    **unknown: Any,
) -> Iterator[Array]:
    """Do what `generate` does one step at a time, without end and in the same memory.

    Args:
        model: see `generate`, as for all others.
        start: what it reads first.
        sampler: any but `BeamSearch`, which knows its first token last.
        inputs: what else goes in; an array ends the loop when it has been read.
        initial_state: the states before the start.
        end: the token that ends a sequence; the loop ends with the last of them.
        forbidden: tokens that are never taken.
        from_logits: whether the model puts out logits.
        unknown: nothing; the error says which argument was meant.

    Returns:
        An iterator of (batch, features) numbers or (batch,) tokens, a new array each time.

    Raises:
        UnsupportedError, ShapeError, ArgumentError: see `generate`.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((None, 1)), elman.layers.Dense(1)])
    >>> model.set_weights([[[0.5]], [0.0]])
    >>> for value in rollout(model, [[[8.0]]]):
    ...     if value < 2:
    ...         break
    >>> value
    array([[1.]], dtype=float32)
    """
    owner = _owner(model, "rollout")
    _no_more(owner, rollout, unknown)
    if isinstance(sampler, BeamSearch):
        raise UnsupportedError(
            f"{owner}: `sampler` must choose tokens one after the other; got a BeamSearch, which "
            "knows its first token last. Give it to `generate`."
        )
    loop = _loop(
        owner, model, start, sampler, wants=False, inputs=inputs, initial_state=initial_state,
        end=end, forbidden=forbidden, from_logits=from_logits,
    )  # fmt: skip
    return loop.run() if isinstance(loop, Numbers) else (tokens for tokens, _ in loop.run())


def _loop(
    owner: str, model: "Model", start: Any, sampler: Any, *, wants: bool, inputs: Any,
    initial_state: Any, end: Any, forbidden: Any, from_logits: Any,
) -> "Numbers | Tokens":  # fmt: skip
    """Return the loop of numbers, or that of tokens, whose start has been processed."""
    widths = fed_back.widths_of(owner, model)
    if isinstance(sampler, type):
        raise ArgumentError(
            f"{owner}: `sampler` must be an object; got the class {sampler.__name__}. Make one: "
            f"{sampler.__name__}()."
        )
    if sampler is None and widths.features is None:
        sampler = Greedy()
    tokens = isinstance(sampler, Sampler)
    if not tokens and (widths.features is None or not (sampler is None or callable(sampler))):
        raise refused(owner, sampler, widths.features is not None)
    begin = fed_back.as_start(owner, start, widths, tokens)
    if tokens:
        logits = Logits(owner, model, widths, from_logits, forbidden)
        return Tokens(owner, model, begin, sampler, inputs, initial_state, end, logits, wants)
    refuse_for_numbers(owner, end=end, forbidden=forbidden, from_logits=from_logits)
    return Numbers(owner, model, begin, sampler, inputs, initial_state)


class Numbers:
    """The loop of numbers."""

    def __init__(
        self, owner: str, model: "Model", start: Array, sampler: Any, inputs: Any,
        initial_state: Any,
    ) -> None:  # fmt: skip
        widths = fed_back.widths_of(owner, model)
        self._owner, self._sampler, self._batch = owner, sampler, len(start)
        self._joined = fed_back.Joined(owner, int(widths.features or 0), len(start), inputs)
        if sampler is None:
            self._joined.check(widths.outputs, "outputs")
        self._stream, self._first = fed_back.begun(owner, model, start, initial_state)

    def run(self) -> Iterator[Array]:
        """Return the values, (batch, features) each."""
        outputs = self._first
        for step in itertools.count():
            value = self._value(outputs, step)
            yield value.copy()
            if step >= self._joined.steps:
                return
            outputs = self._stream.step(self._joined.next(step, value))

    def _value(self, outputs: Array, step: int) -> Array:
        """Return what is generated of outputs, checked."""
        value = outputs if self._sampler is None else np.asarray(self._sampler(outputs.copy()))
        if step == 0 and self._sampler is not None:
            _check.shape(
                self._owner, "sampler's values", value, "batch features", (self._batch, None)
            )
            self._joined.check(value.shape[1], "what `sampler` returns")
        if not np.isfinite(value).all():
            row, place = np.argwhere(~np.isfinite(value))[0]
            raise ArgumentError(
                f"{self._owner}: values must be finite to be fed back; got {value[row, place]} at "
                f"step {step} of sequence {row}. A loop that amplifies its own values needs other "
                "training, or a `sampler` that bounds them."
            )
        return value


class Tokens:
    """The loop of tokens."""

    def __init__(
        self, owner: str, model: "Model", start: Array, sampler: Sampler, inputs: Any,
        initial_state: Any, end: Any, logits: "Logits", wants: bool,
    ) -> None:  # fmt: skip
        widths = fed_back.widths_of(owner, model)
        check_vocabulary(owner, model, widths)
        self._owner, self._widths, self._batch = owner, widths, len(start)
        self._choose, self._logits, self._wants = sampler.start(), logits, wants
        self._sure = type(sampler) in (Greedy, Sample)  # to return tokens: they need no check
        self._end = None if end is None else token(owner, "end", end, widths)
        self._idle = 0 if self._end is None else fed_back.idle_token(self._end, widths)
        self._feed, self._most = fed_back.token_feeder(owner, model, widths, len(start), inputs)
        self._stream, self._first = fed_back.begun(owner, model, start, initial_state)

    def run(self) -> Iterator[tuple[Array, Any]]:
        """Return tokens (batch,) and their log-probabilities, until all sequences have ended."""
        ended, outputs = np.zeros(self._batch, bool), self._first
        for step in itertools.count():
            logits = self._logits.of(outputs, step)
            tokens = self._choose(logits)
            tokens = tokens if self._sure else self._checked(tokens)
            found = None
            if self._wants:
                found = log_softmax(logits)[np.arange(self._batch), tokens]
                found = np.where(ended, found.dtype.type(0), found)
            if self._end is not None:
                tokens = np.where(ended, self._end, tokens)
                ended = ended | (tokens == self._end)
            yield tokens.copy(), found
            if ended.all() or step >= self._most:
                return
            outputs = self._stream.step(self._feed(step, np.where(ended, self._idle, tokens)))

    def _checked(self, tokens: Any) -> Array:
        """Return tokens as indices (batch,)."""
        array = np.asarray(tokens)
        whole = array.shape == (self._batch,) and array.dtype.kind in "iu"
        if not whole or array.min() < 0 or array.max() >= self._widths.outputs:
            raise ArgumentError(
                f"{self._owner}: `sampler` must return tokens from 0 to "
                f"{self._widths.outputs - 1} of shape (batch={self._batch},); got {tokens!r:.60}."
            )
        return array.astype(np.int64, copy=False)


def _owner(model: Any, function: str) -> str:
    return f"{getattr(model, 'owner', type(model).__name__)}: {function}"


def _no_more(owner: str, function: Any, unknown: dict[str, Any]) -> None:
    """Check that nothing more was given, such as what a sampler takes."""
    for name, value in unknown.items():
        for kind, of_it in SAMPLERS.items():
            if name in of_it:
                raise KeywordError(
                    f"{owner}: `{name}` must be given to the sampler; got {value!r:.60}. Give "
                    f"`sampler={kind}({name}={value!r:.60})`."
                )
    _check.no_more(owner, function, unknown)


def _check_inputs(owner: str, inputs: Any, steps: int) -> None:
    """Check that there are inputs for all steps, and no more."""
    shape = np.shape(inputs) if inputs is not None and not callable(inputs) else (0, steps)
    if shape[1] not in (steps - 1, steps):
        raise ShapeError(
            f"{owner}: `inputs` must have {steps} timesteps, one a step, or {steps - 1}, because "
            f"the last is not read; got {shape[1]}."
        )


def _filled(columns: list[Any], steps: int, filling: Any) -> Array:
    """Return columns (batch,) as (batch, steps), the missing ones filled."""
    found = np.stack(columns, axis=1)
    if found.shape[1] == steps:
        return found
    whole = np.full((len(found), steps), filling, found.dtype)
    whole[:, : found.shape[1]] = found
    return whole
