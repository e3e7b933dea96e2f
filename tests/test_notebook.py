"""The example notebook runs from top to bottom, gives its numbers, and shows what it gives."""

import re
import warnings
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from tests.test_guides import assert_shown

PATH = Path(__file__).parents[1] / "examples" / "notebook.ipynb"
PRINTED = 2.3259975522811523e-05  # the loss at epoch 16000 in the notebook that started elman
TERMINAL_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def outputs(notebook):
    """Return what each code cell printed or showed, as text."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            parts = [o.get("text") or o["data"]["text/plain"] for o in cell.outputs]
            found.append(TERMINAL_COLOURS.sub("", "".join(parts)))
    return found


def losses(text):
    """Return the losses in a log, by epoch."""
    return {int(e): float(v) for e, v in re.findall(r"^(\d+)  epoch loss:  (\S+)$", text, re.M)}


@pytest.fixture(scope="module")
def stored():
    return nbformat.read(PATH, as_version=4)


@pytest.fixture(scope="module")
def executed(stored, tmp_path_factory):
    notebook = nbformat.from_dict(stored)
    folder = {"metadata": {"path": str(tmp_path_factory.mktemp("notebook"))}}
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", coalesce_streams=True, resources=folder
    )
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")  # of the kernel's own packages; the cells run elsewhere
        patch.setenv("COLUMNS", "80")
        client.execute()
    return notebook


def test_first_half_gives_the_notebooks_numbers(executed):
    text = "\n".join(outputs(executed))
    assert "output:  [[6.445161 2.715219]]\nstate:  [[6.445161 2.715219]]" in text
    assert "Total params: 10 (40.00 B)" in text
    for line in ("kernel (2, 2)", "recurrent_kernel (2, 2)", "bias (2,)"):
        assert line in text


def test_the_printed_loop_gives_the_printed_losses(executed):
    (printed,) = (text for text in outputs(executed) if "5.49602975144260" in text)
    assert losses(printed)[16000] == pytest.approx(PRINTED, rel=1e-6)
    assert "prediction:  [-0.  1.  2.]" in printed


def test_shared_weights_and_sigmoid_steps_cannot_reach_it(executed):
    (floor,) = (text for text in outputs(executed) if "smallest sum of squares" in text)
    assert "smallest sum of squares 1.8008 " in floor


def test_a_linear_net_learns_the_data_by_hand_and_in_elman(executed):
    logs = [text for text in outputs(executed) if "epoch" in text and "-0.  1.  2." not in text]
    assert len(logs) == 2
    for log in logs:
        assert list(losses(log)) == [0, 4000, 8000, 12000, 16000]
        assert losses(log)[16000] <= PRINTED
        (prediction,) = re.findall(r"prediction:  \[(.*)\]", log)
        np.testing.assert_array_equal(np.round(np.fromstring(prediction, sep=" ")), [0, 1, 2])
    assert "gradients agree" in outputs(executed)[-1]


def test_stored_outputs_are_what_the_notebook_gives(stored, executed):
    for shown, given in zip(outputs(stored), outputs(executed), strict=True):
        if "largest difference" not in shown:  # rounding errors, different on each processor
            assert_shown(shown, given)


def test_notebook_file_is_small_and_names_no_machine(stored):
    text = PATH.read_text(encoding="utf-8")
    assert len(text) < 100_000
    assert stored.metadata.kernelspec.name == "python3"
    for place in ("/home/", "/root", "/tmp", "/work", "/Users/", "site-packages", "C:\\"):
        assert place not in text, place
    code = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
