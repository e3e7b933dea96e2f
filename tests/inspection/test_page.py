"""The page of a trace: what is in the file."""

import base64
import json
import re
import sys
import zlib

import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers
from elman.errors import ArgumentError, MissingDependencyError, ShapeError
from elman.inspection import integrated_gradients, occlusion
from elman.inspection.page import unrolled
from elman.inspection.page.content import content
from elman.inspection.page.packed import pack
from tests.inspection.pages import INJECTION, LAYER, T, traced
from tests.layers.checks import normal


def data(page):
    text = re.search(r'id="elman-data">(.*?)</script>', page, re.DOTALL)[1]
    return json.loads(zlib.decompress(base64.b64decode(text)))


def unpacked(found):
    codes = np.frombuffer(base64.b64decode(found["data"]), "<u2").reshape(found["shape"])
    values = found["low"] + found["step"] * codes.astype(float)
    for code, value in ((65533, -np.inf), (65534, np.inf), (65535, np.nan)):
        values[codes == code] = value
    return values


def test_the_numbers_are_those_of_the_trace_to_sixteen_bits():
    trace = traced()
    found = data(trace.to_html(sample=1))
    assert [layer["name"] for layer in found["layers"]] == ["memory", "gru"]
    lstm = found["layers"][0]
    assert list(lstm["values"]) == ["h", "c", "input", "forget", "candidate", "output"]
    for kind, source in (("values", trace["memory"]), ("gradients", trace["memory"].gradients)):
        for name, key in lstm[kind].items():
            kept, array = found["numbers"][key], getattr(source, name)[1].T
            np.testing.assert_allclose(unpacked(kept), array, rtol=0, atol=0.51 * kept["step"])


@pytest.mark.parametrize(
    "values",
    [[0.0, 1.0, -3.0], [2.5, 2.5], [np.nan, np.inf, -np.inf, 1.0], [np.nan], [1e300, -1e300, 0.0]],
)
def test_numbers_are_packed_to_half_a_step(values):
    array = np.array([values])
    found = pack(array)
    finite = array[np.isfinite(array)] / 65532
    assert found["step"] <= np.ptp(finite) * 1.0001 if finite.size else found["step"] == 0
    np.testing.assert_allclose(unpacked(found), array, rtol=1e-12, atol=0.51 * found["step"])


def test_a_large_trace_fits_into_three_megabytes():
    model = Sequential([Input((200, 6)), *(layers.LSTM(64, return_sequences=True) for _ in "123")])
    model.compile("sgd", "mse")
    page = model.trace(normal(1, 200, 6), normal(1, 200, 64)).to_html()
    assert len(page.encode()) < 3e6


def test_names_from_files_are_text_and_no_scripts():
    page = traced(name=LAYER).to_html(features=[INJECTION, "$$x$$"], diagnosis=INJECTION)
    assert LAYER not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") == 4  # three times the layer
    assert page.count("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;") == 1
    assert page.count("<script") == page.count("</script>") == 3


def test_the_file_is_written_and_reads_nothing_from_the_network(tmp_path):
    trace = traced()
    page = trace.to_html(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page
    assert not re.search(r"<(?:script|link|img)[^>]*(?:src|href)=", page)
    assert "default-src 'none'; script-src 'sha256-" in page
    assert f"Loss L = {trace.loss:.4g}" in page


def test_a_page_is_text_that_a_notebook_shows_and_that_writes_itself(tmp_path):
    page = traced().to_html()
    assert isinstance(page, str)
    assert re.fullmatch(r"<page of HTML, 1\.\d MB: \.save\('page\.html'\) writes it>", repr(page))
    assert len(page._repr_html_()) > len(page)
    page.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page
    with pytest.raises(ArgumentError, match="`path` must be in a folder that exists; got"):
        page.save(tmp_path / "nowhere" / "page.html")


def test_without_targets_there_are_no_gradients_to_choose():
    page = traced(y=False).to_html()
    assert '<label hidden><input type="radio" name="kind" value="gradients">' in page
    assert "Loss L" not in page


def test_a_diagnosis_and_an_attribution_have_sections_of_their_own():
    scores = normal(T, 2)
    page = traced().to_html(diagnosis="unit 3 is dead", attribution=scores)
    assert re.search(r'<h2 id="h-diagnosis">Diagnosis</h2><pre class="scroll">unit 3 is dead', page)
    assert '<h2 id="h-why">Attribution</h2>' in page


def test_an_attribution_says_of_what_it_is_and_is_that_of_the_sample():
    model = Sequential([Input((4, 2)), layers.GRU(3), layers.Dense(1)], name="m")
    x = normal(2, 4, 2).astype("float32")
    page = model.trace(x).to_html(sample=1, attribution=integrated_gradients(model, x))
    caption = "integrated gradients of output 0 of Sequential &#x27;m&#x27;"
    assert f"<figcaption>{caption}</figcaption>" in page
    scores = integrated_gradients(model, x).values[1]
    kept = [unpacked(array) for array in data(page)["numbers"].values()]
    near = [
        np.allclose(array, scores.T, rtol=0, atol=1e-4) for array in kept if array.shape == (2, 4)
    ]
    assert any(near)
    together = occlusion(model, x, together=True)
    assert "occlusion of output 0" in model.trace(x).to_html(attribution=together)
    text = (
        "trace of Sequential 'm': `attribution` must have sample 1, which is shown; got 1 samples."
    )
    with pytest.raises(ShapeError, match=re.escape(text)):
        model.trace(x).to_html(sample=1, attribution=integrated_gradients(model, x[:1]))


def test_what_a_layer_reads_is_said():
    assert "memory reads the input. gru reads what memory puts out." in traced().to_html()
    inside = [layers.Dense(2), layers.Bidirectional(layers.GRU(2), name="both")]
    page = Sequential([Input((4, 2)), *inside]).trace(normal(1, 4, 2)).to_html()
    assert "reads what is not drawn here, from the last timestep to the first." in page


def test_what_reads_both_directions_says_so_and_each_of_them_stands_over_the_input():
    elman.utils.clear_session()
    inside = [
        layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
        layers.GRU(2, name="top"),
    ]
    trace = Sequential([Input((4, 2)), *inside]).trace(normal(1, 4, 2))
    names = [f"bidirectional/{way}_lstm" for way in ("forward", "backward")]
    assert f"top reads what {' and '.join(names)} put out." in trace.to_html()
    shown = content(trace, 0, None, None, None, None)
    assert unrolled._rows(shown) == [-1, 0, -1, 1, 2]
    ticks = unrolled.draw(shown).yaxis.major_label_overrides
    assert [ticks[k].text for k in (1, 3)] == [name.replace("/", "\n") for name in names]


@pytest.mark.parametrize("backwards", [False, True])
def test_what_a_decoder_begins_with_is_said(backwards):
    x, late, first = Input((4, 2)), Input((3, 2)), Input((2,))
    _, *state = layers.LSTM(2, return_state=True, go_backwards=backwards, name="enc")(x)
    h = layers.LSTM(2, return_sequences=True, name="dec")(late, initial_state=state)
    model = elman.Model([x, late, first], layers.GRU(2, name="own")(h, initial_state=first))
    page = model.trace([normal(1, 4, 2), normal(1, 3, 2), normal(1, 2)]).to_html()
    assert "It begins with the final state of enc. own reads" in page
    assert "It begins with a state given or carried." in page
    elman.utils.clear_session()
    assert "begins with" not in traced().to_html()


def test_gradients_of_a_cell_state_say_what_they_are():
    page = traced().to_html()
    assert "dL/d(c): how L changes with it, h of its step held</figcaption>" in page
    assert "dL/d(c) is taken with h of the same step held" in page
    assert "taken with h of the same step held" not in traced(y=False).to_html()


def test_masked_steps_are_grey_in_the_attribution():
    mask = np.arange(T) < np.array([[T - 2], [T]])
    page = traced(mask=mask).to_html(attribution=normal(T, 2))
    assert "counts (grey: masked)</figcaption>" in page
    kept = [unpacked(array) for array in data(page)["numbers"].values()]
    away = [np.isnan(array) for array in kept if array.shape == (2, T)]
    assert any(np.array_equal(each, np.tile(~mask[0], (2, 1))) for each in away)


def test_each_input_goes_by_its_name_below_the_layer_that_reads_it():
    load, weather = Input((T, 2), name="load"), Input((T, 3), name="weather")
    out = [layers.GRU(2, name="a")(load), layers.GRU(2, name="b")(weather)]
    model = elman.Model([load, weather], out)
    given = [normal(1, T, 2), normal(1, T, 3)]  # float64, which the layers read as float32
    trace = model.trace(given)
    page = trace.to_html()
    assert "a reads input &#x27;load&#x27;. b reads input &#x27;weather&#x27;." in page
    assert "Output &#x27;a&#x27;: " in page
    assert "<figcaption>input &#x27;weather&#x27;</figcaption>" in page
    assert unrolled._rows(content(trace, 0, None, None, None, None)) == [-1, 0, -2, 1]
    assert "memory reads the input. gru reads" in traced().to_html()


def test_a_layer_with_several_rows_a_sample_says_which_is_shown():
    elman.utils.clear_session()
    inside = [layers.TimeDistributed(layers.GRU(2), name="each"), layers.GRU(3, name="gru")]
    trace = Sequential([Input((3, 4, 2)), *inside]).trace(normal(2, 3, 4, 2))
    page = trace.to_html(sample=1)
    assert "Sample 1 of 2." in page
    assert "each/gru reads the input. It runs over 6 sequences; row 3 is shown." in page
    assert "<figcaption>what each/gru (row 3 of its 6) reads</figcaption>" in page
    lstm = data(page)["layers"][0]
    kept = data(page)["numbers"][lstm["values"]["h"]]
    np.testing.assert_allclose(
        unpacked(kept), trace["each/gru"].h[3].T, rtol=0, atol=0.51 * kept["step"]
    )


class Wide(layers.Layer):
    """A cell that reads (3, 4) at each step."""

    state_size = output_size = 3

    def call(self, inputs, states):
        h = inputs.mean(axis=-1) + 0.5 * states[0]
        return h, [h]


def test_a_cell_that_reads_more_axes_than_can_be_drawn_has_a_page_all_the_same():
    x = Input((5, 3, 4))
    model = elman.Model(x, layers.RNN(Wide(), name="wide", return_sequences=True)(x))
    trace = model.trace(normal(2, 5, 3, 4).astype("float32"))
    assert "wide reads what is not drawn here." in trace.to_html()


def test_wrong_arguments_are_named(monkeypatch):
    trace = traced()
    owner = "trace of Sequential 'm'"
    for options, error, text in (
        (
            {"sample": 2},
            ArgumentError,
            "`sample` must be less than 2, the size of the batch; got 2.",
        ),
        (
            {"features": ["a"]},
            ShapeError,
            "`features` must be 2 names, one a feature of the input; got 1.",
        ),
        (
            {"attribution": "x"},
            ArgumentError,
            "`attribution` must be an array of real numbers; got str",
        ),
        ({"features": "ab"}, ArgumentError, "`features` must be a list of names; got 'ab'."),
        ({"features": 3}, ArgumentError, "`features` must be a list of names; got 3."),
        ({"title": 3}, ArgumentError, "`title` must be a string; got 3."),
        (
            {"attribution": np.ones(3)},
            ShapeError,
            "`attribution` must have the shape of the sample's input, (12, 2); got (3,).",
        ),
    ):
        with pytest.raises(error, match=re.escape(f"{owner}: {text}")):
            trace.to_html(**options)
    monkeypatch.setitem(sys.modules, "bokeh", None)
    text = "bokeh is needed to write a page. Install it with `pip install 'elman[html]'`."
    with pytest.raises(MissingDependencyError, match=re.escape(text)):
        trace.to_html()
