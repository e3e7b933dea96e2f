"""`model.summary()`: the table that Keras 3 prints."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from elman import _check
from elman._typing import Shape
from elman.errors import ArgumentError
from elman.layers import Layer
from elman.layers.operation import Operation
from elman.layers.saved.serialization import class_name

if TYPE_CHECKING:
    from elman.models.model import Model

NUMBER, NONE, SYMBOL, FROZEN = "color(34)", "color(45)", "color(33)", "color(9)"
NARROWEST = 4  # columns of text, below which Keras prints no table either

# Layers without weights that Keras calls built before they have seen a shape.
BUILT_AT_ONCE = {
    "Activation", "ActivityRegularization", "AlphaDropout", "AveragePooling1D", "Dropout",
    "ELU", "GaussianDropout", "GaussianNoise", "GlobalAveragePooling1D",
    "GlobalMaxPooling1D", "Identity", "InputLayer", "LeakyReLU", "Masking", "MaxPooling1D",
    "ReLU", "Reshape", "Softmax", "SpatialDropout1D", "UnitNormalization",
}  # fmt: skip


class Row(NamedTuple):
    """A line of the table: a layer, how deep it is nested, and the shapes it was seen to put out.

    Attributes:
        layer: the layer.
        level: 0 of the model's own layers, 1 of those inside one of them, and so on.
        seen: the shapes that it put out inside the `call` of the layer around it, if it has one.
    """

    layer: Layer
    level: int
    seen: list[Shape]


def print_summary(
    model: "Model",
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], Any] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> None:
    """Print the layers, their output shapes and their parameters.

    Args:
        model: the model.
        line_length: width of the table in columns of text.
        positions: where each column ends, as a share of the width.
        print_fn: takes the text in place of the terminal.
        expand_nested: whether the layers of models inside are listed too.
        show_trainable: whether a column says which layers training changes.
        layer_range: the names, or regular expressions for them, of the first and the last layer to
            be listed.

    Raises:
        ArgumentError: the positions do not rise to 1 at most, or no layer has such a name.
    """
    from rich.console import Console
    from rich.markup import escape

    owner = f"{model.owner}: summary"
    if line_length is not None:
        _check.integer(owner, "line_length", line_length)
    layers = _in_range(owner, listed(model), layer_range)
    rows = [row for layer in layers for row in _rows(model, layer, expand_nested)]
    table = _table(owner, model, rows, line_length, positions, show_trainable)
    plain: dict[str, Any] = {"force_terminal": False, "color_system": None} if print_fn else {}
    console = Console(highlight=False, **plain)
    console.width = max(console.width, line_length or 0)  # rich cuts off what does not fit
    if print_fn:
        console.begin_capture()
    console.print(f'[bold]Model: "{escape(model.name)}"[/]')
    console.print(table)
    for title, count, size in _totals(model):
        console.print(f"[bold] {title} params: [/][{NUMBER}]{count:,}[/] ({_readable(size)})")
    if print_fn:
        print_fn(console.end_capture())


def _totals(model: "Model") -> list[tuple[str, int, int]]:
    """Return how many numbers there are of each kind, and their bytes."""
    found = {
        "Trainable": [weight.array for weight in model.trainable_weights],
        "Non-trainable": [weight.array for weight in model.non_trainable_weights],
    }
    if model.compiled is not None and model.compiled.buffers:  # a step has been taken
        state = model.compiled.optimizer.state()
        if "learning_rate" in state:
            state["learning_rate"] = np.array(state["learning_rate"], np.float32)  # as in Keras
        found["Optimizer"] = list(state.values())
    rows = [
        (title, sum(a.size for a in arrays), sum(a.nbytes for a in arrays))
        for title, arrays in found.items()
    ]
    return [("Total", sum(row[1] for row in rows), sum(row[2] for row in rows)), *rows]


# ---------------------------------------------------------------------- which layers


def listed(model: "Model") -> list[Layer]:
    """Return the layers that stand in a table of a model, its inputs among them."""
    return model.layers if is_list(model) else model.graph.layers


def is_list(model: "Model") -> bool:
    """Say whether a model is a list of layers: of a Sequential, or of a class with a `call`."""
    return model.is_own or hasattr(model, "stack")


def _in_range(owner: str, layers: list[Layer], names: Sequence[str] | None) -> list[Layer]:
    """Return the layers from the first that one name fits to the last that the other fits."""
    if names is None:
        return layers
    pair = isinstance(names, (list, tuple)) and len(names) == 2
    if not pair or not all(isinstance(name, str) for name in names):
        raise ArgumentError(
            f"{owner}: `layer_range` must be the names of two layers, the first and the last to "
            f"be listed; got {names!r}."
        )
    first, last = (_fitting(owner, layers, name) for name in names)
    start, end = min(first), max(last)
    if start > end:
        start, end = min(last), max(first)
    return layers[start : end + 1]


def _fitting(owner: str, layers: list[Layer], name: str) -> list[int]:
    """Return the places of the layers whose names begin as a regular expression says."""
    try:
        pattern = re.compile(name)
    except re.error as error:
        raise ArgumentError(
            f"{owner}: `layer_range` must hold names or regular expressions; got {name!r}, which "
            f"is none: {error}."
        ) from None
    found = [i for i, layer in enumerate(layers) if pattern.match(layer.name)]
    if not found:
        near = _check.suggestion(name, [layer.name for layer in layers])
        raise ArgumentError(
            f"{owner}: `layer_range` must hold names that layers have; got {name!r}.{near}"
        )
    return found


def _rows(around: Layer, layer: Layer, expand: bool, level: int = 0) -> Iterator[Row]:
    """Return the line of a layer, and of the layers inside it if they are asked for."""
    notes = vars(around).get("_noted")
    yield Row(layer, level, [] if notes is None else notes.shapes.get(layer, []))
    inside = getattr(layer, "layers", ()) if expand else ()
    for each in inside:
        if not isinstance(each, Operation):  # which Keras does not count as a layer
            yield from _rows(layer, each, expand, level + 1)


# ---------------------------------------------------------------------- the table


def _table(
    owner: str,
    model: "Model",
    rows: list[Row],
    line_length: int | None,
    positions: Sequence[float] | None,
    show_trainable: bool,
) -> Any:
    import shutil

    from rich.table import Column, Table

    chain = _is_chain(model)
    widest = (88 if chain else 108) + 12 * show_trainable
    titles = ["Layer (type)", "Output Shape", "Param #", *["Connected to"] * (not chain)]
    justify = ["left", "left", "right", *["left"] * (not chain)]
    usual = (0.45, 0.80, 1.0) if chain else (0.3, 0.56, 0.74, 1.0)
    shares = _shares(owner, usual if positions is None else positions, titles)
    if show_trainable:
        shares = [*(0.9 * share for share in shares), 1.0]
        titles, justify = [*titles, "Trainable"], [*justify, "center"]
    width = line_length or min(widest, shutil.get_terminal_size().columns - 4)
    ends = [0, *(int(share * width) for share in shares)]
    widths = [end - start for start, end in pairwise(ends)]
    if min(widths) < NARROWEST:
        raise ArgumentError(
            f"{owner}: `line_length` must give each column at least {NARROWEST} characters; got "
            f"{width} for {', '.join(titles)}."
        )
    columns = [
        Column(title, justify=side, width=size)  # type: ignore[arg-type]
        for title, side, size in zip(titles, justify, widths, strict=True)
    ]
    table = Table(*columns, width=width, show_lines=True)
    for row in rows:
        fields = [_name(row), _shape(row), _count(row.layer)]
        fields += [] if chain else [_connections(model, row.layer)]
        fields += [_trainable(row.layer)] if show_trainable else []
        table.add_row(*fields)
    return table


def _shares(owner: str, positions: Sequence[float], titles: list[str]) -> list[float]:
    """Return where the columns end; what is given for more columns than there are is for others."""
    shares = list(positions) if isinstance(positions, (list, tuple)) else []
    numbers = all(isinstance(share, (int, float)) for share in shares)
    rising = numbers and all(a < b for a, b in zip([0, *shares], shares, strict=False))
    if len(shares) < len(titles) or not rising or shares[-1] > 1:
        raise ArgumentError(
            f"{owner}: `positions` must be rising shares of the line, 1 at most, one for each of "
            f"{', '.join(titles)}; got {positions!r}."
        )
    return shares[: len(titles)]


def _name(row: Row) -> str:
    from rich.markup import escape

    prefix = "   " * row.level + "└ " if row.level else ""
    return f"{prefix}{escape(row.layer.name)} ([{SYMBOL}]{escape(class_name(row.layer))}[/])"


def _count(layer: Layer) -> str:
    if layer.built:
        return f"[{NUMBER}]{layer.count_params():,}[/]"
    unbuilt = "" if type(layer).__name__ in BUILT_AT_ONCE else " (unbuilt)"
    return f"[{NUMBER}]0[/]{unbuilt}"


def _trainable(layer: Layer) -> str:
    if not layer.weights:
        return "[bold]-[/]"
    return f"[bold {NUMBER}]Y[/]" if layer.trainable else f"[bold {FROZEN}]N[/]"


def _is_chain(model: "Model") -> bool:
    """Say whether every layer has one input and one call, so that connections need no column."""
    if is_list(model):
        return True
    one_each = all(len(n) == 1 and len(n[0].parents) <= 1 for n in model.graph.depths)
    return one_each and len(model.graph.nodes) == len(model.graph.layers)


def _shape(row: Row) -> str:
    """Return the output's shape, or a list of shapes; in Keras's words a tuple of what was seen."""
    if row.seen or not row.layer.nodes:
        shapes = [_colored(shape) for shape in row.seen] or ["?"]
        opening, closing = "(", ")"
    else:
        shapes = [_colored(tensor.shape) for tensor in row.layer.nodes[-1].outputs]
        opening, closing = "\\[", "]"
    return shapes[0] if len(shapes) == 1 else f"{opening}{', '.join(shapes)}{closing}"


def _colored(shape: Sequence[int | None]) -> str:
    sizes = (f"[{NONE}]None[/]" if size is None else f"[{NUMBER}]{size}[/]" for size in shape)
    return f"({', '.join(sizes)})"


def _connections(model: "Model", layer: Layer) -> str:
    """Return which outputs of which layers go into this one, in this model."""
    inside = {id(node) for node in model.graph.nodes}
    found = [
        f"{tensor.name}[[{NUMBER}]{tensor.node.index}[/]][[{NUMBER}]{tensor.index}[/]]"
        for node in layer.nodes
        if id(node) in inside
        for tensor in node.inputs
    ]
    return ", ".join(found) or "-"


def _readable(size: float) -> str:
    """Return a number of bytes as Keras writes it."""
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} PB"
