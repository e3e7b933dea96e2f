"""Every exception that elman raises on purpose.

A message is one sentence, **owner: `name` must <rule>; got <value>.**, and then the fix:

    LSTM 'encoder': `x` must have shape (batch, timesteps, features=8); got (32, 8).
    Add a time axis with `x[:, None, :]`.

Each class is also the builtin exception that a caller would expect to catch.
"""


class ElmanError(Exception):
    """Anything that elman raises on purpose."""


class ShapeError(ElmanError, ValueError):
    """An array has the wrong number of axes, or an axis has the wrong size."""


class ArgumentError(ElmanError, ValueError):
    """An argument has a value that the function cannot use."""


class KeywordError(ArgumentError, TypeError):
    """A function was given a keyword that it does not have."""


class FormatError(ElmanError, ValueError):
    """A file does not hold what its format promises."""


class NotBuiltError(ElmanError, RuntimeError):
    """A layer or model was asked for weights, losses or states that it does not have yet."""


class UnsetError(NotBuiltError, AttributeError):
    """A method of your own reads an attribute that nobody has set."""


class UnsupportedError(ElmanError, NotImplementedError):
    """Something that Keras has and elman does not."""


class TrainingError(ElmanError, RuntimeError):
    """Training has gone wrong, and was to be broken off then."""


class BusyError(ElmanError, RuntimeError):
    """What serves one thread at a time was used by two."""


class MissingDependencyError(ElmanError, ImportError):
    """An optional package is needed and not installed."""
