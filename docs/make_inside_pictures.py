"""Draw everything that there is to see inside a trained LSTM, and the picture of the guide.

python -m docs.make_inside_pictures FOLDER

*.png, *.html      all pictures and the page of the network of examples/addition.py
inside_page.png    the page of docs/guides/looking_inside.md, in Chromium: belongs into docs/images

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
from elman import inspection
from examples import addition

DOCS = Path(__file__).parent
WIDTH, HEIGHT = 1000, 1480  # pixels of the guide's picture


def everything(folder):
    """Draw all that can be drawn of the addition network: two LSTMs of 64 units."""
    questions, answers = addition.problems(4_000, 2, np.random.default_rng(0))
    elman.utils.set_random_seed(0)
    network = addition.Network(64)
    network.train(questions, answers, epochs=60)
    model = network.both
    x, y = addition.encode(questions[:64]), addition.encode(answers[:64])
    late = np.insert(y[:, :-1], 0, addition.CODE["<"], axis=1)
    trace = model.trace([x, late], y)
    diagnosis = elman.diagnose(model, [x, late], y)
    print(diagnosis)
    pictures = {"overview": trace.plot(), "history": model.history.plot(log=True)}
    pictures |= {"weights": inspection.weights(model).plot(), "diagnosis": diagnosis.plot()}
    for name, layer in trace.items():
        pictures |= {name: layer.plot(), f"{name}_gradients": layer.gradients.plot()}
    pictures |= dynamics(trace, network.reader.layers[-1])
    for name, figure in pictures.items():
        figure.savefig(folder / f"{name}.png")
    trace.to_html(folder / "page.html", diagnosis=diagnosis)


def dynamics(trace, reader):
    """Return pictures of the reading LSTM as a dynamical system, and of what it reads.

    Its cell states grow as long as it reads blanks; fixed points are those of the writing one.
    """
    seen = trace[reader.name]
    states = np.concatenate([seen.h, seen.c], axis=2)  # (batch, timesteps, 2 units)
    blank = seen.x[0, -1]  # what it reads where a question is over
    *_, writing = trace.values()
    points = inspection.fixed_points(writing.layer, initial_state=writing, starts=50, reach=5.0)
    jacobian = elman.inspection.jacobian(reader, blank, states[0, 0])
    exponents = elman.inspection.lyapunov_spectrum(reader, blank, timesteps=300, exponents=8)
    pushed = inspection.perturb(reader, seen.x, 1.0, at=2, units=0)
    scores = inspection.integrated_gradients(reader, seen.x, output=0)
    found = {"fixed_points": points, "jacobian": jacobian, "lyapunov": exponents,
             "pca": inspection.pca(seen), "perturbed": pushed, "attribution": scores}  # fmt: skip
    for each in (points, jacobian, exponents, pushed, scores):
        print(each)
    return {name: result.plot() for name, result in found.items()}


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
    guide(out / "inside_page.png")
