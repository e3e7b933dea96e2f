"""All of a page in one file: its text, its figures, its numbers, and the scripts that move them.

Whatever comes from a model or a file is escaped in the text, and is base64 in the data. The content
security policy names the two scripts by their hashes; no other can run.
"""

import base64
import hashlib
import json
import zlib
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

import numpy as np

from elman._typing import Array
from elman.inspection import one_sample
from elman.inspection.page import figures, unrolled
from elman.inspection.page.content import TOKEN, Content, Fed, Layer
from elman.inspection.page.packed import Numbers

HELD = (
    " dL/d(c) is taken with h of the same step held: it is that of what c hands to the next step."
)


class Page:
    """What has been put on a page: HTML with places for figures, and the figures.

    Attributes:
        numbers: all arrays.
        figures: as Bokeh reads them. Heatmaps that differ in their numbers alone are one.
        places: id of a place -> its figure; of a heatmap its numbers and the ends of its scale too.
    """

    def __init__(self) -> None:
        self.numbers = Numbers()
        self.figures, self.places = list[Any](), dict[str, Any]()
        self._alike: dict[Any, int] = {}

    def put(self, caption: str, plot: Any) -> str:
        """Return the HTML of a figure."""
        return self._place(caption, {"figure": self._add(plot)})

    def heatmap(self, caption: str, values: Array, limits: tuple[float, float], **axes: Any) -> str:
        """Return the HTML of a heatmap; for the arguments see `figures.heatmap`."""
        signed = limits[0] < 0
        alike = values.shape, signed, repr(axes)
        if alike not in self._alike:
            self._alike[alike] = self._add(figures.heatmap(values.shape, signed=signed, **axes))
        found = {"figure": self._alike[alike], "numbers": self.numbers.add(values)}
        return self._place(caption, found | {"limits": limits})

    def _add(self, plot: Any) -> int:
        from bokeh.embed import json_item

        self.figures.append(json_item(plot))
        return len(self.figures) - 1

    def _place(self, caption: str, found: dict[str, Any]) -> str:
        name, said = f"figure-{len(self.places)}", escape(caption)
        self.places[name] = found
        return (
            f"<figure><figcaption>{said}</figcaption>"
            f'<div class="plot" id="{name}" role="img" aria-label="{said}"></div></figure>'
        )


def document(content: Content) -> str:
    """Return a page as HTML."""
    import elman

    page = Page()
    parts = {
        "title": escape(content.title),
        "sample": _which(content),
        "result": escape(_result(content)),
        "last": str(unrolled.steps(content) - 1),
        "grey": "; or not a number (NaN)" if _broken(content) else "",
        "start": str(_start(content)),
        "unrolled": page.put("a box for each layer at each timestep", unrolled.draw(content)),
        "reads": escape(_reads(content)),
        "inputs": "".join(_input(page, content, i) for i in range(len(content.inputs))),
        "options": "".join(
            f'<option value="{i}">{escape(layer.name)} ({escape(layer.kind)})</option>'
            for i, layer in enumerate(content.layers)
        ),
        "held": HELD if any("c" in layer.gradients for layer in content.layers) else "",
        "nogradients": "" if any(layer.gradients for layer in content.layers) else "hidden",
        "layers": "".join(_layer(page, layer, i) for i, layer in enumerate(content.layers)),
        "attribution": _attribution(page, content),
        "diagnosis": _diagnosis(content),
        "version": escape(elman.__version__),
    }
    return _fill(parts, page, content)


def _fill(parts: dict[str, str], page: Page, content: Content) -> str:
    from bokeh.resources import Resources

    (library,) = Resources(mode="inline", components=["bokeh"]).js_raw[:1]
    script = _read("page.js")
    hashes = " ".join(f"'sha256-{_hash(text)}'" for text in (library, script))
    return Template(_read("page.html")).substitute(
        parts,
        policy=f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'",
        style=_read("page.css"),
        library=library,
        script=script,
        data=_deflated(_data(page, content)),
    )


def _read(name: str) -> str:
    return files("elman.inspection.page").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _deflated(data: Any) -> str:
    """Return data as JSON, made small, in letters that mean nothing in HTML."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")


def _data(page: Page, content: Content) -> dict[str, Any]:
    """Return what page.js reads."""
    add = page.numbers.add
    layers = [
        {
            "name": layer.name,
            "mask": layer.mask.astype(int).tolist(),
            "values": {name: add(array.T) for name, array in layer.values.items()},
            "gradients": {name: add(array.T) for name, array in layer.gradients.items()},
        }
        for layer in content.layers
    ]
    inputs = [{"names": one.names, "values": add(one.values.T)} for one in content.inputs]
    return {
        "palettes": figures.palettes(), "layers": layers, "inputs": inputs,
        "colours": figures.COLOURS_OF, "figures": page.figures, "places": page.places,
        "numbers": page.numbers.packed,
    }  # fmt: skip


def _broken(content: Content) -> bool:
    """Return whether there is NaN at a step that was taken."""
    return any(
        bool(np.isnan(array[layer.mask]).any())
        for layer in content.layers
        for array in (*layer.values.values(), *layer.gradients.values())
    )


def _which(content: Content) -> str:
    """Say which sample it is, where there are several."""
    return "" if content.batch == 1 else f"Sample {content.sample} of {content.batch}. "


def _start(content: Content) -> int:
    """Return the timestep to begin with: the last that was taken."""
    taken = np.flatnonzero(content.layers[0].mask)
    return int(taken[-1]) if taken.size else 0


def _result(content: Content) -> str:
    """Say what came out, and L."""
    said = []
    for name, array in content.outputs.items():
        which = f"Output '{name}'" if len(content.outputs) > 1 else "Output"
        numbers = ", ".join(f"{value:.4g}" for value in array.ravel()[:6])
        said.append(f"{which}: {numbers}" + (", …" if array.size > 6 else "."))
    if content.loss is not None:
        among = "" if content.batch == 1 else ", over the batch"
        said.append(f"Loss L = {content.loss:.4g}{among}.")
    return " ".join(said)


def _reads(content: Content) -> str:
    """Say what each layer reads."""
    said = []
    for layer in content.layers:
        first, *second = layer.reads or (None,)
        if first is None:
            source = "what is not drawn here"
        elif first < 0:
            source = content.inputs[-1 - first].title if len(content.inputs) > 1 else "the input"
        else:
            names = " and ".join(content.layers[k].name for k in layer.reads)
            source = f"what {names} {'put' if second else 'puts'} out"
        way = ", from the last timestep to the first" if layer.go_backwards else ""
        said.append(f"{layer.name} reads {source}{way}.")
        if layer.begins:
            said.append(f"It begins with {layer.begins}.")
        if layer.rows is not None:
            said.append(f"It runs over {layer.rows} sequences; row {layer.row} is shown.")
    return " ".join(said)


def _input(page: Page, content: Content, i: int) -> str:
    one = content.inputs[i]
    masked = np.zeros(len(one.values), bool) if one.mask is None else ~one.mask
    caption = _caption(one)
    if one.values.shape[1] <= figures.LINES:
        found = page.put(caption, figures.lines(one.values, masked, joined=one.names != TOKEN))
    else:
        ends = one_sample.limits("x", one.values)
        found = page.heatmap(caption, one.values.T, ends, rows="feature", names=one.names)
    return f'{found}<div class="scroll"><table class="input" data-input="{i}"></table></div>'


def _caption(one: Fed) -> str:
    masked = one.mask is not None and not one.mask.all()
    return one.title + (" (grey: masked)" if masked else "")


def _layer(page: Page, layer: Layer, i: int) -> str:
    """Return the figures of one layer, of which page.js shows some."""
    values = [
        page.heatmap(one_sample.meaning(name), array.T, one_sample.limits(name, array), rows="unit")
        for name, array in layer.values.items()
    ]
    gradients = [
        page.heatmap(one_sample.gradient(name), array.T, one_sample.about_zero(array), rows="unit")
        for name, array in layer.gradients.items()
    ]
    weights = [
        page.heatmap(
            one.title, one.values, one_sample.about_zero(one.values),
            rows=one.rows, columns="unit", names=one.names,
        )
        for one in layer.weights
    ]  # fmt: skip
    return "".join(
        f'<div class="grid" data-layer="{i}" data-kind="{kind}" hidden>{"".join(found)}</div>'
        for kind, found in (("values", values), ("gradients", gradients), ("weights", weights))
    )


def _attribution(page: Page, content: Content) -> str:
    if content.attribution is None:
        return ""
    one = content.attribution
    ends = one_sample.about_zero(one.values)
    found = page.heatmap(_caption(one), one.values.T, ends, rows="feature", names=one.names)
    return f'<section aria-labelledby="h-why"><h2 id="h-why">Attribution</h2>{found}</section>'


def _diagnosis(content: Content) -> str:
    if content.diagnosis is None:
        return ""
    text = escape(content.diagnosis)
    return (
        '<section aria-labelledby="h-diagnosis"><h2 id="h-diagnosis">Diagnosis</h2>'
        f'<pre class="scroll">{text}</pre></section>'
    )
