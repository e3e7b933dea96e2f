"""Which token is taken, given how likely each of them is.

    p_i = exp(z_i / temperature) / sum_j exp(z_j / temperature)     z  logits, (batch, tokens)

    Greedy     the most likely one
    Sample     a draw from p; with top_k from the k most likely ones, with top_p from the fewest
               that together have a probability of top_p

Source of top_p: A. Holtzman et al. 2020, "The curious case of neural text degeneration",
equation 2.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman import _check, _random
from elman._typing import Array
from elman.errors import ArgumentError

Choose = Callable[[Array], Array]  # logits (batch, tokens) -> tokens (batch,)


class Sampler:
    """Base class of what chooses tokens.

    A subclass of your own defines `choose(logits)`: of logits (batch, tokens), of which those of
    forbidden tokens are -inf, it returns the tokens taken, (batch,) integers.

    >>> import numpy as np
    >>> class Second(Sampler):
    ...     def choose(self, logits):
    ...         return np.argsort(logits, axis=1)[:, -2]
    >>> Second().start()(np.array([[0.1, 3.0, 2.0]]))
    array([2])
    """

    def choose(self, logits: Array) -> Array:
        """Return the tokens taken, (batch,), of logits (batch, tokens)."""
        raise _check.undefined(self, "choose(self, logits)", "returns tokens (batch,)")

    def start(self) -> Choose:
        """Return what chooses the tokens of one sequence, or of a batch of them."""
        return self.choose


class Greedy(Sampler):
    """Take the most likely token; of several the first.

    >>> import numpy as np
    >>> Greedy().choose(np.array([[0.1, 3.0, 2.0]]))
    array([1])
    """

    def choose(self, logits: Array) -> Array:
        """Return the tokens taken, (batch,), of logits (batch, tokens)."""
        found: Array = logits.argmax(axis=1)
        return found


class Sample(Sampler):
    """Draw a token by its probability.

    Args:
        temperature: what logits are divided by: below 1 likely tokens become likelier.
        top_k: draw from so many of the likeliest tokens only.
        top_p: draw from the fewest tokens that together are at least so likely; with `top_k` of
            those. In (0, 1].
        seed: an integer, with which each call of `generate` draws the same; a generator, which
            draws on from call to call; by default the process's next.

    Raises:
        ArgumentError: an argument is not what it must be.

    >>> import numpy as np
    >>> Sample(top_k=1).choose(np.array([[0.1, 3.0, 2.0]]))
    array([1])

    Source of `top_p`: Holtzman et al. 2020, "The curious case of neural text degeneration".
    """

    def __init__(
        self,
        temperature: float = 1.0,
        *,
        top_k: int | None = None,
        top_p: float | None = None,
        seed: "int | np.random.Generator | None" = None,
    ) -> None:
        self.temperature = _above_0("temperature", temperature)
        self.top_k = None if top_k is None else _check.integer("Sample", "top_k", top_k)
        self.top_p = None if top_p is None else _above_0("top_p", top_p, 1.0)
        self.seed = _check.seed("Sample", "seed", seed)

    def start(self) -> Choose:
        """Return what draws the tokens of one sequence, or of a batch of them."""
        generator = _random.generator(self.seed)
        return lambda logits: self._draw(logits, generator)

    def choose(self, logits: Array) -> Array:
        """Return the tokens taken, (batch,), of logits (batch, tokens)."""
        return self.start()(logits)

    def _draw(self, logits: Array, generator: "np.random.Generator") -> Array:
        """Return tokens: the first of which the probability added up reaches a uniform draw."""
        order = None
        if self.top_k is not None or self.top_p is not None:
            order = np.argsort(-logits, axis=1, kind="stable")[:, : self.top_k]
            logits = np.take_along_axis(logits, order, axis=1)
        below = np.subtract(logits, logits.max(axis=1, keepdims=True), dtype=np.float64)
        with np.errstate(over="ignore"):  # so far below that p is 0; in float32 1e-46 would be 0
            p = np.exp(below / self.temperature)  # (batch, tokens), of which only the ratios count
        sums = p.cumsum(axis=1)
        if self.top_p is not None:
            p[sums - p >= self.top_p * sums[:, -1:]] = 0
            sums = p.cumsum(axis=1)
        drawn = (1 - generator.random(len(p))) * sums[:, -1]  # in (0, sum]: never a p of 0
        places: Array = (sums < drawn[:, None]).sum(axis=1)
        return places if order is None else np.take_along_axis(order, places[:, None], 1)[:, 0]


def _above_0(name: str, value: Any, most: float = np.inf) -> float:
    """Return a number above 0, and at most `most`."""
    number = isinstance(value, (int, float, np.integer, np.floating)) and np.isfinite(value)
    if isinstance(value, bool) or not number or not 0 < value <= most:
        rule = "a finite number above 0" + f" and at most {most:g}" * (most < np.inf)
        zero = name == "temperature" and number and value == 0
        fix = " Take `Greedy()` for the limit of 0." if zero else ""
        raise ArgumentError(f"Sample: `{name}` must be {rule}; got {value!r}.{fix}")
    return float(value)


def refused(owner: str, sampler: Any, numbers: bool) -> ArgumentError:
    """Return the error of a `sampler` that is none; of numbers it may be a function too."""
    kinds = "`Greedy()`, `Sample(…)`, `BeamSearch(…)`, or a subclass of `Sampler` with a `choose`"
    more = ", or a function of outputs" * numbers
    named = {"greedy": "Greedy()", "sample": "Sample()", "beamsearch": "BeamSearch()"}
    meant = named.get(str(sampler).lower().replace("_", "").replace(" ", ""), "")
    fix = f" Did you mean `{meant}`?" if meant else ""
    if callable(sampler) and not numbers:
        fix = " Let `choose(self, logits)` of a class of yours return the tokens (batch,)."
    got = f"{sampler!r:.60}"
    return ArgumentError(f"{owner}: `sampler` must be {kinds}{more}; got {got}.{fix}")
