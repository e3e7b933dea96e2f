"""TraceCallback: what a model's recurrent layers go through, while it learns."""

import os
from collections.abc import Callable
from typing import Any

from elman import _check, _filenames
from elman.callbacks.base import Callback
from elman.errors import ArgumentError


class TraceCallback(Callback):
    """Trace a model on the same data every so many epochs, or batches; see `elman.trace`.

    The model learns as it would without. Stateful layers are traced from the start of a sequence.

    Args:
        x: inputs to trace, a few samples.
        y: targets, for gradients too.
        every: how many epochs, or batches, are from one trace to the next. The first is traced.
        per: "epoch" or "batch".
        reduce: what to keep of a trace, a function of it; by default all of it.
        path: where each trace goes as an `.npz` file, with `{step}` in its name, such as
            "traces/{step:04d}.npz"; what was written is not kept in memory.

    Attributes:
        steps: at the end of which epochs, or batches, was traced, counted from 0.
        traces: what was kept, one a step.

    Raises:
        ArgumentError: an argument is out of range, or `path` has no place for the step or another
            ending.

    >>> import elman, numpy as np
    >>> model = elman.Sequential([elman.Input((5, 1)), elman.layers.GRU(2, name="gru")])
    >>> model.compile("adam", "mse")
    >>> x, y = np.ones((8, 5, 1)), np.zeros((8, 2))
    >>> mean = lambda trace: trace["gru"].update.mean()
    >>> seen = elman.callbacks.TraceCallback(x[:1], every=2, reduce=mean)
    >>> _ = model.fit(x, y, epochs=4, callbacks=[seen], verbose=0)
    >>> seen.steps, len(seen.traces)
    ([0, 2], 2)
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        *,
        every: int = 1,
        per: str = "epoch",
        reduce: Callable[[Any], Any] | None = None,
        path: "str | os.PathLike[str] | None" = None,
    ) -> None:
        owner = "TraceCallback"
        self.x, self.y = x, y
        self.every = _check.integer(owner, "every", every)
        self.per = _check.one_of(owner, "per", per, ("epoch", "batch"))
        if reduce is not None and not callable(reduce):
            raise ArgumentError(f"{owner}: `reduce` must be a function of a trace; got {reduce!r}.")
        self.reduce = reduce
        self.path = None if path is None else _filenames.to_write(owner, "path", path, ".npz")
        if self.path is not None and not self._differs(self.path):
            raise ArgumentError(
                f"{owner}: `path` must have {{step}} in it, so that no trace replaces another; got "
                f"{self.path!r}."
            )
        if self.path is not None and reduce is not None:
            raise ArgumentError(f"{owner}: one of `reduce` and `path` must be left out; got both.")
        self.steps: list[int] = []
        self.traces: list[Any] = []
        self._batches = 0

    @staticmethod
    def _differs(path: str) -> bool:
        """Say whether a path names another file for each step."""
        try:
            return path.format(step=0) != path.format(step=1)
        except (KeyError, IndexError, ValueError):
            return False

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin anew."""
        self.steps, self.traces, self._batches = [], [], 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Trace, if it is time."""
        if self.per == "epoch":
            self._look(epoch)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Trace, if it is time."""
        if self.per == "batch":
            self._look(self._batches)
            self._batches += 1

    def _look(self, step: int) -> None:
        if step % self.every:
            return
        found = self.model.trace(self.x, self.y, go_on=False)
        self.steps.append(step)
        if self.path is None:
            self.traces.append(found if self.reduce is None else self.reduce(found))
            return
        file = self.path.format(step=step)
        os.makedirs(os.path.dirname(file) or ".", exist_ok=True)
        found.save(file)
