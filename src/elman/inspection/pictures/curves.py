"""Training curves: the loss and each metric by epoch."""

from typing import Any

import numpy as np

from elman.errors import ArgumentError
from elman.inspection.pictures import style


def plot_history(history: Any, *, log: bool = False) -> Any:
    """Draw the loss and each metric by epoch, and what validation says beside it.

    Args:
        history: what `fit` returned, or the dictionary in it: name -> one value an epoch; or the
            model, for what its last `fit` returned.
        log: whether the values go by their logarithms.

    Returns:
        The figure, of matplotlib.

    Raises:
        ArgumentError: there is no epoch in it.
        MissingDependencyError: matplotlib is not installed.

    >>> from elman.inspection import plot_history
    >>> figure = plot_history({"loss": [2.0, 1.0], "val_loss": [2.5, 1.5]})
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['loss']
    """
    known = getattr(history, "history", history)
    known = getattr(known, "history", known)  # of a model
    if not isinstance(known, dict) or not any(len(values) for values in known.values()):
        raise ArgumentError(
            f"plot_history: `history` must be what `fit` returned, with an epoch at least; got "
            f"{known!r:.80}."
        )
    names = [name for name in known if name.removeprefix("val_") not in known or name[:4] != "val_"]
    figure, axes = style.figure(len(names), size=(6.4, 2.4 * len(names) + 0.3))
    for (one,), name in zip(axes, names, strict=True):
        _curve(one, known[name], "training" if f"val_{name}" in known else None)
        if f"val_{name}" in known:
            _curve(one, known[f"val_{name}"], "validation")
            one.legend(frameon=False)
        style.title(one, name + _broken(known[name], log))
        one.set_ylabel(style.plain(f"{name} (log scale)" if log else name))
        if log:
            _by_logarithms(one)
    axes[-1][0].set_xlabel("epoch")
    return figure


def _curve(axes: Any, values: Any, label: str | None) -> None:
    axes.plot(range(1, len(values) + 1), values, label=label, marker=style.marker(len(values)))
    style.whole_numbers(axes.xaxis)


def _broken(values: Any, log: bool) -> str:
    """Say where there is nothing to draw for the first time.

    >>> _broken([2.0, float("nan")], False), _broken([2.0, 0.0], True), _broken([0.0], False)
    (': not finite in epoch 2', ': no logarithm in epoch 2', '')
    """
    known = np.asarray(values, np.float64)
    for there, what in ((np.isfinite(known), "not finite"), (known > 0, "no logarithm")):
        if not there.all() and (log or what == "not finite"):
            return f": {what} in epoch {there.argmin() + 1}"
    return ""


def _by_logarithms(axes: Any) -> None:
    """Let values go by their logarithms; what has none, as 0, is a gap."""
    axes.set_yscale("log", nonpositive="mask")
    least, most = axes.get_ylim()
    if most < 2 * least:  # between two ticks of such a scale, that would have none
        axes.set_ylim(least / 2, most * 2)
