"""What becomes of everything else when units are pushed, held, or silenced at chosen times?"""

from collections.abc import Callable
from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.inspection import both_passes, one_cell
from elman.inspection.changing import Change, Changing
from elman.inspection.comparison import Comparison
from elman.inspection.trace import Trace, of_pass
from elman.layers.parts import arguments
from elman.layers.parts.passes import Mode
from elman.layers.parts.watch import Watch

ENTERED = ("mask", "initial_state", "reset_mask")  # what may be given beside an input
DONE = {"perturb": "perturbed", "clamp": "clamped", "ablate": "ablated"}  # for titles


def perturb(
    model_or_layer: Any,
    x: Any,
    amount: Any,
    *,
    at: Any,
    units: Any = None,
    layer: str | None = None,
    state_name: str | None = None,
    **entered: Any,
) -> Comparison:
    """Run twice over an input, the second time with something added to states at chosen times.

    What a timestep leaves behind is changed: what it puts out, and what the next begins with. At
    masked steps nothing is changed, and nothing is learned or carried.

    Args:
        model_or_layer: a model, or a recurrent layer.
        x: its input, as for a call.
        amount: what is added: a number, or an array that goes with (batch, units).
        at: after which timesteps of the layer's input, a number or a list; -1 is the last.
        units: which, a number or a list, -1 being the last, or a truth value for each; all by
            default.
        layer: which recurrent layer of a model, by name, where there are several. Where it is
            called several times, it is changed at each call.
        state_name: which state of the cell, such as "c"; h by default.
        entered: `mask`, `initial_state` or `reset_mask`, as for `trace`.

    Raises:
        ShapeError: a shape does not fit.
        ArgumentError: there is no such layer, state, unit or timestep, or none is given; or
            `amount` is not finite.
        KeywordError: there is no such argument.
        NotBuiltError: the layer has no weights yet.

    >>> import elman, numpy as np
    >>> from elman.inspection import perturb
    >>> inside = [elman.layers.GRU(4, name="gru"), elman.layers.Dense(1)]
    >>> model = elman.Sequential([elman.Input((10, 2)), *inside])
    >>> found = perturb(model, np.ones((3, 10, 2)), 0.1, at=4, units=[0, 2])
    >>> found.distances()[0, 3:5].round(3), found.differences[0].shape
    (array([0.   , 0.141], dtype=float32), (3, 1))
    """

    def function(values: Array) -> Array:
        return values + _fitting(model_or_layer.owner, "amount", amount, values)

    _check_said("perturb", model_or_layer, "at", at, "after which timesteps")
    return _run("perturb", model_or_layer, x, function, at, units, layer, state_name, entered)


def clamp(
    model_or_layer: Any,
    x: Any,
    value: Any,
    *,
    at: Any = None,
    units: Any = None,
    layer: str | None = None,
    state_name: str | None = None,
    **entered: Any,
) -> Comparison:
    """Run twice over an input, the second time with states held at a value at chosen times.

    See `perturb` for arguments and errors; `value` is a number, or an array that goes with (batch,
    units), and without `at` it is held at all timesteps.

    >>> import elman, numpy as np
    >>> from elman.inspection import clamp
    >>> layer = elman.layers.GRU(4, name="gru")
    >>> layer.build((None, None, 2))
    >>> found = clamp(layer, np.ones((3, 10, 2)), 0.5, units=1, at=range(5, 10))
    >>> found.after["gru"].h[0, 5:, 1].tolist()
    [0.5, 0.5, 0.5, 0.5, 0.5]
    """

    def function(values: Array) -> Array:
        return _fitting(model_or_layer.owner, "value", value, values)

    return _run("clamp", model_or_layer, x, function, at, units, layer, state_name, entered)


def ablate(
    model_or_layer: Any,
    x: Any,
    units: Any,
    *,
    at: Any = None,
    layer: str | None = None,
    state_name: str | None = None,
    **entered: Any,
) -> Comparison:
    """Run twice over an input, the second time with the states of units zeroed, at all times.

    See `perturb` for arguments and errors; with `at` they are zeroed at those timesteps alone.

    >>> import elman, numpy as np
    >>> from elman.inspection import ablate
    >>> layer = elman.layers.GRU(4, name="gru")
    >>> layer.build((None, None, 2))
    >>> ablate(layer, np.ones((3, 10, 2)), [1, 2]).after["gru"].h[:, :, 1:3].any()
    np.False_
    """
    _check_said("ablate", model_or_layer, "units", units, "which units")
    return _run("ablate", model_or_layer, x, np.zeros_like, at, units, layer, state_name, entered)


def _check_said(function: str, model_or_layer: Any, name: str, value: Any, what: str) -> None:
    """Check that something is said that has no default, of a layer or a model."""
    both_passes.check_layer(function, "model_or_layer", model_or_layer)
    if value is None:
        raise ArgumentError(
            f"{model_or_layer.owner}: `{name}` must say {what}; got None. Give a number or a list."
        )


def _run(
    function: str,
    model_or_layer: Any,
    x: Any,
    change: Callable[[Array], Array],
    at: Any,
    units: Any,
    layer: str | None,
    state_name: str | None,
    entered: dict[str, Any],
) -> Comparison:
    """Run both times, and compare."""
    both_passes.check_layer(function, "model_or_layer", model_or_layer)
    owner = model_or_layer.owner
    for argument in entered.keys() - set(ENTERED):
        raise _check.unknown_argument(owner, argument, "it", ENTERED)
    name, cell = one_cell.find(function, model_or_layer, layer)
    names = list(cell.state_names)
    which = 0
    if state_name is not None:
        which = names.index(_check.one_of(owner, "state_name", state_name, names))
    chosen = _units(owner, name, cell.units, units)
    times = _whole(owner, "at", at)
    given = both_passes.enter(model_or_layer, x, **entered)
    runs: list[Trace] = []
    for watch in (Watch(), Changing(cell, Change(times, which, chosen, change))):
        found = both_passes.run(given, Mode(training=False, record=False, watch=watch))
        runs.append(of_pass(given, watch, found))
    timesteps = runs[0][name].x.shape[1]
    steps = list(range(timesteps)) if times is None else sorted({t % timesteps for t in times})
    told = "all units" if chosen is None else f"{len(chosen)} of {cell.units} units"
    before, after = runs
    return Comparison(before, after, name, steps, chosen, f"{told} of '{name}' {DONE[function]}")


def _units(owner: str, layer: str, count: int, units: Any) -> list[int] | None:
    """Return which units are meant, counted from the first; None for all."""
    truths = np.ndim(units) == 1 and np.asarray(units).dtype == bool
    if truths and len(units) != count:
        raise ShapeError(
            f"{owner}: `units` must have a truth value for each of {count} units of '{layer}'; got "
            f"{len(units)}."
        )
    chosen = _whole(owner, "units", np.flatnonzero(units) if truths else units)
    for unit in chosen or ():
        if not -count <= unit < count:
            raise ArgumentError(
                f"{owner}: `units` must be units of '{layer}', from {-count} to {count - 1}; got "
                f"{unit}."
            )
    return None if chosen is None else [unit % count for unit in chosen]


def _whole(owner: str, name: str, value: Any) -> list[int] | None:
    """Return a number or a list of them as a list, None for None."""
    if value is None:
        return None
    several = isinstance(value, (list, tuple, range)) or np.ndim(value) == 1
    if several and not len(value):
        raise ArgumentError(f"{owner}: `{name}` must name one at least; got none.")
    return [_check.integer(owner, name, each, None) for each in (value if several else [value])]


def _fitting(owner: str, name: str, value: Any, values: Array) -> Array:
    """Return what a user gave as an array like the values that it goes with."""
    array = arguments.held(owner, name, arguments.as_array(owner, name, value), values.dtype)
    if not np.isfinite(array).all():
        raise ArgumentError(f"{owner}: `{name}` must be finite; got NaN or infinity among it.")
    try:
        return np.broadcast_to(array, values.shape)
    except ValueError:
        raise ShapeError(
            f"{owner}: `{name}` must go with (batch={len(values)}, units={values.shape[1]}); got "
            f"{array.shape}."
        ) from None
