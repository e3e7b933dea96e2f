"""What `elman inspect` prints: tables of weights and gates, and heatmaps made of text.

    unit 3   ▁▂▄▅▇█▇▅      one character a timestep

A character's height is where a number stands between the ends of its scale. Where these are on both
sides of zero, what is near it is a point, so that the rest stands out. Where the terminal has no
Unicode it is a digit, 1 to 8. Of many timesteps in a character the largest number is shown, of many
units those that vary most.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from elman._typing import Array, Mask
from elman.cli import picture
from elman.cli.shared import plural, visible
from elman.errors import ArgumentError
from elman.inspection import entered, one_sample, weights
from elman.inspection.attribution import Attribution
from elman.inspection.layer_trace import LayerTrace
from elman.inspection.trace import Trace

if TYPE_CHECKING:
    from rich.console import Console

    from elman.models import Model

UNITS = 8  # rows of a heatmap, at most
LABEL = 11  # columns in front of it
TOKEN = ["token"]  # the name of what is one number a step
LOW, HIGH = 0.1, 0.9  # a gate below is closed, above open


def say_weights(console: "Console", model: "Model") -> bool:
    """Print how large the weights of each gate are, and how far R lets a state reach, if any."""
    try:
        found = weights(model)
    except ArgumentError:
        return False  # cells of one's own have no gates that elman knows
    console.print("\n[bold]Weights by gate[/]: Frobenius norms, and the largest |eigenvalue| of R")
    console.print(visible(str(found)), highlight=False, markup=False, soft_wrap=True)
    return True


def say_trace(
    console: "Console",
    trace: Trace,
    inputs: Sequence[str],
    features: Sequence[str] | None,
    found: Attribution | None,
) -> None:
    """Print what one sample goes through: gates in numbers, states and gradients by timestep.

    Args:
        console: where to.
        trace: of one sample.
        inputs: names of the inputs.
        features: names of those of the first input.
        found: how much its numbers count.
    """
    _say_gates(console, trace)
    glyphs = picture.glyphs(console)
    low, high = glyphs.levels[0], glyphs.levels[-1]
    console.print(
        f"\n{low} is the lower end of a scale, {high} the upper; {glyphs.nothing} is near zero "
        "where a scale has both signs; a blank is a masked step; "
        f"{glyphs.broken} is not a finite number.",
        highlight=False,
    )
    for i, given in enumerate(entered.sequences(trace, 0)):
        x, names = given.values, TOKEN if given.words else features if i == 0 else None
        title = given.title[0].upper() + given.title[1:]
        shown = _marked(x, given.mask)
        heatmap(console, title, shown, one_sample.limits("x", x), "feature", names)
    if found is not None:
        scores = found.values[0]
        named = TOKEN if found.x.ndim == 2 else features
        names = named if named and len(named) == scores.shape[1] else None
        title = f"{found.method} of {found.target}"
        shown = _marked(scores, None if found.mask is None else found.mask[0])
        heatmap(console, title, shown, one_sample.about_zero(scores), "feature", names)
    for name, one in trace.items():
        _say_layer(console, name, one)


def _say_gates(console: "Console", trace: Trace) -> None:
    grid = _grid("layer", "gate", "mean", "least", "largest", f"< {LOW}", f"> {HIGH}")
    for name, one in trace.items():
        for gate, array in one_sample.values(one, 0).items():
            known = array[np.isfinite(array)]
            if gate in one.gates and known.size:
                shares = [f"{np.mean(known < LOW):.0%}", f"{np.mean(known > HIGH):.0%}"]
                ends = (known.mean(), known.min(), known.max())
                bounded = "candidate" not in gate and one_sample.limits(gate, known) == (0, 1)
                shown = shares if bounded else ["", ""]
                grid.add_row(escape(visible(name)), gate, *(f"{each:.3g}" for each in ends), *shown)
    if grid.row_count:
        console.print(
            f"\n[bold]Gates[/], over units and timesteps: below {LOW} closed, above {HIGH} open",
            highlight=False,
        )
        console.print(grid)


def _say_layer(console: "Console", name: str, one: LayerTrace) -> None:
    """Print the state that a layer puts out, and the gradients that reach it."""
    state, array = next(iter(one_sample.values(one, 0).items()))
    title = f"{name}: {one_sample.meaning(state)}"
    heatmap(console, title, _marked(array, one.mask[0]), one_sample.limits(state, array), "unit")
    if hasattr(one, "gradients"):
        array = one_sample.gradients(one.gradients, one, 0, [state])[state]
        limits = one_sample.about_zero(array)
        heatmap(console, f"{name}: dL/d({state})", _marked(array, one.mask[0]), limits, "unit")


def _marked(values: Array, mask: Mask | None = None) -> Array:
    """Return numbers with NaN that is shown, where what is masked is a blank."""
    shown = np.where(np.isnan(values), np.inf, values)
    return shown if mask is None else np.where(mask[:, None], shown, np.nan)


def heatmap(
    console: "Console",
    title: str,
    values: Array,
    limits: tuple[float, float],
    row: str,
    names: Sequence[str] | None = None,
) -> None:
    """Print numbers (timesteps, columns) as a line a column, one character a timestep.

    >>> from rich.console import Console
    >>> heatmap(Console(width=40), "State", np.array([[-1.0], [1.0]]), (-1, 1), "unit")
    <BLANKLINE>
    State, scale -1 to 1
      unit 0    ▁█
      timestep  0
    """
    glyphs = picture.glyphs(console)
    width = max(console.width - LABEL - 1, 10)
    every = -(-len(values) // width)
    shown = _most_varied(values)
    notes = [f"scale {limits[0]:.3g} to {limits[1]:.3g}"]
    if len(shown) < values.shape[1]:
        notes.append(f"the {plural(len(shown), row)} of {values.shape[1]} that vary most")
    if every > 1:
        notes.append(f"the largest of each {every} timesteps")
    head = f"\n[bold]{escape(visible(title))}[/], {', '.join(notes)}"
    console.print(head, highlight=False, soft_wrap=True)
    drawn = _largest(values, every)
    for k in shown:
        label = f"{row} {k}" if names is None else visible(names[k])
        line = Text(f"  {label[: LABEL - 2]:<{LABEL - 1}}")
        for value in drawn[:, k]:
            line.append(*_character(value, limits, glyphs))
        line.rstrip()
        console.print(line)
    console.print(_axis(np.arange(0, len(values), every)), style=picture.FAINT, highlight=False)


def _largest(values: Array, every: int) -> Array:
    """Return the number that is largest in size of so many timesteps, column by column.

    >>> _largest(np.array([[1.0], [-3.0], [np.nan]]), 2).ravel().tolist()
    [-3.0, nan]
    """
    padded = np.pad(values, ((0, -len(values) % every), (0, 0)), constant_values=np.nan)
    bins = padded.reshape(-1, every, values.shape[1])
    sizes = np.where(np.isnan(bins), -1, np.abs(bins))
    found: Array = np.take_along_axis(bins, sizes.argmax(axis=1)[:, None], axis=1)[:, 0]
    return found


def _most_varied(values: Array) -> list[int]:
    """Return the columns that vary most, in their order."""
    if values.shape[1] <= UNITS:
        return list(range(values.shape[1]))
    known = np.where(np.isfinite(values), values, 0)
    most: list[int] = np.sort(np.argsort(-known.std(axis=0), kind="stable")[:UNITS]).tolist()
    return most


def _character(
    value: float, limits: tuple[float, float], glyphs: picture.Glyphs
) -> tuple[str, str]:
    """Return the character of a number, and its style."""
    if not np.isfinite(value):
        return (" ", "") if np.isnan(value) else (glyphs.broken, "bold red")
    low, high = limits
    level = min(int(8 * (value - low) / (high - low)), 7)
    if low < 0 and not picture.level(value, high):
        return glyphs.nothing, picture.FAINT
    if low < 0:
        return glyphs.levels[level], picture.POSITIVE if value > 0 else picture.NEGATIVE
    return glyphs.levels[level], picture.SIZE


def _axis(steps: Array) -> str:
    """Return a line that numbers every tenth character.

    >>> _axis(np.arange(12))
    '  timestep  0         10'
    """
    numbers = "".join(f"{steps[k]:<10}" for k in range(0, len(steps), 10))
    return f"  {'timestep':<{LABEL - 1}}{numbers}".rstrip()


def _grid(*names: str) -> Table:
    """Return an empty table: words on the left, numbers on the right."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        grid.add_column(name, justify="left" if name in ("layer", "gate") else "right")
    return grid
