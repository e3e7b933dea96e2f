"""A trace as one page of HTML: what it shows, its numbers, its figures, and the document.

    content.py    what is shown: the arrays of one sample, by name and with words
    packed.py     numbers as text, 16 bits each
    figures.py    heatmaps and lines, of Bokeh
    unrolled.py   the network unrolled in time, of Bokeh
    document.py   all of it in one file, with page.html, page.css and page.js

The page reads nothing from the network, and its content security policy lets it run its own two
scripts alone: a name in a model's file is text wherever it stands.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elman.inspection.page import figures

if TYPE_CHECKING:
    from elman.inspection.trace import Trace


def to_html(
    trace: "Trace",
    path: Any,
    sample: Any,
    features: Sequence[str] | None,
    title: str | None,
    diagnosis: Any,
    attribution: Any,
) -> str:
    """Return a page, and write it where a path is given; see `Trace.to_html`."""
    figures.check_installed()
    from elman.inspection.page.content import content
    from elman.inspection.page.document import document

    text = document(content(trace, sample, features, title, diagnosis, attribution))
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
