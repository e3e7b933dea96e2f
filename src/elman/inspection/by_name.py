"""What if there is nothing under a name? A dictionary that says what names it has."""

from typing import TypeVar

from elman import _check

V = TypeVar("V")


class ByName(dict[str, V]):
    """A dictionary whose error, where it is asked for another name, lists its own.

    Args:
        owner: how messages begin.
        what: the names are of, such as "gate".
        found: what it holds.

    >>> gates = ByName("weights of 'lstm'", "gate", {"input": 1, "forget": 2})
    >>> gates["output"]
    Traceback (most recent call last):
    KeyError: "weights of 'lstm': `gate` must be one of 'input', 'forget'; got 'output'."
    """

    def __init__(self, owner: str, what: str, found: dict[str, V]) -> None:
        super().__init__(found)
        self._owner, self._what = owner, what

    def __missing__(self, name: object) -> V:
        raise KeyError(_check.not_one_of(self._owner, self._what, name, self))
