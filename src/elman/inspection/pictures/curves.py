"""Training curves: the loss and each metric by epoch."""

from typing import Any

from elman.errors import ArgumentError
from elman.inspection.pictures import style


def plot_history(history: Any, *, log: bool = False) -> Any:
    """Draw the loss and each metric by epoch, and what validation says beside it.

    Args:
        history: what `fit` returned, or the dictionary in it: name -> one value an epoch.
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
        style.title(one, name)
        one.set_ylabel(f"{name} (log scale)" if log else name)
        if log:
            one.set_yscale("log")
    axes[-1][0].set_xlabel("epoch")
    return figure


def _curve(axes: Any, values: Any, label: str | None) -> None:
    axes.plot(
        range(1, len(values) + 1), values, label=label, marker="." if len(values) < 30 else ""
    )
    style.whole_numbers(axes.xaxis)
