"""What is made by a constructor: wrong arguments, and a `super().__init__()` that is not called.

The `__init__` of each class, elman's or yours, is wrapped when the class is made:

    Huber(dleta=2.0)    Huber: `dleta` must be an argument that Huber has. Did you mean 'delta'?

What was wrong is found out only then; a call that fits is one frame more. `inspect.signature` sees
the constructor that was written.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

from elman import _check, _config
from elman.errors import ElmanError, KeywordError, NotBuiltError

F = TypeVar("F", bound=Callable[..., Any])
GUARDS = "_guards"  # of a constructor that looks whether one of elman's has run
MADE = "_made_by_elman"  # set while a constructor of yours runs, once one of elman's has run


class Constructed:
    """The base of what is made with arguments: layers, losses, callbacks and so on."""

    _super_needed = True  # False: a constructor of yours may leave out `super().__init__()`

    def __init__(self) -> None:
        super().__init__()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__init__" in vars(cls):
            cls.__init__ = guarded(cls, vars(cls)["__init__"])  # type: ignore[method-assign]


def guarded(cls: type, init: Callable[..., None]) -> Callable[..., None]:
    """Return a class's `__init__` so that a call that does not fit it says what is wrong."""
    yours = _is_yours(cls)

    @wraps(init)
    def constructor(self: Any, *args: Any, **kwargs: Any) -> None:
        kind: Any = type(self)
        last = kind.__init__ is constructor
        if not yours and _is_yours(kind) and hasattr(kind.__init__, GUARDS):
            vars(self)[MADE] = True
        try:
            init(self, *args, **kwargs)
        except TypeError as error:
            if not _is_of_the_call(error):
                raise
            raise misfit(kind.__name__, init, kind, args, kwargs) from None
        except AttributeError as error:
            mine = error.obj is self or error.obj is None
            if last and mine and _unmade(self):
                raise _no_super(self) from error
            raise
        if last and _unmade(self):
            raise _no_super(self)

    setattr(constructor, GUARDS, True)
    return constructor


def fitting(function: F) -> F:
    """Return a function that stands for a class, such as `Input`, with the same messages."""

    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            if not _is_of_the_call(error):
                raise
            raise misfit(function.__name__, function, None, args, kwargs) from None

    return cast(F, called)


def misfit(
    owner: str,
    function: Callable[..., Any],
    cls: type | None,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> KeywordError:
    """Return what is wrong with the arguments that a constructor or function was given.

    Args:
        owner: how messages name it.
        function: what they do not fit: the constructor of a class or of one above it.
        cls: the class that was to be made, None for a function.
        args, kwargs: the arguments, without `self`.
    """
    import inspect

    parameters = list(inspect.signature(function).parameters.values())[cls is not None :]
    kinds = {p.kind for p in parameters}
    places = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    names = [p.name for p in named]
    given = [*places[: len(args)], *kwargs]
    missing = [p.name for p in named if p.default is p.empty and p.name not in given]
    unknown = [name for name in kwargs if name not in names]
    if inspect.Parameter.VAR_KEYWORD in kinds:  # they may be meant for a class above
        unknown = [name for name in unknown if _check.suggestion(name, missing)]
    if unknown:
        known = names if cls is None else _config.arguments(cls)
        known = missing if _check.suggestion(unknown[0], missing) else known
        return _check.unknown_argument(owner, unknown[0], owner, known)
    if len(args) > len(places) and inspect.Parameter.VAR_POSITIONAL not in kinds:
        return _too_many(owner, places, [n for n in names if n not in places], len(args))
    twice = [name for name in kwargs if name in places[: len(args)]]
    if twice:
        return KeywordError(
            f"{owner}: `{twice[0]}` must be given once; got it by position and by name."
        )
    name = missing[0] if missing else "arguments"
    return KeywordError(
        f"{owner}: `{name}` must be given; got no value for it. Write `{owner}({name}=…)`."
    )


def _too_many(owner: str, places: list[str], others: list[str], count: int) -> KeywordError:
    """Return what is wrong where more arguments come by position than have places."""
    if places:
        plural = "s" * (len(places) > 1)
        rule = f"at most {len(places)} argument{plural} must be given by position"
        rule = f"{rule} ({', '.join(places)})"
    else:
        rule = "arguments must be given by name" if others else "there must be no arguments"
    fix = f" Give the others by name: {', '.join(others)}." if others else ""
    return KeywordError(f"{owner}: {rule}; got {count}.{fix}")


def _is_of_the_call(error: TypeError) -> bool:
    """Say whether a call failed before it began, in the frame that has caught the error."""
    trace = error.__traceback__
    return trace is not None and trace.tb_next is None and not isinstance(error, ElmanError)


def _is_yours(cls: type) -> bool:
    return cls.__module__.split(".")[0] != "elman"


def _unmade(instance: Any) -> bool:
    """Say whether a constructor of elman's had to run, and has not."""
    if vars(instance).pop(MADE, False) or not _is_yours(type(instance)):
        return False
    makers = (cls for cls in type(instance).__mro__ if "__init__" in vars(cls))
    maker = next(cls for cls in makers if not _is_yours(cls))
    return maker not in (Constructed, object) and getattr(maker, "_super_needed", True)


def _no_super(instance: Any) -> NotBuiltError:
    return NotBuiltError(
        f"{type(instance).__name__}: `super().__init__()` must be called first in its `__init__`; "
        "it was not. Make `super().__init__(**kwargs)` its first line."
    )


Constructed.__init__ = guarded(Constructed, Constructed.__init__)  # type: ignore[method-assign]
