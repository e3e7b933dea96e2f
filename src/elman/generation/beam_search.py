"""BeamSearch: the likeliest sequences that are found by keeping some at each step.

    s(y_1 … y_t) = sum_i log p(y_i | y_1 … y_{i-1})          a beam's log-probability
    rank         = s / ((5 + length) / 6)^length_penalty     by which beams are kept

Of W beams and V tokens at each step the W best of the W V continuations go on. A beam that has
ended stays as it is, with the length that it has.

Source: Y. Wu et al. 2016, "Google's neural machine translation system", equation 14.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.generation import fed_back
from elman.generation.logits import Logits, check_vocabulary, log_softmax, token
from elman.layers.parts import arguments

if TYPE_CHECKING:
    from elman.models import Model


class BeamSearch:
    """Look for the sequence that is likeliest as a whole; a `sampler` of `elman.generate`.

    Args:
        width: how many sequences are kept at each step.
        length_penalty: 0 ranks by log-probability, which favours short sequences where there is
            an `end`; 1 nearly by its mean.
        keep: how many sequences to return, the best first; by default the best without an axis
            for it. Where fewer can be made, the log-probabilities of the others are -inf.

    >>> import elman, numpy as np
    >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.Dense(3)])
    >>> model.set_weights([np.eye(3), [0.0, 0.5, 0.0]])
    >>> elman.generate(model, [[2]], 4, elman.generation.Greedy())
    array([[2, 2, 2, 2]])
    >>> elman.generate(model, [[2]], 4, BeamSearch(2, keep=2))  # likelier from the second on
    array([[[1, 1, 1, 1],
            [2, 2, 2, 2]]])

    Source: Wu et al. 2016, "Google's neural machine translation system", equation 14.
    """

    def __init__(
        self, width: int = 4, length_penalty: float = 0.0, *, keep: int | None = None
    ) -> None:
        self.width = _check.integer("BeamSearch", "width", width)
        self.length_penalty = _check.number("BeamSearch", "length_penalty", length_penalty, low=0)
        self.keep = None if keep is None else _check.integer("BeamSearch", "keep", keep)
        if self.keep is not None and self.keep > self.width:
            raise ArgumentError(
                f"BeamSearch: `keep` must be at most width={self.width}; got {self.keep}."
            )


def search(
    owner: str, model: "Model", start: Any, steps: int, options: BeamSearch, *, inputs: Any,
    initial_state: Any, end: Any, forbidden: Any, from_logits: Any,
) -> tuple[Array, Array]:  # fmt: skip
    """Return the best sequences (batch, keep, steps), and the log-probabilities of their tokens."""
    widths, W = fed_back.widths_of(owner, model), options.width
    begin = fed_back.as_start(owner, start, widths, True)
    check_vocabulary(owner, model, widths)
    end = None if end is None else token(owner, "end", end, widths)
    logits = Logits(owner, model, widths, from_logits, forbidden)
    inputs = _repeated(owner, inputs, len(begin), W)
    feed, most = fed_back.token_feeder(owner, model, widths, len(begin) * W, inputs)
    if most < steps - 1 or steps < most < np.inf:
        raise ShapeError(
            f"{owner}: `inputs` must have {steps} timesteps, one a step, or {steps - 1}, because "
            f"the last is not read; got {most}."
        )
    first, outputs = fed_back.begun(owner, model, begin, initial_state)
    stream = model.stream(len(begin) * W)
    stream.state = [[np.repeat(array, W, axis=0) for array in own] for own in first.state]
    outputs, beams = np.repeat(outputs, W, axis=0), Beams(len(begin), options, end)
    idle = fed_back.idle_token(0 if end is None else end, widths)
    for step in range(steps):
        rows, tokens = beams.grow(log_softmax(logits.of(outputs, step)))
        if beams.ended.all() or step == steps - 1:
            break
        if (rows != np.arange(len(rows))).any():
            stream.state = [[array[rows] for array in own] for own in stream.state]
        outputs = stream.step(feed(step, np.where(beams.idle, idle, tokens)))
    tokens, found = beams.traced(steps)
    found = found.astype(widths.dtype)
    keep = options.keep
    return (tokens[:, 0], found[:, 0]) if keep is None else (tokens[:, :keep], found[:, :keep])


def _repeated(owner: str, inputs: Any, batch: int, width: int) -> Any:
    """Return inputs for every beam."""
    if callable(inputs):
        raise UnsupportedError(
            f"{owner}: `inputs` must be an array for a BeamSearch, of which the sequences change "
            "their places; got a function."
        )
    if inputs is None:
        return None
    array = arguments.as_array(owner, "inputs", inputs)
    _check.shape(owner, "inputs", array, "batch timesteps features", (batch, None, None))
    return np.repeat(array, width, axis=0)


class Grown:
    """What one step has done: (batch, width) arrays.

    Attributes:
        parents: which beam of the step before each goes on from.
        tokens: what it has taken.
        log_probabilities: of the token, 0 behind the end.
        was_ended: whether it had ended before.
    """

    def __init__(self, parents: Array, tokens: Array, found: Array, was_ended: Array) -> None:
        self.parents, self.tokens = parents, tokens
        self.log_probabilities, self.was_ended = found, was_ended


class Beams:
    """The sequences that are kept.

    Attributes:
        ended: (batch, width), which have.
        steps: what each step has done.
    """

    def __init__(self, batch: int, options: BeamSearch, end: int | None) -> None:
        shape = (batch, options.width)
        self._shape, self._end, self._penalty = shape, end, options.length_penalty
        self._totals = np.full(shape, -np.inf)
        self._totals[:, 0] = 0  # all are the same in the beginning: one goes on
        self._lengths = np.zeros(shape)
        self.ended = np.zeros(shape, bool)
        self.steps: list[Grown] = []

    @property
    def idle(self) -> Array:
        """Which make no difference, (batch*width,): those that have ended, or are impossible."""
        found: Array = (self.ended | ~np.isfinite(self._totals)).ravel()
        return found

    def grow(self, found: Array) -> tuple[Array, Array]:
        """Take a step, by log-probabilities (batch*width, tokens).

        Returns:
            The rows that the beams go on from, and their tokens, (batch*width,) each.
        """
        (B, W), V = self._shape, found.shape[1]
        found = found.reshape(B, W, V).astype(np.float64)
        if self._end is not None:
            found[self.ended] = -np.inf
            found[self.ended, self._end] = 0
        lengths = self._lengths + ~self.ended  # (B, W)
        totals = self._totals[:, :, None] + found  # (B, W, V)
        ranks = totals / (((5 + lengths) / 6) ** self._penalty)[:, :, None]
        best = _best(ranks.reshape(B, W * V), W)  # (B, W)
        parents, tokens = best // V, best % V
        rows = np.arange(B)[:, None]
        self._totals = totals.reshape(B, -1)[rows, best]
        self._lengths, was_ended = lengths[rows, parents], self.ended[rows, parents]
        self.steps.append(Grown(parents, tokens, found[rows, parents, tokens], was_ended))
        self.ended = was_ended | (tokens == self._end)
        return (rows * W + parents).ravel(), tokens.ravel()

    def traced(self, steps: int) -> tuple[Array, Array]:
        """Return the tokens of all sequences (batch, width, steps) and their log-probabilities."""
        B, W = self._shape
        tokens = np.full((B, W, steps), 0 if self._end is None else self._end)
        found, at = np.zeros((B, W, steps)), np.tile(np.arange(W), (B, 1))
        rows = np.arange(B)[:, None]
        for t in reversed(range(len(self.steps))):
            grown = self.steps[t]
            tokens[:, :, t] = grown.tokens[rows, at]
            found[:, :, t] = grown.log_probabilities[rows, at]
            at = grown.parents[rows, at]
        found[~np.isfinite(self._totals)] = -np.inf
        return tokens, found


def _best(ranks: Array, count: int) -> Array:
    """Return where the largest numbers of each row are, the largest first, (batch, count)."""
    some = np.sort(np.argpartition(-ranks, count - 1, axis=1)[:, :count], axis=1)
    order = np.argsort(-np.take_along_axis(ranks, some, 1), axis=1, kind="stable")
    found: Array = np.take_along_axis(some, order, axis=1)
    return found
