import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, KeywordError, ShapeError
from elman.inspection import ablate, clamp, perturb
from tests.inspection.pictured import texts_of
from tests.layers.checks import F64, GAPS, normal, scramble
from tests.tolerances import EXACT

X = normal(3, 4, 2)
LAYERS = (
    *("SimpleRNN", "LSTM", "GRU", "CoupledLSTM", "PeepholeLSTM", "IndRNN", "MinGRU", "MinLSTM"),
    *("ZoneoutLSTM", "LayerNormLSTM", "LayerNormGRU", "LeakyRNN"),
)


def built(name, units=3, **options):
    layer = getattr(layers, name)(units, name="layer", **{**F64, **options})
    layer.build((None, None, 2))
    return scramble(layer)


@pytest.mark.parametrize("name", LAYERS)
def test_it_is_what_going_on_from_the_changed_state_computes(name):
    layer = built(name, return_sequences=True, return_state=True)
    found = perturb(layer, X, 0.3, at=1, units=[0, 2])
    first, *states = layer(X[:, :2])
    states[0] = states[0] + 0.3 * np.array([1, 0, 1])
    rest, *final = layer(X[:, 2:], initial_state=states)
    expected = np.concatenate([first[:, :1], states[0][:, None], rest], axis=1)
    np.testing.assert_allclose(found.after.outputs[0], expected, rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(found.after["layer"].h, expected, rtol=EXACT, atol=EXACT)
    for state, last in zip(found.after.outputs[1:], final, strict=True):
        np.testing.assert_allclose(state, last, rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(found.before.outputs[0], layer(X)[0], rtol=EXACT, atol=EXACT)


def test_pieces_that_change_nothing_are_the_whole():
    for options in ({}, {"go_backwards": True}, {"zero_output_for_mask": True}):
        for last in (True, False):
            layer = built("LSTM", return_sequences=last, **options)
            reset = np.zeros((3, 4), bool)
            reset[0, 2] = reset[2, 3] = True
            for mask in (None, GAPS):
                given = {"mask": mask, "reset_mask": reset, "initial_state": [normal(3, 3)] * 2}
                found = perturb(layer, X, 0.0, at=range(4), **given)
                for one, other in zip(found.before.outputs, found.after.outputs, strict=True):
                    np.testing.assert_allclose(other, one, rtol=EXACT, atol=EXACT)
                np.testing.assert_allclose(found.distances(), 0, atol=EXACT)
                one, other = (run["layer"].forget for run in (found.before, found.after))
                np.testing.assert_allclose(one, other, rtol=EXACT)


def test_timesteps_are_those_of_the_input_also_where_it_is_read_backwards():
    layer = built("GRU", return_sequences=True, go_backwards=True)
    found = clamp(layer, X, 0.5, at=[1, -1], units=2)
    h = found.after["layer"].h
    np.testing.assert_array_equal(h[:, [1, 3], 2], 0.5)
    assert found.at == [1, 3]
    np.testing.assert_array_equal(found.after.outputs[0], h[:, ::-1])
    assert found.distances()[:, 0].all()
    late = clamp(layer, X, 0.5, at=0).distances()
    assert not late[:, 1:].any()


def test_masked_steps_change_nothing():
    layer = built("GRU", return_sequences=True)
    found = clamp(layer, X, 9.0, at=1, mask=GAPS)
    h = found.after["layer"].h
    np.testing.assert_array_equal((h[:, 1] == 9).all(axis=1), GAPS[:, 1])
    np.testing.assert_array_equal(h[2, 3], h[2, 1])


def test_a_cell_state_and_an_array_of_values():
    layer = built("LSTM")
    value = normal(3, 2, seed=4)
    found = clamp(layer, X, value, at=2, units=[0, 1], state_name="c")
    np.testing.assert_array_equal(found.after["layer"].c[:, 2, :2], value)
    np.testing.assert_array_equal(found.after["layer"].h[:, 2], found.before["layer"].h[:, 2])
    assert (found.after["layer"].h[:, 3] != found.before["layer"].h[:, 3]).any()


def test_ablated_units_are_as_if_they_had_no_weights_out():
    inside = [layers.GRU(3, return_sequences=True, name="one", **F64), layers.GRU(2, **F64)]
    model = scramble(Sequential([Input((4, 2), **F64), *inside], name="m"))
    found = ablate(model, X, [1], layer="one")
    weights = model.get_weights()
    weights[1][1] = 0  # of the recurrent kernel of "one"
    weights[3][1] = 0  # of the kernel above
    twin = Sequential([Input((4, 2), **F64), layers.GRU(3, return_sequences=True, **F64),
                       layers.GRU(2, **F64)])  # fmt: skip
    twin.set_weights(weights)
    expected = twin.predict(X, verbose=0)
    other = found.after["one"].h[:, :, [0, 2]]
    np.testing.assert_allclose(found.after.outputs[0], expected, rtol=EXACT)
    np.testing.assert_allclose(found.differences[0], expected - model.predict(X, verbose=0))
    assert not found.after["one"].h[:, :, 1].any()
    assert other.all()
    assert repr(found).startswith("<1 of 3 units of 'one' ablated: outputs differ by up to ")


def test_it_reaches_layers_inside_others_and_leaves_all_as_it_was():
    both = layers.Bidirectional(layers.LSTM(2, name="lstm", stateful=True, **F64), name="both")
    model = scramble(Sequential([Input((4, 2), **F64), both, layers.Dense(1, **F64)], name="m"))
    found = ablate(model, X, 0, layer="backward_lstm")
    assert found.layer == "both/backward_lstm"
    assert not found.distances("both/forward_lstm").any()
    assert found.distances()[:, 0].all()
    assert both.forward_layer.states is None
    cells = [layers.LSTMCell(2, name="lstm_cell", **F64), layers.GRUCell(2, name="gru_cell", **F64)]
    stack = layers.RNN(cells, name="stack", **F64)
    stack(X)
    found = ablate(stack, X, 0, layer="lstm_cell")
    assert found.distances("gru_cell").any()


def test_time_decays_of_a_grud_go_on_between_pieces():
    layer = built("GRUD", return_sequences=True)
    x = np.where(normal(3, 4, 2, seed=3) > 0.3, np.nan, X)
    found = perturb(layer, x, 0.0, at=[0, 1, 2])
    np.testing.assert_allclose(found.after.outputs[0], layer(x), rtol=EXACT)


def test_it_is_drawn():
    pytest.importorskip("matplotlib").use("agg")
    layer = built("GRU", return_sequences=True)
    assert "changed here" in texts_of(perturb(layer, X, 0.1, at=1).plot())
    inside = [layers.GRU(3, name="gru", **F64), layers.Dense(2, **F64)]
    model = Sequential([Input((4, 2), **F64), *inside])
    found = ablate(model, X, 0)
    texts = texts_of(found.plot(sample=1))
    assert "with the change" in texts
    assert "1 of 3 units of 'gru' ablated, sample 1" in texts
    line, bars = found.plot(sample=1).axes[0].lines[0], found.plot(sample=1).axes[1].patches
    np.testing.assert_allclose(line.get_ydata(), found.distances()[1])
    heights = [bar.get_height() for bar in bars]
    outputs = [found.before.outputs[0][1], found.after.outputs[0][1]]
    np.testing.assert_allclose(heights, np.concatenate(outputs))
    text = (
        "1 of 3 units of 'gru' ablated: `sample` must be less than 3, the size of the batch; got 3."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        found.plot(sample=3)


def test_the_bars_of_one_output_have_air_about_them():
    pytest.importorskip("matplotlib").use("agg")
    inside = [layers.GRU(3, **F64), layers.Dense(1, **F64)]
    model = Sequential([Input((4, 2), **F64), *inside])
    _, right = ablate(model, X, 0).plot().axes
    assert list(right.get_xticks()) == [0]
    assert right.get_xlim() == (-1.5, 1.5)


def test_of_several_outputs_it_is_said_which_is_drawn():
    pytest.importorskip("matplotlib").use("agg")
    x = Input((4, 2), **F64)
    h = layers.GRU(3, name="gru", return_sequences=True, **F64)(x)
    model = Model(x, {"a": layers.Dense(2, name="a", **F64)(h), "b": h})
    texts = texts_of(ablate(model, X, 0).plot())
    assert "What comes out: 'a', the first of 2 outputs" in texts
    assert "output 0 (of 2)" in texts


def test_what_is_wrong_is_said():
    layer = built("GRU")
    with pytest.raises(ArgumentError, match="`at` must say after which timesteps; got None"):
        perturb(layer, X, 0.1, at=None)
    with pytest.raises(ArgumentError, match="`at` must be timesteps of 4, from -4 to 3; got 4"):
        perturb(layer, X, 0.1, at=4)
    with pytest.raises(ArgumentError, match="`at` must be an integer; got 'end'"):
        perturb(layer, X, 0.1, at="end")
    with pytest.raises(ArgumentError, match="must be units of 'layer', from -3 to 2; got 3"):
        ablate(layer, X, 3)
    with pytest.raises(ArgumentError, match="must be units of 'layer', from -3 to 2; got -4"):
        ablate(layer, X, -4)
    with pytest.raises(ArgumentError, match="`units` must say which units; got None"):
        ablate(layer, X, None)
    with pytest.raises(ArgumentError, match="`units` must name one at least; got none"):
        ablate(layer, X, [])
    with pytest.raises(ArgumentError, match="`at` must name one at least; got none"):
        perturb(layer, X, 0.1, at=np.array([], int))
    for wrong in (np.nan, np.inf):
        with pytest.raises(ArgumentError, match="`value` must be finite; got NaN or infinity"):
            clamp(layer, X, wrong)
        with pytest.raises(ArgumentError, match="`amount` must be finite; got NaN or infinity"):
            perturb(layer, X, wrong, at=0)
    with pytest.raises(ArgumentError, match="`state_name` must be one of 'h'; got 'c'"):
        ablate(layer, X, 0, state_name="c")
    with pytest.raises(ShapeError, match=r"`value` must go with \(batch=3, units=3\); got \(2,\)"):
        clamp(layer, X, [1.0, 2.0])
    with pytest.raises(ShapeError, match=r"`amount` must go with \(batch=3, units=1\); got \(2,\)"):
        perturb(layer, X, [1.0, 2.0], at=0, units=1)
    with pytest.raises(KeywordError, match="`masks` must be an argument that it has"):
        ablate(layer, X, 0, masks=GAPS)
    with pytest.raises(ArgumentError, match=r"^ablate: .* must be a layer or a model; got 3"):
        ablate(3, X, 0)
    with pytest.raises(ArgumentError, match=r"^perturb: .* must be a layer or a model; got 3"):
        perturb(3, X, 0.1, at=None)
    with pytest.raises(ArgumentError, match=r"^clamp: .* must be a layer or a model; got 3"):
        clamp(3, X, 0.1)


def test_units_are_counted_from_either_end():
    layer = built("GRU")
    found = ablate(layer, X, [0, -1])
    assert found.units == [0, 2]
    np.testing.assert_array_equal(found.after["layer"].h, ablate(layer, X, [0, 2]).after["layer"].h)


def test_units_may_be_chosen_by_truth_values():
    layer = built("GRU")
    for units in (np.array([True, False, True]), [True, False, True]):
        assert ablate(layer, X, units).units == [0, 2]
    says = "`units` must have a truth value for each of 3 units of 'layer'; got 2"
    with pytest.raises(ShapeError, match=says):
        ablate(layer, X, [True, False])
    with pytest.raises(ArgumentError, match="`units` must name one at least; got none"):
        ablate(layer, X, np.zeros(3, bool))


def test_no_samples_can_be_told_too():
    found = ablate(built("GRU"), X[:0], 0)
    assert repr(found).startswith("<1 of 3 units of 'layer' ablated: outputs differ by up to 0, ")
