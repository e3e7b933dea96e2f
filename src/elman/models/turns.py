"""Methods of an object that one thread at a time may be inside of."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from elman.errors import BusyError

Method = TypeVar("Method", bound=Callable[..., Any])


class Turn:
    """Who is inside of an object; a copy of the object has a turn of its own, which nobody has."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def __reduce__(self) -> tuple[type["Turn"], tuple[()]]:
        return Turn, ()


def alone(method: Method) -> Method:
    """Return a method that raises a BusyError while another is inside; of what has a `turn`.

    >>> class Learner:
    ...     def __init__(self):
    ...         self.owner, self.turn = "Model 'm'", Turn()
    ...
    ...     @alone
    ...     def learn(self):
    ...         self.learn()
    >>> try:
    ...     Learner().learn()
    ... except BusyError as error:
    ...     print(str(error).partition(";")[0])
    Model 'm': a learner must be used by one thread at a time
    """

    @wraps(method)
    def run(self: Any, *args: Any, **options: Any) -> Any:
        if not self.turn.lock.acquire(blocking=False):
            raise BusyError(
                f"{self.owner}: a learner must be used by one thread at a time; another is inside "
                "it. Let one thread learn, or hold a `threading.Lock` around each call."
            )
        try:
            return method(self, *args, **options)
        finally:
            self.turn.lock.release()

    return run  # type: ignore[return-value]  # of the same arguments
