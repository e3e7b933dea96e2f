from pathlib import Path

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, NotBuiltError, ShapeError
from elman.inspection.finding import CHECKS
from tests.inspection.problem import checks, classes, classifier, data, made, regression


@pytest.fixture(autouse=True)
def names_from_the_start():
    elman.utils.clear_session()


def test_healthy_models_are_found_so_before_and_after_training():
    for model, (x, y) in ((regression(), data()), (classifier(), classes())):
        assert elman.diagnose(model, x, y).ok, str(elman.diagnose(model, x, y))
        model.fit(x, y, epochs=40, batch_size=16, verbose=0)
        found = elman.diagnose(model, x, y)
        assert found.ok, str(found)
        assert found.loss < found.chance


@pytest.mark.parametrize(
    "layer",
    [
        layers.SimpleRNN(8), layers.IndRNN(8), layers.MinGRU(8), layers.MinLSTM(8),
        layers.PeepholeLSTM(8), layers.LeakyRNN(8), layers.LayerNormGRU(8), layers.CoupledLSTM(8),
        layers.Bidirectional(layers.LSTM(8, dropout=0.2)), layers.GRU(8, reset_after=False),
        layers.RNN([layers.LSTMCell(4), layers.GRUCell(4)]), layers.ZoneoutLSTM(8),
        layers.LSTM(8, stateful=True), layers.Flatten(), layers.GlobalAveragePooling1D(),
    ],
    ids=lambda layer: type(layer).__name__,
)  # fmt: skip
def test_there_is_no_false_alarm_for_any_layer(layer):
    x, y = data()
    model = made(layer, layers.Dense(1), optimizer=elman.optimizers.Adam(0.01))
    assert elman.diagnose(model, x, y).ok, str(elman.diagnose(model, x, y))
    model.fit(x[:192], y[:192], epochs=30, verbose=0)
    assert elman.diagnose(model, x, y).ok, str(elman.diagnose(model, x, y))


def test_nothing_of_the_model_changes():
    x, y = data()
    inside = layers.LSTM(4, stateful=True, dropout=0.5, seed=1), layers.Dense(1)
    model = made(*inside, optimizer=elman.optimizers.Adam(0.01, clipnorm=1.0))
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x[:64], y[:64], batch_size=64, epochs=2, verbose=0)

    def everything():
        lstm = model.layers[0]
        state = [np.array(array) for array in lstm.states]
        results = [value for metric in model.metrics for value in (metric.result(),)]
        drawn = str(lstm.cell.generator.bit_generator.state)
        return [*model.get_weights(), *model.optimizer.state().values(), *state], (results, drawn)

    before = everything()
    elman.diagnose(model, x[:64], y[:64])
    after = everything()
    assert before[1] == after[1]
    for old, new in zip(before[0], after[0], strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_report_says_what_is_wrong_and_what_to_do():
    x, y = data()
    found = elman.diagnose(regression(optimizer=elman.optimizers.Adam(5.0)), 1000 * x, y)
    text = str(found)
    assert text.startswith("Sequential 'm': 1 error, 2 warnings")
    assert text.splitlines()[1].startswith("Loss ")
    assert "guessing without looking: " in text.splitlines()[1]
    assert "ERROR  learning rate\n    with learning rate 5, one more step takes the loss" in text
    assert "WARNING  saturated gates in 'gru'" in text
    assert "\n    -> " in text
    assert max(map(len, text.splitlines())) <= 88
    assert repr(found) == f"<{text}>"
    (finding,) = found.of("input scale")
    assert str(finding).startswith("warning, input scale: feature ")
    assert not found.ok
    assert str(elman.diagnose(regression(), x, y)).startswith("Sequential 'm': 1 note.\nLoss ")


def test_the_flow_of_the_batch_is_there_and_drawn(tmp_path):
    x, y = data()
    found = elman.diagnose(regression(), x, y)
    assert found.flow["gru"].name == "gru"
    figure = found.plot()
    figure.savefig(tmp_path / "diagnosis.png")
    assert figure.get_suptitle() == "Sequential 'm': 1 note: vanishing gradient"
    flat = made(layers.Flatten(), layers.Dense(1))
    assert elman.diagnose(flat, x, y).flow is None
    assert elman.diagnose(flat, x, y).plot() is None


def test_models_of_several_inputs_and_outputs_masks_and_lists_are_looked_at():
    a, b = Input((None, 3), name="a"), Input((2,), name="b")
    steps = layers.GRU(4, return_sequences=True, name="gru")(a)
    last = layers.LSTM(4, name="lstm")(steps)
    outputs = {
        "per_step": layers.Dense(1, name="per_step")(steps),
        "kind": layers.Dense(2, "softmax", name="kind")(layers.Concatenate()([last, b])),
    }
    model = Model({"a": a, "b": b}, outputs)
    model.compile("adam", {"per_step": "mse", "kind": "sparse_categorical_crossentropy"})
    generator = np.random.default_rng(0)
    x = {"a": [generator.normal(size=(n, 3)) for n in (3, 5, 2, 4) * 10]}
    x["b"] = generator.normal(size=(40, 2))
    y = {"per_step": [each[:, :1] ** 2 for each in x["a"]], "kind": np.arange(40) % 2}
    found = elman.diagnose(model, x, y)
    assert found.ok, str(found)
    assert found.chance is None  # of which of the two?
    assert set(found.outputs) == {"per_step", "kind"}
    assert sum(each.loss for each in found.outputs.values()) == pytest.approx(found.loss)
    of_kind = found.outputs["kind"]
    assert of_kind.chance == pytest.approx(np.log(2))
    says = f"    of 'kind' {of_kind.loss:.4g} (guessing without looking: 0.6931)"
    assert says in str(found).splitlines()


def test_an_output_that_is_at_chance_is_told_from_one_that_is_not():
    x, y = data()
    shared = layers.GRU(8)(given := Input((20, 3)))
    names = ("learned", "noise")
    model = Model(given, {name: layers.Dense(1, name=name)(shared) for name in names})
    model.compile(elman.optimizers.Adam(0.01), "mse")
    targets = {"learned": y, "noise": np.random.default_rng(5).normal(size=y.shape)}
    model.fit(x, targets, epochs=20, verbose=0)
    found = elman.diagnose(model, x, targets)
    shares = {name: each.loss / each.chance for name, each in found.outputs.items()}
    assert shares["learned"] < 0.5 < shares["noise"]


def test_causes_stand_before_what_comes_of_them():
    x, y = data()
    hidden = layers.Dense(16, "relu", name="hidden")
    model = made(layers.GRU(8, name="gru"), hidden, layers.Dense(1, name="out"))
    model.layers[1].bias.assign(np.full(16, -50.0))
    found = elman.diagnose(model, x, y).findings
    assert [(each.check, each.layer) for each in found] == [
        ("dead units", "hidden"), ("constant units", "out"), ("vanishing gradient", "gru"),
        ("no gradient", "gru"), ("no gradient", "hidden"),
    ]  # fmt: skip
    before = made(layers.Dense(8, "relu", name="first"), layers.SimpleRNN(4, "relu", name="rnn"),
                  layers.Dense(1))  # fmt: skip
    before.layers[0].bias.assign(np.full(8, -50.0))
    before.layers[1].bias.assign(np.full(4, -50.0))
    dead = elman.diagnose(before, x, y).of("dead units")
    assert [each.layer for each in dead] == ["first", "rnn"]


def test_a_warning_that_is_the_cause_stands_before_an_error_and_notes_are_last():
    x, y = data()
    x[:, :, 2] = 0.0  # a note
    model = regression(optimizer=elman.optimizers.Adam(5.0))
    found = elman.diagnose(model, 1000 * x, y).findings
    order = [each.check for each in found]
    assert order.index("input scale") < order.index("learning rate")
    assert order.index("learning rate") < order.index("saturated gates")
    assert order[-2:] == ["constant input", "vanishing gradient"]
    assert [each.severity for each in found][-3:] == ["warning", "note", "note"]
    known = sorted(found, key=lambda each: (each.severity == "note", CHECKS.index(each.check)))
    assert found == known


def test_every_check_has_its_place_in_the_order_and_in_the_guide():
    folder = Path(elman.inspection.__file__).parent / "checks"
    texts = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    for check in CHECKS:
        assert f'"{check}"' in texts, check
    page = Path(__file__).parents[2] / "docs" / "guides" / "why_not_learning.md"
    _, _, table = page.read_text(encoding="utf-8").partition(
        "| check | what it finds |\n|---|---|\n"
    )
    rows = [row.split(" | ")[0].strip("| ") for row in table.splitlines()]
    assert tuple(", ".join(rows).split(", ")) == CHECKS


def test_the_report_says_of_how_many_samples_it_speaks():
    x, y = data()
    found = elman.diagnose(regression(), x, y, samples=50)
    assert found.samples == (50, 200)
    assert str(found).splitlines()[1].endswith(", of 50 samples drawn from 200.")
    all_of_them = elman.diagnose(regression(), x, y, samples=500)
    assert all_of_them.samples == (200, 200)
    assert "drawn" not in str(all_of_them)


def test_cells_of_one_s_own_are_looked_at_as_far_as_they_show():
    class Sums(layers.Layer):
        state_size = output_size = 3

        def call(self, inputs, states):
            return inputs + states[0], [inputs + states[0]]

    x, y = data()
    model = made(layers.RNN(Sums()), layers.Dense(1))
    found = elman.diagnose(model, x, y)
    assert found.flow is None
    assert not found.of("not finite")


def test_what_it_cannot_look_at_is_said():
    x, y = data()
    with pytest.raises(ArgumentError, match="diagnose: `model` must be a model; got 3"):
        elman.diagnose(3, x, y)
    with pytest.raises(NotBuiltError, match="an optimizer and a loss must be chosen first"):
        elman.diagnose(Sequential([Input((20, 3)), layers.GRU(1)]), x, y)
    with pytest.raises(ArgumentError, match="`y` must hold the targets; got None"):
        elman.diagnose(regression(), x, None)
    with pytest.raises(ArgumentError, match="`samples` must be a positive integer; got 0"):
        elman.diagnose(regression(), x, y, samples=0)
    with pytest.raises(ShapeError, match="as many samples"):
        elman.diagnose(regression(), x, y[:3])


def test_few_samples_of_many_are_run_and_all_are_read():
    x, y = data(3000)
    x[1234, 7, 1] = np.nan
    finding = checks(regression(), x, y, samples=8)["not finite"]
    assert finding.wrong.startswith("`x` holds nan at row 1234, timestep 7, feature 1")
