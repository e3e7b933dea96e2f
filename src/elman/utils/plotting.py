"""`plot_model` and `model_to_dot`: models as pictures.

What draws them stands in `elman.utils.plot`, and is imported when it is needed.
"""

import math
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elman import _check
from elman.errors import ArgumentError
from elman.models import Model

if TYPE_CHECKING:
    from elman.utils.plot.diagram import Diagram
    from elman.utils.plot.dot import Dot

RANKDIRS = ("TB", "BT", "LR", "RL")
# What Graphviz calls the ways of arrows, and what is drawn here.
SPLINES = {
    "ortho": "ortho",
    "curved": "curved",
    "spline": "curved",
    "polyline": "line",
    "line": "line",
}
ENDINGS = ("png", "svg", "pdf")
SCREEN = 96  # dots per inch, at which a notebook shows a picture


class Picture(PathLike[str]):
    """A file with a picture, which a notebook shows.

    Attributes:
        path: of the file.
    """

    def __init__(self, path: Path, width: float) -> None:
        self.path, self._width = path, width

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"<Picture {str(self.path)!r}>"

    def _repr_png_(self) -> tuple[bytes, dict[str, int]] | None:
        if self.path.suffix in (".svg", ".pdf"):
            return None
        return self.path.read_bytes(), {"width": round(self._width * SCREEN)}

    def _repr_svg_(self) -> str | None:
        return self.path.read_text(encoding="utf-8") if self.path.suffix == ".svg" else None


def plot_model(
    model: Model,
    to_file: "str | PathLike[str]" = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **unknown: Any,
) -> Picture:
    """Draw a model: a box a layer, arrows between them. It needs matplotlib, and no Graphviz.

    Args:
        model: the model, built. A class with a `call` of its own is one box, unless models inside
            are opened and its `call` does nothing but call layers.
        to_file: ends in ".png", ".svg" or ".pdf"; without an ending it is a PNG.
        show_shapes: whether boxes tell the shapes of what goes in and comes out.
        show_dtype: whether they tell the dtype of what comes out.
        show_layer_names: whether they tell the names of the layers beside their classes.
        rankdir: from where to where arrows point: "TB", "BT", "LR" or "RL", of top, bottom, left
            and right.
        expand_nested: whether models inside are frames with their own layers.
        dpi: dots per inch, of a PNG.
        show_layer_activations: whether boxes tell the activation of layers that have one.
        show_trainable: whether they tell if training changes the weights.
        splines: "ortho" for arrows that turn at right angles, "curved" or "spline", "line" or
            "polyline".
        unknown: arguments that Keras once had.

    Returns:
        The file, which a notebook shows.

    Raises:
        ArgumentError: an argument is none of these, or the picture is too large for its dpi.
        NotBuiltError: the shapes are not known yet.
        MissingDependencyError: matplotlib is not installed.

    Text is in matplotlib's font, which `matplotlib.rcParams["font.family"]` sets.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.LSTM(4)])
    >>> plot_model(model, "/tmp/model.png", show_shapes=True)  # doctest: +SKIP
    <Picture '/tmp/model.png'>
    """
    path = Path(to_file)
    ending = path.suffix[1:].lower() or "png"
    if ending not in ENDINGS:
        raise ArgumentError(
            f"plot_model: `to_file` must end in .png, .svg or .pdf; got {str(to_file)!r}."
        )
    flags = (show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
    found = _diagram("plot_model", model, flags, expand_nested, rankdir, dpi, splines, unknown)

    from elman.utils.plot import draw

    way = SPLINES[splines]
    return Picture(path, draw.save("plot_model", found, path, ending, dpi, rankdir, way))


def model_to_dot(
    model: Model,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **unknown: Any,
) -> "Dot":
    """Return a model in DOT, the language of Graphviz; neither that nor pydot is needed.

    Args:
        model: the model, built.
        subgraph: whether it is to be a part of another graph.
        show_shapes, show_dtype, show_layer_names, rankdir, expand_nested, dpi: see `plot_model`.
        show_layer_activations, show_trainable, splines, unknown: likewise.

    Returns:
        What has `to_string()` and `write(path)`.

    Raises:
        ArgumentError: an argument is none of these.
        NotBuiltError: the shapes are not known yet.

    >>> import elman
    >>> x = elman.Input((3,), name="x")
    >>> model = elman.Model(x, elman.layers.Dense(1)(x))
    >>> "n0 -> n1;" in model_to_dot(model).to_string()
    True
    """
    flags = (show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
    found = _diagram("model_to_dot", model, flags, expand_nested, rankdir, dpi, splines, unknown)
    _check.flag("model_to_dot", "subgraph", subgraph)

    from elman.utils.plot.dot import dot

    return dot(found, rankdir, dpi, splines, model.name if subgraph else None)


FLAGS = (
    "show_shapes",
    "show_dtype",
    "show_layer_names",
    "show_layer_activations",
    "show_trainable",
)


def _diagram(
    owner: str,
    model: Any,
    flags: tuple[bool, bool, bool, bool, bool],
    expand_nested: bool,
    rankdir: str,
    dpi: float,
    splines: str,
    unknown: dict[str, Any],
) -> "Diagram":
    """Return what is to be drawn, with all arguments checked."""
    if not isinstance(model, Model):
        raise ArgumentError(f"{owner}: `model` must be a model; got {type(model).__name__}.")
    for name, value in (*zip(FLAGS, flags, strict=True), ("expand_nested", expand_nested)):
        _check.flag(owner, name, value)
    _check.one_of(owner, "rankdir", rankdir, RANKDIRS)
    _check.one_of(owner, "splines", splines, SPLINES)
    if not isinstance(dpi, (int, float)) or not 0 < dpi < math.inf:
        raise ArgumentError(f"{owner}: `dpi` must be a positive number; got {dpi!r}.")
    if unknown.pop("layer_range", None) is not None:
        raise ArgumentError(
            f"{owner}: `layer_range` must be left out, as in Keras; make a picture of a `Model` "
            "from one layer's output to another's."
        )
    if unknown:
        name = next(iter(unknown))
        known = [*FLAGS, "expand_nested", "rankdir", "dpi", "splines", "to_file", "subgraph"]
        raise _check.unknown_argument(owner, name, owner, known)

    from elman.utils.plot.diagram import Show, diagram

    return diagram(model, Show(*flags, expand_nested))
