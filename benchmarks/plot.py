"""Training and inference as a picture, with matplotlib.

A panel a layer: time against shape, a line a contender, and over each shape how many times as fast
as the fastest of the others elman is. White ground and dark lines: it is read on dark pages too.
"""

from pathlib import Path
from typing import Any

from benchmarks.contenders import CONTENDERS, OWN
from benchmarks.problem import LAYERS
from benchmarks.ratios import by_point, to_fastest
from benchmarks.records import Record

TASKS = {"train": "training step", "infer": "inference"}
COLORS = {
    OWN: "#c1272d", "torch": "#e58b2a", "JAX": "#2a6fbb", "Keras-TF": "#3f8f4f",
    "Keras-JAX": "#7a5aa8", "ONNX-RT": "#707070",
}  # fmt: skip
MARKERS = {OWN: "o", "torch": "s", "JAX": "^", "Keras-TF": "D", "Keras-JAX": "v", "ONNX-RT": "P"}


def plot(record: Record, path: Path) -> None:
    """Draw what was measured with the most threads, to a file that ends in .svg or .png."""
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams.update({"font.size": 9, "svg.hashsalt": "elman", "svg.fonttype": "none"})
    from matplotlib import pyplot

    threads = max(record.settings["threads"])
    tasks = [task for task in TASKS if record.of(task, threads)]
    figure, axes = pyplot.subplots(
        len(tasks), len(LAYERS), figsize=(10, 3.2 * len(tasks) + 0.9), squeeze=False,
        sharex=True, sharey="row", facecolor="white",
    )  # fmt: skip
    for row, task in zip(axes, tasks, strict=True):
        for axis, layer in zip(row, LAYERS, strict=True):
            _panel(axis, record, task, layer, threads)
        row[0].set_ylabel(f"{TASKS[task]}, ms")
    for axis, layer in zip(axes[0], LAYERS, strict=True):
        axis.set_title(layer, fontweight="bold")
    _name(figure, axes, record, threads)
    figure.savefig(path, dpi=150, facecolor="white")
    pyplot.close(figure)


def _panel(axis: Any, record: Record, task: str, layer: str, threads: int) -> None:
    found = [m for m in record.of(task, threads) if m.what["layer"] == layer]
    shapes = list(dict.fromkeys(m.what["shape"] for m in found))
    for name in CONTENDERS:
        points = {m.what["shape"]: 1e3 * m.value for m in found if m.contender == name}
        if points:
            axis.plot(
                [shapes.index(shape) for shape in points], list(points.values()), label=name,
                color=COLORS.get(name, "black"), marker=MARKERS.get(name, "x"), markersize=5,
                linewidth=2.5 if name == OWN else 1.2, zorder=3 if name == OWN else 2,
            )  # fmt: skip
    ratios, fastest = to_fastest(found), by_point(found)
    for (_, _, shape), ratio in ratios.items():
        own = fastest[threads, layer, shape][OWN].value
        axis.annotate(
            f"{ratio:.1f}x", (shapes.index(shape), 1e3 * own), xytext=(0, -13), ha="center",
            textcoords="offset points", color=COLORS[OWN], fontsize=8, fontweight="bold",
        )  # fmt: skip
    axis.set_yscale("log")
    axis.margins(x=0.09, y=0.16)
    axis.set_xticks(range(len(shapes)), [shape.replace(",", "\n") for shape in shapes])
    axis.grid(axis="y", color="#e4e4e4", linewidth=0.7)
    axis.spines[["top", "right"]].set_visible(False)


def _name(figure: Any, axes: Any, record: Record, threads: int) -> None:
    """Say who is who, what the axes are, and on which machine."""
    lines = {line.get_label(): line for axis in axes.flat for line in axis.get_lines()}
    names = [name for name in CONTENDERS if name in lines]
    figure.legend(
        [lines[name] for name in names], names, loc="upper center", ncols=len(names), frameon=False
    )
    m = record.machine
    figure.text(
        0.5, 0.012,
        "under each panel: batch, timesteps, features, units; at elman's points: times as fast as "
        "the fastest of the others\n"
        f"{m['processor']}, {threads} threads; elman {record.elman['version']} "
        f"({record.elman['implementation']}), float32; medians",
        ha="center", fontsize=8, color="#404040",
    )  # fmt: skip
    figure.tight_layout(rect=(0, 0.055, 1, 0.95))
