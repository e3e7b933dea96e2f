"""Arrays by name, some of them computed when they are first asked for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from elman import _check
from elman._typing import Array


class Named(Mapping[str, Array]):
    """Arrays by name, as items and as attributes.

    Args:
        owner: how messages begin.
        names: of all arrays.
        compute: returns the arrays, in the order of the names; called once, when needed.

    >>> import numpy as np
    >>> gates = Named("LSTM 'lstm'", ["input", "forget"], lambda: [np.zeros(2), np.ones(2)])
    >>> gates.forget
    array([1., 1.])
    >>> list(gates)
    ['input', 'forget']
    """

    def __init__(
        self, owner: str, names: Sequence[str], compute: Callable[[], Sequence[Array]]
    ) -> None:
        self._owner, self._names, self._compute = owner, list(names), compute
        self._found: dict[str, Array] | None = None

    def _arrays(self) -> dict[str, Array]:
        if self._found is None:
            self._found = dict(zip(self._names, self._compute(), strict=True))
        return self._found

    def __getitem__(self, name: str) -> Array:
        if name not in self._names:
            raise KeyError(_check.not_one_of(self._owner, "name", name, self._names))
        return self._arrays()[name]

    def __getattr__(self, name: str) -> Array:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self._names:
            raise AttributeError(_check.not_one_of(self._owner, "name", name, self._names))
        return self._arrays()[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._names]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getstate__(self) -> dict[str, Any]:
        """Return the arrays themselves, for a copy or a file."""
        return vars(self) | {"_found": self._arrays(), "_compute": None}

    def __repr__(self) -> str:
        return f"<{self._owner}: {', '.join(self._names)}>"
