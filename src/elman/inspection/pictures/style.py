"""How pictures look: figures, colours and scales."""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.errors import MissingDependencyError

# M. Okabe and K. Ito, "Color universal design" (2008), the darker ones first.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
SIGNED = "PuOr_r"  # what has two signs, white at zero
RAISES, LOWERS = "#B35806", "#542788"  # positive and negative, of its two ends
SHARE = "cividis"  # what goes from 0 to 1, or up from a least value
TOKENS = 24  # so many have room for their numbers beside each other
MISSING = "#BBBBBB"  # where there is nothing, as at masked steps


def figure(rows: int = 1, columns: int = 1, *, size: tuple[float, float]) -> tuple[Any, Any]:
    """Return a new figure, and its axes as a nest of `rows` lists.

    Args:
        rows, columns: how many axes.
        size: of the figure, width and height in inches.

    Raises:
        MissingDependencyError: matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot, rc_context
    except ImportError as error:
        raise MissingDependencyError(
            "matplotlib is needed to draw. Install it with `pip install 'elman[plot]'`."
        ) from error
    settings = {
        "axes.prop_cycle": pyplot.cycler(color=COLOURS),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.dpi": 120,
    }
    with rc_context(settings):
        found, axes = pyplot.subplots(
            rows, columns, figsize=size, layout="constrained", squeeze=False
        )
    return found, axes


def plain(text: str) -> str:
    """Return a text in which a dollar is a dollar: names may hold what is no mathematics."""
    return text.replace("$", r"\$")


def heading(drawn: Any, text: str) -> None:
    """Write what a figure shows over all of it."""
    drawn.suptitle(plain(text))


def title(axes: Any, text: str) -> None:
    """Write what axes show over them."""
    axes.set_title(plain(text), loc="left", fontsize="medium")


def whole_numbers(axis: Any) -> None:
    """Put ticks at whole numbers alone, as of timesteps, units and ranks, be it one alone."""
    axis.get_major_locator().set_params(integer=True, min_n_ticks=1)


def ranks(axes: Any, count: int, first: int = 0) -> None:
    """Number bars along the x axis, and leave some air where there are few: a bar is no wall."""
    spare = 1.0 if count < 3 else 0.0
    axes.set_xlim(first - 0.5 - spare, first + count - 0.5 + spare)
    if count < 10:
        axes.set_xticks(range(first, first + count))
    else:
        whole_numbers(axes.xaxis)


def legend_below(axes: Any) -> None:
    """Put the legend under the axes, where it covers nothing."""
    axes.legend(frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(-0.05, -0.15))


def marker(count: int) -> str:
    """Return the marker of a line's points: none where they are many, but one alone has no line."""
    return "." if count < 30 else ""


def tokens(axes: Any, numbers: Array) -> None:
    """Write tokens (timesteps,) into the heatmap of one row that they are, if there is room."""
    axes.set_yticks([])
    if len(numbers) > TOKENS:
        return
    for t, number in enumerate(numbers):
        if np.isfinite(number):
            axes.text(
                t, 0, f"{number:.0f}", ha="center", va="center",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 2},
            )  # fmt: skip


def heatmap(
    axes: Any,
    values: Array,
    *,
    signed: bool,
    label: str,
    limits: tuple[float, float] | None = None,
) -> Any:
    """Draw values (rows, columns) as colours, and the scale beside them; return the image.

    Args:
        axes: where.
        values: what; NaN is grey.
        signed: whether zero is in the middle of the scale.
        label: what the values are, with their unit.
        limits: the ends of the scale; those of the values if None.
    """
    import matplotlib

    finite = values[np.isfinite(values)]
    least, most = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    if signed:
        most = max(abs(least), abs(most)) or 1.0
        least = -most
    least, most = limits or (least, most)
    colours = matplotlib.colormaps[SIGNED if signed else SHARE].with_extremes(bad=MISSING)
    image = axes.imshow(
        values, aspect="auto", interpolation="nearest", cmap=colours, vmin=least, vmax=most
    )
    axes.figure.colorbar(image, ax=axes, label=plain(label), format="%.3g")  # no "1e-5" beside it
    return image
