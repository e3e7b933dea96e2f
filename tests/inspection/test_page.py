"""The page of a trace: what is in the file, and what Chromium makes of it."""

import base64
import json
import os
import re
import shutil
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
from tests.layers.checks import normal
from tests.tolerances import PAGE_DIGITS

MISSING = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
ASKED = os.environ.get("ELMAN_BROWSER") == "1"  # what .ci/run sets: skipping is then no answer
in_chromium = pytest.mark.skipif(
    bool(MISSING) and not ASKED,
    reason=f"not installed: {', '.join(MISSING)} (Debian's packages chromium, chromium-driver)",
)
INJECTION = "</script><img src=x onerror=alert(1)>"
LAYER = "<img src=x onerror=alert(1)>"  # a name of a layer has no "/"
T, UNITS = 12, 3


def traced(*, y=True, mask=None, timesteps=T, units=UNITS, name="memory"):
    elman.utils.clear_session()
    elman.utils.set_random_seed(0)
    inside = [layers.LSTM(units, return_sequences=True, name=name), layers.GRU(2), layers.Dense(1)]
    model = Sequential([Input((timesteps, 2)), *inside], name="m")
    model.compile("sgd", "mse")
    x = normal(2, timesteps, 2).astype("float32")
    return model.trace(x, np.ones((2, 1)) if y else None, mask=mask)


def data(page):
    text = re.search(r'id="elman-data">(.*?)</script>', page, re.DOTALL)[1]
    return json.loads(zlib.decompress(base64.b64decode(text)))


def unpacked(found):
    codes = np.frombuffer(base64.b64decode(found["data"]), "<u2").reshape(found["shape"])
    values = found["low"] + found["step"] * codes.astype(float)
    for code, value in ((65533, -np.inf), (65534, np.inf), (65535, np.nan)):
        values[codes == code] = value
    return values


# ---------------------------------------------------------------------- the file


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
    assert "reads what other layers make, from the last timestep to the first." in page


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


# ---------------------------------------------------------------------- in Chromium


class Window:
    """Chromium, without a screen."""

    def __init__(self):
        from selenium import webdriver

        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)

    def open(self, path, *, width=1280, scheme="light"):
        """Open a page, and wait until it has drawn its figures."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get(path.as_uri())
        self.wait("return document.documentElement.dataset.ready === '0 values'")

    def wait(self, script):
        from selenium.webdriver.support.wait import WebDriverWait

        WebDriverWait(self.driver, 60).until(lambda driver: driver.execute_script(script))

    def run(self, script):
        return self.driver.execute_script(script)

    def find(self, selector):
        from selenium.webdriver.common.by import By

        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def press(self, key, times=1):
        """Press a key where the focus is, and wait for the page."""
        from selenium.webdriver.common.keys import Keys

        element = self.driver.switch_to.active_element
        element.send_keys(getattr(Keys, key) * times)
        self.driver.execute_async_script(
            "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))"
        )

    def table(self, selector="#table"):
        """Return the numbers of a table by the names of their columns."""
        rows = self.run(
            f"return [...document.querySelector('{selector}').rows].map("
            "(row) => [...row.cells].map((cell) => cell.textContent))"
        )
        return {name: column for name, *column in zip(*rows, strict=True)}

    def picture(self, path):
        """Return a screenshot, as an array (height, width, 4)."""
        from matplotlib import image

        assert self.driver.save_screenshot(str(path))
        return image.imread(path)

    def assert_silent(self):
        """Check that nothing was complained about, and nothing asked of the network."""
        said = self.driver.get_log("browser")
        assert [entry for entry in said if entry["level"] in ("SEVERE", "WARNING")] == []
        assert self.run("return performance.getEntriesByType('resource').length") == 0


@pytest.fixture(scope="module")
def window():
    assert not MISSING, f"ELMAN_BROWSER=1, but these are missing: {', '.join(MISSING)}"
    found = Window()
    yield found
    found.driver.quit()


def numbers(column):
    return [np.nan if text == "–" else float(text) for text in column]  # noqa: RUF001


def assert_shown(window, source, sample, t, prefix="{}"):
    """Check all numbers of a timestep against those of a trace."""
    shown = window.table()
    for name in ("h", "c", "input", "forget", "candidate", "output"):
        array = getattr(source, name)[sample]
        step = np.ptp(array) / 65532
        np.testing.assert_allclose(
            numbers(shown[prefix.format(name)]), array[t], rtol=PAGE_DIGITS, atol=11 * step
        )


@in_chromium
def test_arrow_keys_move_the_slider_and_the_numbers_are_those_of_the_trace(window, tmp_path):
    trace = traced()
    trace.to_html(tmp_path / "page.html", sample=1)
    window.open(tmp_path / "page.html")
    slider = window.find("#t")
    assert slider.get_attribute("value") == str(T - 1)
    assert_shown(window, trace["memory"], 1, T - 1)
    window.run("document.getElementById('t').focus()")
    window.press("ARROW_LEFT", 4)
    assert slider.get_attribute("value") == str(T - 5)
    assert window.find("#now").text == f"{T - 5} of 0 to {T - 1}"
    assert slider.get_attribute("aria-valuetext") == f"timestep {T - 5} of 0 to {T - 1}"
    assert_shown(window, trace["memory"], 1, T - 5)
    assert_shown(window, trace["memory"].gradients, 1, T - 5, "dL/d({})")
    window.press("HOME")
    assert_shown(window, trace["memory"], 1, 0)
    assert numbers(window.table("table.input")["value"]) == pytest.approx(
        trace.inputs[0][1, 0], rel=PAGE_DIGITS
    )
    cursors = (
        "return Bokeh.documents.flatMap((one) => [...one.roots()[0].references()])"
        ".filter((model) => model.name === 'cursor').map((model) => model.location)"
    )
    assert set(window.run(cursors)) == {0}
    window.assert_silent()


@in_chromium
def test_other_layers_gradients_and_weights_are_a_key_away(window, tmp_path):
    traced().to_html(tmp_path / "page.html")
    window.open(tmp_path / "page.html")
    window.run("document.getElementById('layer').focus()")
    window.press("ARROW_DOWN")
    window.wait("return document.documentElement.dataset.ready === '1 values'")
    assert list(window.table())[1:5] == ["h", "update", "reset", "candidate"]
    window.run("document.querySelector('[name=kind]').focus()")
    for kind, count in (("gradients", 4), ("weights", 9)):
        window.press("ARROW_RIGHT")
        window.wait(f"return document.documentElement.dataset.ready === '1 {kind}'")
        shown = f"document.querySelectorAll('.grid:not([hidden])[data-kind={kind}] .plot').length"
        assert window.run(f"return {shown}") == count
    window.assert_silent()


@in_chromium
def test_the_tab_key_goes_to_what_can_be_moved_and_nowhere_else(window, tmp_path):
    traced().to_html(tmp_path / "page.html")
    window.open(tmp_path / "page.html")
    found = []
    for _ in range(5):
        window.press("TAB")
        active = "document.activeElement"
        found.append(window.run(f"return {active}.id || {active}.name || {active}.className"))
    assert found == ["theme", "t", "layer", "kind", "scroll tall"]
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert window.run(outline) == "solid"


@in_chromium
def test_pointing_at_a_heatmap_shows_its_number(window, tmp_path):
    from selenium.webdriver import ActionChains

    trace = traced()
    trace.to_html(tmp_path / "page.html")
    window.open(tmp_path / "page.html")
    place = window.find("[data-layer='0'][data-kind=values] .plot")
    window.run(
        "document.querySelector('[data-kind=values] .plot').scrollIntoView({block: 'center'})"
    )
    ActionChains(window.driver).move_to_element(place).perform()
    script = """
      const texts = [], seen = (node) => {
        if (node.classList?.contains("bk-tooltip-content")) texts.push(node.textContent);
        for (const child of [...(node.shadowRoot?.children ?? []), ...node.children]) seen(child);
      };
      seen(document.body);
      return texts.map((text) => text.trim()).filter((text) => text)[0];
    """
    window.wait(script)
    t, unit, value = re.fullmatch(r"timestep (\d+), unit (\d+): (\S+)", window.run(script)).groups()
    assert float(value) == pytest.approx(
        trace["memory"].h[0, int(t), int(unit)], rel=PAGE_DIGITS, abs=1e-4
    )


@in_chromium
def test_a_notebook_shows_the_page_in_a_frame(window, tmp_path):
    frame = traced().to_html()._repr_html_()
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html><body>{frame}", encoding="utf-8")
    window.driver.get((tmp_path / "notebook.html").as_uri())
    window.driver.switch_to.frame(window.find("iframe"))
    window.wait("return document.documentElement.dataset.ready === '0 values'")
    assert window.find("h1").text == "Inside Sequential 'm'"
    window.driver.switch_to.default_content()
    window.assert_silent()


@in_chromium
def test_the_unrolled_network_says_which_timesteps_it_shows(window, tmp_path):
    traced().to_html(tmp_path / "page.html")
    window.open(tmp_path / "page.html")
    said = "Timesteps {} to {} of 0 to 11 are drawn. Move the slider to see the others."
    assert window.find("#window").text == said.format(3, 11)
    window.run("document.getElementById('t').focus()")
    window.press("HOME")
    assert window.find("#window").text == said.format(0, 8)
    traced(timesteps=5).to_html(tmp_path / "page.html")
    window.open(tmp_path / "page.html")
    assert window.find("#window").text == ""


@in_chromium
def test_masked_steps_say_so(window, tmp_path):
    mask = np.arange(T) < np.array([[T - 2], [T]])
    traced(mask=mask).to_html(tmp_path / "page.html")
    window.open(tmp_path / "page.html")
    assert window.find("#t").get_attribute("value") == str(T - 3)
    window.run("document.getElementById('t').focus()")
    window.press("END")
    assert window.find("#now").text == f"{T - 1} of 0 to {T - 1}, masked"
    assert np.isnan(numbers(window.table()["h"])).all()


@in_chromium
@pytest.mark.parametrize("width", [1280, 360])
def test_it_is_light_or_dark_as_the_system_is_and_as_the_switch_says(window, tmp_path, width):
    traced().to_html(tmp_path / "page.html")
    brightness = {}
    for scheme in ("light", "dark"):
        window.open(tmp_path / "page.html", width=width, scheme=scheme)
        assert window.run("return document.documentElement.scrollWidth") <= width
        brightness[scheme] = np.median(window.picture(tmp_path / f"{scheme}.png")[..., :3])
    assert brightness["light"] > 0.9
    assert brightness["dark"] < 0.2
    window.find("#theme").click()
    assert np.median(window.picture(tmp_path / "switched.png")[..., :3]) > 0.9
    window.assert_silent()


@in_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_numbers_of_a_timestep_fit_beside_each_other(window, tmp_path, scheme):
    traced().to_html(tmp_path / "page.html")
    window.open(tmp_path / "page.html", width=1100, scheme=scheme)
    sizes = "const node = document.getElementById('table').parentNode; return [node.scrollWidth,"
    wide, seen = window.run(f"{sizes} node.clientWidth]")
    assert wide <= seen
    drawn = window.run("return getComputedStyle(document.querySelector('.swatch')).backgroundColor")
    assert drawn == {"light": "rgb(0, 114, 178)", "dark": "rgb(108, 182, 240)"}[scheme]


@in_chromium
def test_small_numbers_go_by_powers_of_ten(window, tmp_path):
    layer = layers.SimpleRNN(1, use_bias=False, activation="linear")
    layer.build((None, None, 1))
    layer.set_weights([np.ones((1, 1)), np.zeros((1, 1))])
    trace = elman.trace(layer, np.array([[[5.6e-6], [0.0]]]))
    trace.to_html(tmp_path / "page.html")
    window.open(tmp_path / "page.html")
    window.run("document.getElementById('t').focus()")
    assert window.table()["h"] == ["0"]
    window.press("HOME")
    assert window.table()["h"] == ["5.6e-6"]


@in_chromium
def test_a_name_that_would_be_a_script_is_read_as_text(window, tmp_path):
    names = [INJECTION, "$$x$$"]
    traced(name=LAYER).to_html(tmp_path / "page.html", features=names, diagnosis=INJECTION)
    window.open(tmp_path / "page.html")
    assert window.run("return document.images.length") == 0
    assert window.find("#layer option").text == f"{LAYER} (LSTM)"
    assert window.table("table.input")[""] == names
    window.assert_silent()
