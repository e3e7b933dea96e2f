"""`model.summary()`: the table that Keras 3 prints."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman.layers import Layer
from elman.layers.serialization import class_name

if TYPE_CHECKING:
    from elman.models.model import Model

NUMBER, NONE, SYMBOL, FROZEN = "color(34)", "color(45)", "color(33)", "color(9)"


def print_summary(
    model: "Model",
    line_length: int | None = None,
    print_fn: Any = None,
    show_trainable: bool = False,
) -> None:
    """Print the layers, their output shapes and their parameters.

    Args:
        model: the model.
        line_length: width of the table.
        print_fn: takes the text in place of the terminal.
        show_trainable: whether a column says which layers training changes.
    """
    from rich.console import Console
    from rich.markup import escape

    plain: dict[str, Any] = {"force_terminal": False, "color_system": None} if print_fn else {}
    console = Console(highlight=False, **plain)
    console.width = max(console.width, line_length or 0)  # rich cuts off what does not fit
    if print_fn:
        console.begin_capture()
    console.print(f'[bold]Model: "{escape(model.name)}"[/]')
    console.print(_table(model, line_length, show_trainable))
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


def _table(model: "Model", line_length: int | None, show_trainable: bool) -> Any:
    import shutil

    from rich.markup import escape
    from rich.table import Column, Table

    chain = _is_chain(model)
    shares = [0.45, 0.80, 1.0] if chain else [0.3, 0.56, 0.74, 1.0]
    widest = (88 if chain else 108) + 12 * show_trainable
    titles = ["Layer (type)", "Output Shape", "Param #", *["Connected to"] * (not chain)]
    justify = ["left", "left", "right", *["left"] * (not chain)]
    if show_trainable:
        shares = [*(0.9 * share for share in shares), 1.0]
        titles, justify = [*titles, "Trainable"], [*justify, "center"]
    width = line_length or min(widest, shutil.get_terminal_size().columns - 4)
    ends = [0, *(int(share * width) for share in shares)]
    columns = [
        Column(title, justify=side, width=end - start)  # type: ignore[arg-type]
        for title, side, start, end in zip(titles, justify, ends[:-1], ends[1:], strict=False)
    ]
    table = Table(*columns, width=width, show_lines=True)
    layers = model.layers if _is_list(model) else model.graph.layers
    for layer in layers:
        name = f"{escape(layer.name)} ([{SYMBOL}]{class_name(layer)}[/])"
        count = (
            f"[{NUMBER}]{layer.count_params():,}[/]" if layer.built else f"[{NUMBER}]0[/] (unbuilt)"
        )
        row = [name, _shape(layer), count, *([] if chain else [_connections(model, layer)])]
        table.add_row(*row, *([_trainable(layer)] if show_trainable else []))
    return table


def _trainable(layer: Layer) -> str:
    if not layer.weights:
        return "[bold]-[/]"
    return f"[bold {NUMBER}]Y[/]" if layer.trainable else f"[bold {FROZEN}]N[/]"


def _is_list(model: "Model") -> bool:
    """Say whether a model is a list of layers: of a Sequential, or of a class with a `call`."""
    return model.is_own or hasattr(model, "stack")


def _is_chain(model: "Model") -> bool:
    """Say whether every layer has one input and one call, so that connections need no column."""
    if _is_list(model):
        return True
    one_each = all(len(n) == 1 and len(n[0].parents) <= 1 for n in model.graph.depths)
    return one_each and len(model.graph.nodes) == len(model.graph.layers)


def _shape(layer: Layer) -> str:
    """Return the output's shape, or a list of shapes."""
    if not layer.nodes:
        return "?"
    shapes = [_colored(tensor.shape) for tensor in layer.nodes[-1].outputs]
    if len(shapes) == 1:
        return shapes[0]
    return f"\\[{', '.join(shapes)}]"


def _colored(shape: Sequence[int | None]) -> str:
    sizes = (f"[{NONE}]None[/]" if size is None else f"[{NUMBER}]{size}[/]" for size in shape)
    return f"({', '.join(sizes)})"


def _connections(model: "Model", layer: Layer) -> str:
    """Return which outputs of which layers go into this one."""
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
