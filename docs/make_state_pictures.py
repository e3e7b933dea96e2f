"""Draw the pictures of docs/guides/state.md; it takes matplotlib.

python docs/make_state_pictures.py

images/state_rows.svg      which rows of which batches are one sequence
images/state_resets.svg    where each direction of a packed row is reset
"""

from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from matplotlib.patches import FancyBboxPatch

IMAGES = Path(__file__).parent / "images"
COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")  # to be told apart by everyone
GREY = "#767676"
STILL = {"svg.hashsalt": "elman", "svg.fonttype": "path", "font.size": 10}


def box(axes, x, y, width, color, text):
    """Draw a box with a word in it."""
    shape = FancyBboxPatch(
        (x + 0.06, y + 0.12), width - 0.12, 0.76, boxstyle="round,pad=0,rounding_size=0.08",
        facecolor=color, edgecolor="none",
    )  # fmt: skip
    axes.add_patch(shape)
    axes.text(x + width / 2, y + 0.5, text, color="white", ha="center", va="center")


def arrow(axes, start, end, **options):
    """Draw an arrow."""
    style = {"arrowstyle": "-|>", "color": GREY, "lw": 1.2, "shrinkA": 0, "shrinkB": 0, **options}
    axes.annotate("", end, start, arrowprops=style)


def empty(width, height, size):
    """Return a figure and axes without a frame."""
    figure, axes = plt.subplots(figsize=size)
    axes.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    axes.axis("off")
    return figure, axes


def rows():
    """Draw ten samples in batches of four."""
    figure, axes = empty(12.6, 5, (7.4, 3))
    for batch in range(3):
        left = 1.2 + 3.2 * batch
        axes.text(left + 1, 4.55, f"batch {batch}", ha="center", va="center")
        for row in range(4):
            sample, y = 4 * batch + row, 3.1 - row
            if sample < 10:
                box(axes, left, y, 2, COLORS[row], f"sample {sample}")
                arrow(axes, (left - 1.1, y + 0.5), (left, y + 0.5))
    for row in range(4):
        y, short = 3.1 - row, row >= 2
        end = (11.2, y + 0.5)
        arrow(axes, (6.4 if short else 9.6, y + 0.5), end, linestyle=(0, (2, 2)) if short else "-")
        axes.text(11.35, y + 0.5, f"row {row}", va="center", color=COLORS[row])
        axes.text(0, y + 0.62, "fresh", va="bottom", color=GREY, fontsize=8)
    return figure


def resets():
    """Draw a row of three documents, and the resets of both directions."""
    figure, axes = empty(11.2, 5.2, (7, 3.25))
    starts, T = (0, 3, 5), 8
    document = [sum(t >= start for start in starts) - 1 for t in range(T)]
    for t in range(T):
        box(axes, 2 + t, 2.1, 1, COLORS[document[t]], f"t={t}")
    for direction, y, step in (("forwards", 3.5, 1), ("backwards", 1.1, -1)):
        axes.text(0, y + 0.15, direction, va="center")
        for i, start in enumerate(starts):
            stop = (*starts, T)[i + 1]
            ends = [(2.15 + start, y + 0.15), (1.85 + stop, y + 0.15)][::step]
            arrow(axes, *ends, color=COLORS[i], lw=2)
    for start in starts[1:]:
        axes.plot([2 + start] * 2, [0.7, 4.1], color=GREY, lw=1, ls=(0, (2, 2)))
        axes.text(2 + start, 4.3, f"True at {start}", ha="center", fontsize=9)
        axes.text(2 + start, 0.35, f"before t={start - 1}", ha="center", fontsize=9, color=GREY)
    return figure


def main():
    """Write the pictures."""
    with plt.rc_context(STILL):
        for name, figure in (("state_rows", rows()), ("state_resets", resets())):
            path = IMAGES / f"{name}.svg"
            figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
            lines = (line.rstrip() for line in path.read_text(encoding="utf-8").splitlines())
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
