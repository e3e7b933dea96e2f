"""Draw the pictures of docs/guides/masking.md: `python docs/images/masks_and_lengths.py`.

White ground and dark lines: they are read on dark pages too.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SEQUENCES = (5, 2, 4)  # their lengths
TIMESTEPS, STEPS = 12, 4  # of the sequence that is cut up, and of a chunk
REAL, PADDING, STATE, GRADIENT = "#9cc3e6", "#eeeeee", "#2a6fbb", "#c1272d"


def padding(pyplot: Any) -> Any:
    """Draw a list of sequences, and the same in one array with a mask."""
    figure, axes = pyplot.subplots(1, 3, figsize=(9, 2.4), facecolor="white")
    longest = max(SEQUENCES)
    for axis, title in zip(
        axes, ("a list of arrays", "padded", "mask, or lengths 5, 2, 4"), strict=True
    ):
        axis.set_title(title, fontsize=11)
        axis.set_xlim(-0.1, longest + 0.1)
        axis.set_ylim(len(SEQUENCES), -0.1)
        axis.axis("off")
    for i, n in enumerate(SEQUENCES):
        for t in range(longest):
            real = t < n
            if real:
                _cell(axes[0], t, i, REAL, f"$x_{t + 1}$")
            _cell(axes[1], t, i, REAL if real else PADDING, f"$x_{t + 1}$" if real else "0")
            _cell(axes[2], t, i, REAL if real else PADDING, "True" if real else "False", 8)
    return figure


def chunks(pyplot: Any) -> Any:
    """Draw truncated BPTT: states go on from chunk to chunk, gradients stay within."""
    figure, axis = pyplot.subplots(figsize=(9, 2.9), facecolor="white")
    axis.set_xlim(-0.3, TIMESTEPS + 1.6)
    axis.set_ylim(-1.5, 2.1)
    axis.axis("off")
    for t in range(TIMESTEPS):
        gap = 0.6 * (t // STEPS)
        _cell(axis, t + gap, 0, REAL, f"$h_{{{t + 1}}}$")
        last = t + 1 == TIMESTEPS
        ends = (t + 1) % STEPS == 0
        if not last:
            right = 0.6 if ends else 0
            _arrow(axis, (t + 0.5 + gap, 1.05), (t + 1.5 + gap + right, 1.05), STATE, 0.35)
        if not ends:
            _arrow(axis, (t + 1.5 + gap, -0.15), (t + 0.5 + gap, -0.15), GRADIENT, 0.35)
    for i in range(TIMESTEPS // STEPS):
        middle = i * (STEPS + 0.6) + STEPS / 2
        axis.text(middle, -1.1, f"chunk {i + 1}: loss, update", ha="center", fontsize=10)
        if i:
            axis.plot([middle - STEPS / 2 - 0.3] * 2, [-0.75, 0.85], color="#404040", ls=":")
    axis.text(0, 1.75, "state: carried on", color=STATE, fontsize=11)
    axis.text(TIMESTEPS + 1.2, 1.75, "gradient: cut", color=GRADIENT, fontsize=11, ha="right")
    return figure


def _cell(axis: Any, x: float, y: float, color: str, text: str, size: int = 10) -> None:
    from matplotlib.patches import Rectangle

    axis.add_patch(Rectangle((x + 0.04, y + 0.08), 0.92, 0.8, facecolor=color, edgecolor="#404040"))
    axis.text(x + 0.5, y + 0.48, text, ha="center", va="center", fontsize=size, color="black")


def _arrow(axis: Any, start: Any, end: Any, color: str, bend: float) -> None:
    style = {"arrowstyle": "->", "color": color, "connectionstyle": f"arc3,rad={-bend}"}
    axis.annotate("", xy=end, xytext=start, arrowprops=style)


PICTURES: dict[str, Callable[[Any], Any]] = {"padding.svg": padding, "chunks.svg": chunks}


def main(folder: Path = HERE) -> None:
    """Draw all pictures into a folder."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams.update({"svg.hashsalt": "elman", "svg.fonttype": "none"})
    from matplotlib import pyplot

    for name, draw in PICTURES.items():
        figure = draw(pyplot)
        figure.savefig(
            folder / name, bbox_inches="tight", facecolor="white", metadata={"Date": None}
        )
        pyplot.close(figure)


if __name__ == "__main__":
    main()
