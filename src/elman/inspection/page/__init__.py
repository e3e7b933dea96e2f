"""A trace as one page of HTML: what it shows, its numbers, its figures, and the document.

    content.py    what is shown: the arrays of one sample, by name and with words
    sources.py    where what a layer reads comes from
    packed.py     numbers as text, 16 bits each
    figures.py    heatmaps and lines, of Bokeh
    unrolled.py   the network unrolled in time, of Bokeh
    document.py   all of it in one file, with page.html, page.css and page.js

The page reads nothing from the network, and its content security policy lets it run its own two
scripts alone: a name in a model's file is text wherever it stands.
"""

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check
from elman.errors import ArgumentError
from elman.inspection import saved
from elman.inspection.page import figures
from elman.layers.parts import arguments

if TYPE_CHECKING:
    from elman.inspection.trace import Trace

HEIGHT = 720  # pixels, in a notebook


class HTMLPage(str):
    """A page of HTML: its text, which a notebook shows as the page that it is."""

    __slots__ = ()

    def save(self, path: Any) -> None:
        """Write it to a file.

        Raises:
            ArgumentError: there is no such folder.
        """
        saved.check_path("page", path).write_text(self, encoding="utf-8")

    def _repr_html_(self) -> str:
        """Return it in a frame of its own, which keeps it and the notebook apart."""
        # ASCII alone: the hashes of the scripts hold whatever the notebook's encoding is
        text = escape(self).encode("ascii", "xmlcharrefreplace").decode("ascii")
        return (
            f'<iframe srcdoc="{text}" sandbox="allow-scripts" title="elman" '
            f'style="width: 100%; height: {HEIGHT}px; border: 0"></iframe>'
        )

    def __repr__(self) -> str:
        size = len(self.encode("utf-8")) / 1e6
        return f"<page of HTML, {size:.1f} MB: .save('page.html') writes it>"


def to_html(
    trace: "Trace",
    path: Any,
    sample: Any,
    features: Sequence[str] | None,
    title: str | None,
    diagnosis: Any,
    attribution: Any,
) -> HTMLPage:
    """Return a page, and write it where a path is given; see `Trace.to_html`."""
    figures.check_installed()
    from elman.inspection.attribution import Attribution
    from elman.inspection.page.content import content
    from elman.inspection.page.document import document

    if path is not None:
        saved.check_path(trace.owner, path)
    if title is not None:
        _check.string(trace.owner, "title", title)
    if features is not None and (isinstance(features, str) or not np.iterable(features)):
        raise ArgumentError(f"{trace.owner}: `features` must be a list of names; got {features!r}.")
    if attribution is not None and not isinstance(attribution, Attribution):
        attribution = arguments.as_array(trace.owner, "attribution", attribution)
    page = HTMLPage(document(content(trace, sample, features, title, diagnosis, attribution)))
    if path is not None:
        page.save(path)
    return page
