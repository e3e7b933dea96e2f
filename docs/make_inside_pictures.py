"""Draw everything that there is to see inside a trained LSTM, and the picture of the guide.

python docs/make_inside_pictures.py FOLDER

FOLDER/*.png, *.html      all pictures and the page of the network of examples/addition.py
images/inside_page.png    the page of docs/guides/looking_inside.md, in Chromium

It takes matplotlib, Bokeh, Chromium with its driver, and selenium.
"""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

import elman
from examples import addition

DOCS = Path(__file__).parent
WIDTH, HEIGHT = 1000, 1480  # pixels of the guide's picture


def everything(folder):
    """Draw each picture of a trace of the addition network, and its page."""
    questions, answers = addition.problems(4_000, 2, np.random.default_rng(0))
    elman.utils.set_random_seed(0)
    network = addition.Network(64)
    network.train(questions, answers, epochs=60)
    x, y = addition.encode(questions[:8]), addition.encode(answers[:8])
    late = np.insert(y[:, :-1], 0, addition.CODE["<"], axis=1)
    history = network.both.fit([x, late], y, epochs=5, verbose=0)
    trace = network.both.trace([x, late], y)
    pictures = {"overview": trace.plot(), "history": history.plot(log=True)}
    for name, layer in trace.items():
        pictures |= {name: layer.plot(), f"{name}_gradients": layer.gradients.plot()}
    for name, figure in pictures.items():
        figure.savefig(folder / f"{name}.png")
    trace.to_html(folder / "page.html")


def guide(picture):
    """Run the guide's program, open the page that it writes in Chromium, and photograph it."""
    from selenium import webdriver
    from selenium.webdriver.support.wait import WebDriverWait

    text = (DOCS / "guides" / "looking_inside.md").read_text(encoding="utf-8")
    program = "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
    here = Path.cwd()
    elman.utils.clear_session()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        exec(program, {"__name__": "__main__"})
        os.chdir(here)
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars"):
            options.add_argument(argument)
        options.binary_location = shutil.which("chromium")
        service = webdriver.ChromeService(
            shutil.which("chromedriver")
        )  # else selenium downloads one
        with webdriver.Chrome(options=options, service=service) as driver:
            size = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            driver.get((Path(folder) / "inside.html").as_uri())
            ready = "return document.documentElement.dataset.ready"
            WebDriverWait(driver, 60).until(lambda found: found.execute_script(ready))
            driver.execute_script("document.getElementById('t').value = 7")
            driver.execute_script("document.getElementById('t').dispatchEvent(new Event('input'))")
            driver.save_screenshot(str(picture))


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    everything(out)
    guide(DOCS / "images" / "inside_page.png")
