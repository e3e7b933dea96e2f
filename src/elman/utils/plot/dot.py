"""A diagram in DOT, the language of Graphviz: text that its programs make a picture of.

Source: "The DOT language" and "Node shapes", graphviz.org/doc/info.
"""

import html
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path

from elman.errors import ArgumentError
from elman.utils.plot.diagram import Box, Diagram, Frame, Key, Part

FILLS = {"input": "#595959", "recurrent": "#0072b2", "model": "#8f4a75", "layer": "#1f4e4a"}


class Dot:
    """A model in DOT.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((3,)), elman.layers.Dense(1, name="o")])
    >>> print(elman.utils.model_to_dot(model, dpi=96).to_string())
    digraph model {
      graph [rankdir=TB, concentrate=true, dpi=96, splines=ortho];
      node [shape=plain, fontname=Helvetica];
      edge [penwidth=2];
      n0 [label=<<table border="0" cellborder="1" cellspacing="0" cellpadding="6">
        <tr><td colspan="2" bgcolor="#1f4e4a"><font color="white"><b>o (Dense)</b></font></td></tr>
      </table>>];
    }
    <BLANKLINE>
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def to_string(self) -> str:
        """Return the text."""
        return self._text

    def __str__(self) -> str:
        return self._text

    def write(self, path: "str | PathLike[str]") -> None:
        """Write the text to a file, for Graphviz: `dot -Tpng model.dot -o model.png`.

        Raises:
            ArgumentError: the file's name ends like a picture's.
        """
        ending = Path(path).suffix
        if ending not in ("", ".dot", ".gv", ".txt"):
            raise ArgumentError(
                f"Dot: `path` must end in .dot or .gv; got {str(path)!r}. For a picture use "
                "`elman.utils.plot_model`."
            )
        Path(path).write_text(self._text, encoding="utf-8")


def dot(diagram: Diagram, rankdir: str, dpi: float, splines: str, cluster: str | None) -> Dot:
    """Return a diagram in DOT.

    Args:
        diagram: what is shown.
        rankdir: "TB", "BT", "LR" or "RL".
        dpi: dots per inch.
        splines: how Graphviz draws arrows, such as "ortho".
        cluster: the name of the model if it is to be a part of another graph.
    """
    names = {box.key: f"n{i}" for i, box in enumerate(_boxes(diagram.parts))}
    if cluster is None:
        head = [
            "digraph model {",
            f"  graph [rankdir={rankdir}, concentrate=true, dpi={dpi:g}, splines={splines}];",
            "  node [shape=plain, fontname=Helvetica];",
            "  edge [penwidth=2];",
        ]
    else:
        head = ["subgraph cluster_model {", *_cluster_lines([cluster], "  ")]
    body = [line for part in diagram.parts for line in _part(part, names, "  ")]
    arrows = [f"  {names[a]} -> {names[b]};" for a, b, _ in diagram.arrows]
    return Dot("\n".join([*head, *body, *arrows, "}"]) + "\n")


def _boxes(parts: Sequence[Part]) -> Iterator[Box]:
    for part in parts:
        if isinstance(part, Box):
            yield part
        else:
            yield from _boxes(part.parts)


def _part(part: Part, names: dict[Key, str], indent: str) -> list[str]:
    if isinstance(part, Box):
        return _node(part, names[part.key], indent)
    inside = [line for each in part.parts for line in _part(each, names, indent + "  ")]
    title = _cluster_lines(part.title, indent + "  ")
    number = "_".join(names[box.key] for box in _first(part))
    return [f"{indent}subgraph cluster_{number or 'empty'} {{", *title, *inside, f"{indent}}}"]


def _first(frame: Frame) -> list[Box]:
    """Return the first and the last box of a frame, by which it has a name of its own."""
    boxes = list(_boxes([frame]))
    return [boxes[0], boxes[-1]] if boxes else []


def _cluster_lines(title: list[str], indent: str) -> list[str]:
    label = "<br/>".join(map(_text, title))
    return [f"{indent}graph [style=dashed, label=<{label}>, labeljust=l];"]


def _node(box: Box, name: str, indent: str) -> list[str]:
    title = "<br/>".join(map(_text, box.title))
    rows = [
        f'<tr><td align="left">{_text(word)}</td>'
        f'<td align="left">{"<br/>".join(map(_text, values))}</td></tr>'
        for word, values in box.rows
    ]
    head = (
        f'<tr><td colspan="2" bgcolor="{FILLS[box.kind]}">'
        f'<font color="white"><b>{title}</b></font></td></tr>'
    )
    table = '<table border="0" cellborder="1" cellspacing="0" cellpadding="6">'
    lines = [f"{indent}{name} [label=<{table}", *(f"{indent}  {row}" for row in (head, *rows))]
    return [*lines, f"{indent}</table>>];"]


def _text(text: str) -> str:
    """Return a text as HTML-like labels take it."""
    return html.escape(text)
