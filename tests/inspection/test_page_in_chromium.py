"""The page of a trace: what Chromium makes of it."""

import os
import re
import shutil

import numpy as np
import pytest

import elman
from elman import layers
from tests.inspection.pages import INJECTION, LAYER, MISSING, T, traced
from tests.tolerances import PAGE_DIGITS

ASKED = os.environ.get("ELMAN_BROWSER") == "1"  # what .ci/run sets: skipping is then no answer
in_chromium = pytest.mark.skipif(
    bool(MISSING) and not ASKED,
    reason=f"not installed: {', '.join(MISSING)} (Debian's packages chromium, chromium-driver)",
)


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
