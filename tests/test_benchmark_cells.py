"""What the benchmarks give other libraries to compute is what elman's cells compute."""

import json
import re

import autograd
import numpy as np
import pytest
from autograd import numpy as anp

from benchmarks import __main__ as command
from benchmarks import agreement, cells, records, states
from benchmarks.bench import Bench
from benchmarks.contenders import elman_cells, elman_states
from benchmarks.contenders.steps import CELLS, EPSILON, Library
from benchmarks.contenders.ways import fastest
from benchmarks.problem import Problem, Shape
from benchmarks.sections import _beside, section
from benchmarks.timing import Effort
from tests.tolerances import AUTOGRAD

SMALL = Shape(3, 7, 5, 4)


def normalise(a, gain, bias):
    d = a - anp.mean(a, axis=-1, keepdims=True)
    return d / anp.sqrt(anp.mean(d * d, axis=-1, keepdims=True) + EPSILON) * gain + bias


def steps(like):
    return np.arange(like.shape[0])[:, None, None]


def seen(observed):
    latest = np.maximum.accumulate(np.where(observed, steps(observed), -1), axis=0)
    return np.concatenate([np.full_like(latest[:1], -1), latest[:-1]])


def take(x, timesteps):
    _, B, F = x.shape
    return x[np.maximum(timesteps, 0), np.arange(B)[:, None], np.arange(F)]


LIBRARY = Library(
    tanh=anp.tanh,
    sigmoid=lambda a: 1 / (1 + anp.exp(-a)),
    relu=lambda a: a * (a > 0),
    exp=anp.exp,
    absolute=anp.abs,
    where=anp.where,
    split=lambda array, parts: anp.split(array, parts, axis=-1),
    join=anp.concatenate,
    affine=lambda h, R, a: a + h @ R,
    normalise=normalise,
    missing=anp.isnan,
    seen=seen,
    take=take,
    number=lambda a, like: a.astype(float),
    steps=steps,
)


def outputs(problem, draws, x, *values):
    """Return the outputs (batch, timesteps, units) of a cell as other libraries run it."""
    maths, w = CELLS[problem.layer], dict(zip(cells.shapes(problem), values, strict=True))
    held, inputs = maths.before(LIBRARY, w, anp.swapaxes(x, 0, 1), draws)
    state = (np.zeros((problem.shape.batch, problem.shape.units)),) * maths.states
    found = []
    for t in range(problem.shape.timesteps):
        state = maths.step(LIBRARY, held, state, tuple(a[t] for a in inputs))
        found.append(state[0])
    return anp.stack(found, axis=1)


@pytest.mark.parametrize("name", cells.CASES)
def test_a_cell_written_for_other_libraries_is_that_of_elman(name):
    problem = Problem("cell_passes", name, SMALL, dtype="float64")
    (x, doutputs), w = cells.inputs(problem), cells.weights(problem)
    draws = tuple(np.swapaxes(a, 0, 1) for a in cells.draws(problem))
    arguments = (x, *w.values())

    def run(*given):
        return outputs(problem, draws, *given)

    reverse, y = autograd.make_vjp(run, [*range(len(arguments))])(*arguments)
    _, expected = elman_cells.passes(problem)
    for found, own in zip((y, *reverse(doutputs)), expected, strict=True):
        assert np.abs(found - own).max() <= AUTOGRAD * max(1, np.abs(own).max())


def test_every_cell_is_written_for_other_libraries_and_has_elmans_weights():
    assert [*CELLS] == [*cells.CASES]
    for name in cells.CASES:
        problem = Problem("cell_passes", name, SMALL)
        run = elman_cells.cell_passes(problem)
        assert [*run.answers][2:-1] == [f"gradient of {weight}" for weight in cells.shapes(problem)]
        assert all(np.isfinite(answer).all() for answer in run.answers.values())


def test_a_third_of_what_gru_d_reads_is_missing_and_nothing_of_what_others_do():
    for name in cells.CASES:
        x, _ = cells.inputs(Problem("cell_passes", name, Shape(32, 50, 8, 4)))
        assert np.isnan(x).mean() == pytest.approx(1 / 3 if name == "GRU-D" else 0, abs=0.02)


def test_the_stock_layer_has_as_many_multiply_adds_as_it_can():
    for name in cells.CASES:
        problem = Problem("cell_passes", name, Shape(32, 100, 32, 128))
        _, units, share = cells.stock(problem)
        assert units >= 1
        assert share == pytest.approx(1, abs=0.02)
    count = cells.multiply_adds(Problem("cell_passes", "GRU-D", Shape(1, 1, 2, 3)))
    assert count == (2 * 2 + 3) * 3 * 3 + 2 * 3  # with the decay of the state
    assert cells.multiply_adds(Problem("cell_passes", "IndRNN", Shape(1, 1, 2, 3))) == 2 * 3


def test_options_that_only_save_memory_or_cut_nothing_change_no_loss():
    losses = {}
    for option in states.OPTIONS:
        shape = Shape(4, states.CHUNK, 3, 4)
        run = elman_states.train_state(Problem("train_state", "LSTM", shape, option=option))
        losses[option] = (float(run.answers["loss 1"]), float(run.answers["loss 2"]))
    assert losses["checkpoint_steps"] == losses["bptt_steps"] == losses[""]
    assert losses["stateful"][0] == losses[""][0]
    others = [losses[option] for option in ("stateful", "reset_mask", "lengths", "initial_state")]
    assert len({second for _, second in [losses[""], *others]}) == 5


def test_the_fastest_way_counts(monkeypatch):
    now = iter([0, 3, 3, 6, 6, 9, 9, 10, 10, 12, 12, 19])  # three calls of 3, then 1, 2 and 7 long
    monkeypatch.setattr("benchmarks.contenders.ways.time.perf_counter", lambda: next(now))
    calls = {"slow": lambda: "slow", "fast": lambda: "fast"}
    assert fastest(calls) == ("fast", calls["fast"])
    assert fastest({"only": calls["slow"]}) == ("only", calls["slow"])


def test_cells_and_options_are_judged_where_no_other_library_is(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "QUICK", Effort(rounds=2, slice=0.0, budget=0.0, pause=0.0))
    for name in ("cells", "state"):
        monkeypatch.setattr(section(name), "SHAPES", (Shape(2, 50, 3, 4),))
    file = tmp_path / "found.json"
    options = ["--quick", "--with", "elman", "--threads", "1", "--only", "cells,state"]
    command.main([*options, "--json", str(file)])
    printed = capsys.readouterr().out
    assert re.search(r"minLSTM +2,50,3,4 +\S+ [um]s +\S+ [um]s +\d+\.\d\dx\n", printed)
    assert re.search(r"lengths +2,50,3,4 +\S+ [um]s +\S+ [um]s +\d+\.\d\dx\n", printed)
    numbers = json.loads(file.read_text())["numbers"]
    assert [n["what"].split(",")[0] for n in numbers if n["section"] == "state"] == [
        *states.OPTIONS[1:]
    ]
    assert len(numbers) == len(cells.CASES) + len(states.OPTIONS) - 1
    assert all(n["at_most"] and n["got"] > 0 for n in numbers)


def test_the_fastest_of_the_others_is_named_and_how_many_times_as_fast_elman_is():
    def time(contender, value):
        what = {"cell": "IndRNN", "shape": "1,2,3,4"}
        return records.Measurement("cells", 1, what, contender, value, "s")

    found = [time("elman", 2e-3), time("base", 1e-3), time("torch", 3e-2), time("JAX", 1e-2)]
    times = _beside.points([*found, time("reference", 1e-3)], "base")["IndRNN", "1,2,3,4"]
    assert (times.ratio, times.rival, times.speed) == (2.0, "JAX", 5.0)
    shown = _beside.shower("cell", "base")(found).splitlines()
    assert shown[0].split() == [
        "cell", "shape", "elman", "base", "ratio", "fastest", "other", "times", "as", "fast"
    ]  # fmt: skip
    assert shown[2].split() == (
        ["IndRNN", "1,2,3,4", "2.00", "ms", "1.00", "ms", "2.00x", "JAX", "10.0", "ms", "5.0x"]
    )
    alone = _beside.points(found[:2], "base")["IndRNN", "1,2,3,4"]
    assert (alone.rival, alone.fastest, alone.speed) == ("", None, None)


def test_the_worst_shape_of_each_is_judged_and_the_others_where_there_are_any():
    bench = Bench(["elman"], [1], [], command.QUICK, True, records.Record({}, {}, {}, {}), "cells")
    seconds = {("a", "1"): (1, 2, 9), ("a", "2"): (3, 2, 9), ("b", "1"): (2, 2, None)}
    for (name, shape), times in seconds.items():
        for contender, value in zip(("elman", "base", "JAX"), times, strict=True):
            if value:
                bench.put(1, {"cell": name, "shape": shape}, contender, value, "s")
    _beside.judge(bench, 1, "base", {"a": 1.3, "b": 0.75}, 5.0)
    assert [(n.what, n.got, n.at_most, n.at_least, n.met) for n in bench.record.numbers] == [
        ("a, to base, worst: 2", 1.5, 1.3, None, False),
        ("b, to base, worst: 1", 1.0, 0.75, None, False),
        ("a, to the fastest of the others, worst: 2", 3.0, None, 5.0, False),
    ]


def test_a_cell_that_others_compute_otherwise_is_not_timed():
    problem = Problem("cell_passes", "leaky", SMALL)
    answers = elman_cells.cell_passes(problem).answers
    wrong = answers | {"gradient of bias": 1.01 * answers["gradient of bias"]}
    with pytest.raises(agreement.DisagreementError, match="JAX's gradient of bias differs from"):
        agreement.check(problem, {"elman": answers, "JAX": wrong})
