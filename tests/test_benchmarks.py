"""The benchmarks run where no other library is installed, and time nothing that is wrong."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import agreement, arguments, limit, problem, ratios, records, table
from benchmarks.contenders import CONTENDERS, Contender
from benchmarks.problem import Problem, Shape
from benchmarks.sections import SECTIONS, section

ROOT = Path(__file__).parents[1]
TINY = Problem("infer", "LSTM", Shape(2, 5, 3, 4))
ALONE = ["--quick", "--with", "elman", "--threads", "1", "--shapes", "2,5,3,4"]


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, arguments)],
        cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def test_alone_elman_is_timed_beside_the_reference_that_confirms_it(tmp_path):
    file = tmp_path / "found.json"
    printed = run(*ALONE, "--only", "train,infer,predict,passes,limit", "--json", file)
    assert "Training step (train_on_batch)" in printed
    assert "elman's kernels: " in printed
    assert re.search(r"predict +1 +model.predict +<= 30.0 us +\d", printed)
    found = json.loads(file.read_text())
    assert found["version"] == records.VERSION
    assert set(found) == {
        "version", "machine", "packages", "elman", "settings", "measurements", "numbers",
    }  # fmt: skip
    train = [m for m in found["measurements"] if m["section"] == "train"]
    assert [m["what"]["layer"] for m in train] == list(problem.LAYERS)
    for m in train:
        assert m["contender"] == "elman"
        assert m["unit"] == "s"
        assert 0 < m["low"] <= m["value"] <= m["high"]
    passes = [m["contender"] for m in found["measurements"] if m["section"] == "passes"]
    assert set(passes) == {"elman", "reference"}
    shown = run("--read", file)
    assert printed[printed.index("Training") :] in shown


def error(capsys, *wrong):
    """Return the one line that is said of wrong arguments."""
    with pytest.raises(SystemExit, match=r"^2$"):
        command.main(list(map(str, wrong)))
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err.splitlines()[-1].removeprefix("python -m benchmarks: error: ")


def test_the_reference_is_never_timed_silently():
    printed = run(*ALONE, "--only", "predict", ELMAN_KERNELS="reference")
    assert "THIS IS THE NUMPY REFERENCE" in printed


def test_all_who_are_not_installed_are_asked_for_in_one_line(monkeypatch, capsys):
    for name, needs in [("torch", "no_torch"), ("JAX", "no_jax"), ("Keras-TF", "no_k json no_tf")]:
        monkeypatch.setitem(CONTENDERS, name, Contender("", tuple(needs.split()), "", ()))
    assert error(capsys, "--with", "torch,JAX,Keras-TF") == (
        "argument --with: torch takes part where no_torch can be imported; JAX takes part where "
        "no_jax can be imported; Keras-TF takes part where no_k and no_tf can be imported. "
        "Install with `python -m pip install '.[benchmarks]'`."
    )


def test_a_wrong_answer_is_an_error_and_no_timing(monkeypatch, tmp_path, capsys):
    wrong = Contender("tests.wrong_contender", (), "", ())
    monkeypatch.setitem(CONTENDERS, "wrong", wrong)
    file = tmp_path / "found.json"
    text = re.escape("SimpleRNN infer (2,5,3,4): wrong (1 threads)'s outputs differs from elman")
    with pytest.raises(agreement.DisagreementError, match=text + ".*Nothing was timed"):
        command.main([*ALONE[:2], "wrong", *ALONE[3:], "--only", "infer", "--json", str(file)])
    assert not file.exists()
    assert "Inference" not in capsys.readouterr().out


def test_answers_agree_within_what_is_stated_and_no_further():
    zero, gradient, weight = np.zeros(2), np.array([1.0, -4.0]), np.array([1.0, 2.0])
    right = {"outputs": zero, "gradient of bias": gradient, "bias after a step": weight}
    for name, allowed in [
        ("outputs", agreement.OUTPUTS),
        ("gradient of bias", 4.0 * agreement.GRADIENTS),
        ("bias after a step", agreement.STEP + 2.0 * agreement.OUTPUTS),
    ]:
        agreement.check(TINY, {"one": right, "two": right | {name: right[name] + 0.99 * allowed}})
        for apart in (1.01 * allowed, np.nan):
            with pytest.raises(agreement.DisagreementError, match=f"two's {name} differs from"):
                agreement.check(TINY, {"one": right, "two": right | {name: right[name] + apart}})


def test_answers_of_another_kind_or_shape_do_not_agree():
    right = {"outputs": np.zeros((2, 1))}
    with pytest.raises(agreement.DisagreementError, match=r"has shape \(2,\), one's \(2, 1\)"):
        agreement.check(TINY, {"one": right, "two": {"outputs": np.zeros(2)}})
    with pytest.raises(agreement.DisagreementError, match=r"two answers \[\], one \['outputs'\]"):
        agreement.check(TINY, {"one": right, "two": {}})


def test_the_same_problem_is_the_same_numbers_everywhere():
    for a, b in zip(problem.weights(TINY), problem.weights(TINY), strict=True):
        np.testing.assert_array_equal(a, b)
    x, _ = problem.data(Problem("train", "GRU", Shape(8, 20, 3, 4), mask="padding"))
    assert (x != 0).any(axis=-1).mean() == pytest.approx(0.5, abs=0.05)
    x, _ = problem.data(Problem("train", "GRU", Shape(8, 20, 3, 4), mask="holes"))
    assert ((x == 0).all(axis=-1).sum(axis=1) == 1).all()


def test_only_the_products_that_are_needed_count():
    lstm = Shape(1, 1, 2, 3)  # W (2, 12), R (3, 12)
    assert problem.operations(Problem("infer", "LSTM", lstm)) == 2 * (24 + 36)
    assert problem.operations(Problem("train", "LSTM", lstm)) == 2 * (2 * 24 + 3 * 36)


def test_a_ratio_is_to_the_fastest_of_the_others_and_never_to_the_reference():
    def time(contender, value):
        return records.Measurement("infer", 2, {"shape": "a"}, contender, value, "s")

    found = [time("elman", 1.0), time("torch", 5.0), time("JAX", 3.0), time("reference", 2.0)]
    assert ratios.to_fastest(found) == {(2, "a"): 3.0}
    assert ratios.to_fastest([found[0], found[3]]) == {}
    assert ratios.geometric_mean([1.0, 4.0]) == pytest.approx(2.0)


def test_the_limit_is_measured_where_there_are_kernels_and_unknown_elsewhere(monkeypatch):
    native = pytest.importorskip("elman._native")
    assert limit.multiply_add_limit(1) > 0
    monkeypatch.delattr(native, "multiply_add_limit")
    assert limit.multiply_add_limit(1) is None
    assert "unknown" in section("limit").show([])


def test_figures_have_three_digits_and_a_unit():
    shown = [table.figure(v, "s") for v in (2.0, 0.0123, 4.56e-6, 60e-9)]
    assert shown == ["2.00 s", "12.3 ms", "4.56 us", "60.0 ns"]
    assert table.figure(2.5e7, "bytes") == "25.0 MB"
    assert table.figure(0.7, "of the limit") == "70 %"


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (["--only", "training"], "section must be one of train, infer,"),
        (["--only", "training"], "got 'training'."),
        (["--only", "scale"], "got 'scale'. Did you mean 'scaling'?"),
        (["--only", ","], "section must be one of train, infer,"),
        (["--only", ","], "got ','."),
        (["--with", "theano"], "contender must be one of elman, torch,"),
        (["--with", "Torch"], "got 'Torch'. Did you mean 'torch'?"),
        (["--with", "jax"], "got 'jax'. Did you mean 'JAX'?"),
        (["--with", ""], "contender must be one of elman, torch,"),
        (["--shapes", "1,2"], "a shape must be four sizes B,T,F,U; got '1,2'"),
    ],
)
def test_wrong_names_and_shapes_are_told(capsys, wrong, text):
    assert text in error(capsys, *wrong)


@pytest.mark.parametrize("threads", ["0", "-1", "4", "two", "1.5"])
def test_there_are_at_most_as_many_threads_as_processors(monkeypatch, capsys, threads):
    monkeypatch.setattr(arguments, "usable_cpus", lambda: 3)
    assert error(capsys, "--threads", "1", threads) == (
        f"argument --threads: threads must be from 1 to 3, the processors there are; "
        f"got '{threads}'"
    )


@pytest.mark.parametrize("option", ["--json", "--plot"])
def test_what_cannot_be_written_is_told_first(monkeypatch, capsys, tmp_path, option):
    monkeypatch.setattr(arguments, "find_spec", lambda _: True)
    lost, folder, file = tmp_path / "lost" / "x.svg", tmp_path / "folder.svg", tmp_path / "x.svg"
    text = f"argument {option}: the folder '{lost.parent}' does not exist"
    assert error(capsys, option, lost) == text
    folder.mkdir()
    assert error(capsys, option, folder) == f"argument {option}: '{folder}' cannot be written"
    monkeypatch.setattr(arguments.os, "access", lambda *_: False)
    assert error(capsys, option, file) == f"argument {option}: '{file}' cannot be written"
    file.touch()
    assert error(capsys, option, file) == f"argument {option}: '{file}' cannot be written"


def test_a_picture_that_cannot_be_drawn_is_told_first(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(arguments, "find_spec", lambda _: True)
    assert error(capsys, "--plot", "x.pdf") == (
        "argument --plot: a picture's name must end in .svg or .png; got 'x.pdf'"
    )
    picture = tmp_path / "x.png"
    text = "argument --plot: it draws train and infer; got predict, limit"
    assert error(capsys, "--plot", picture, "--only", "predict,limit") == text
    found = records.Record({}, {}, {}, {})
    found.measurements.append(records.Measurement("memory", 1, {}, "elman", 1.0, "bytes"))
    found.write(tmp_path / "x.json")
    text = "argument --plot: it draws train and infer; got memory"
    assert error(capsys, "--plot", picture, "--read", tmp_path / "x.json") == text
    monkeypatch.setattr(arguments, "find_spec", lambda _: None)
    assert error(capsys, "--plot", picture) == (
        "argument --plot: matplotlib is needed to draw. Install with "
        "`python -m pip install '.[benchmarks]'`."
    )


def test_a_file_that_is_not_there_is_told_in_one_line(capsys, tmp_path):
    file = tmp_path / "x.json"
    assert error(capsys, "--read", file) == (
        f"argument --read: '{file}' cannot be read: No such file or directory"
    )


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b'{"version": 0}', "`version` must be 1. Measure again."),
        (b'{"version": 1}', "it is not what --json wrote."),
        (b'{"version": 1, "measurements": [{}], "numbers": []}', "it is not what --json wrote."),
        (b"{}", "it is not what --json wrote."),
        (b"[]", "it is not what --json wrote."),
        (b'{"version": 1', "it is not what --json wrote."),
        (b"\xff", "it is not what --json wrote."),
    ],
)
def test_a_file_of_another_form_is_refused_in_one_line(capsys, tmp_path, content, text):
    file = tmp_path / "old.json"
    file.write_bytes(content)
    assert error(capsys, "--read", file) == f"argument --read: {file}: {text}"


@pytest.mark.parametrize("name", SECTIONS)
def test_every_section_says_what_it_is(name):
    assert section(name).TITLE
    assert section(name).__doc__
