import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, KeywordError, ShapeError
from elman.inspection import (
    contributions,
    gradient_times_input,
    input_gradients,
    integrated_gradients,
    occlusion,
)
from tests.gradcheck import assert_gradient
from tests.inspection.pictured import texts_of
from tests.layers.checks import F64, GAPS, normal, scramble
from tests.tolerances import EXACT

X = normal(3, 4, 2)


def network(*inside, name="m"):
    return scramble(Sequential([Input((4, 2), **F64), *inside], name=name))


def gru(**options):
    return layers.GRU(3, **{**F64, **options})


def linear():
    """Return a model whose output is linear in its input, and dy/dx of output 1."""
    model = network(layers.SimpleRNN(3, activation="linear", **F64), layers.Dense(2, **F64))
    W, R, _, V, _ = model.get_weights()
    steps = [W @ np.linalg.matrix_power(R, 3 - t) @ V[:, 1] for t in range(4)]
    return model, np.stack(steps)


@pytest.mark.parametrize(
    ("inside", "output", "timestep"),
    [
        ([gru(), layers.Dense(2, activation="softmax", **F64)], 1, None),
        ([gru(return_sequences=True)], 2, 1),
        ([gru(return_sequences=True), layers.Dense(2, **F64)], 0, -2),
        ([layers.Bidirectional(layers.LSTM(2, **F64))], -1, None),
    ],
    ids=["last", "state", "sequence", "both"],
)
@pytest.mark.parametrize("mask", [None, GAPS], ids=["whole", "gaps"])
def test_input_gradients_are_those_of_central_differences(inside, output, timestep, mask):
    model, x = network(*inside), X.copy()
    found = input_gradients(model, x, output, timestep, mask=mask)

    def y():
        outputs = model(x, mask=mask)
        return outputs[:, output] if timestep is None else outputs[:, timestep, output]

    assert_gradient(lambda _: float(y().sum()), x, found.values)
    np.testing.assert_allclose(found.output, y(), rtol=EXACT)


def test_all_methods_agree_on_a_linear_model():
    model, gradient = linear()
    parts = X * gradient
    np.testing.assert_allclose(
        input_gradients(model, X, 1).values,
        np.broadcast_to(gradient, X.shape),
        rtol=EXACT,
        atol=EXACT,
    )
    for found in (
        gradient_times_input(model, X, 1),
        integrated_gradients(model, X, 1, steps=1),
        occlusion(model, X, 1),
    ):
        np.testing.assert_allclose(found.values, parts, rtol=EXACT, atol=EXACT)
    past = contributions(model, X, 1)
    np.testing.assert_allclose(past.values[:, :, 0], parts.sum(axis=2), rtol=EXACT, atol=EXACT)
    begin = normal(4, 2, seed=5)
    moved = integrated_gradients(model, X, 1, baseline=begin, steps=1)
    np.testing.assert_allclose(moved.values, (X - begin) * gradient, rtol=EXACT, atol=EXACT)
    window = occlusion(model, X, 1, window=4, together=True)
    np.testing.assert_allclose(
        window.values[:, 0, 0], parts.sum(axis=(1, 2)), rtol=EXACT, atol=EXACT
    )


def test_integrated_gradients_become_complete():
    model = network(gru(), layers.Dense(1, activation="tanh", **F64))
    errors = [
        np.abs(integrated_gradients(model, X, steps=steps).completeness_error).max()
        for steps in (1, 4, 16, 64)
    ]
    assert errors[0] > 1e-4
    assert errors[1] < errors[0]
    assert errors[3] < EXACT
    found = integrated_gradients(model, X, baseline=0.5)
    y, y_begin = (model.predict(x, verbose=0)[:, 0] for x in (X, np.full_like(X, 0.5)))
    np.testing.assert_allclose(found.values.sum(axis=(1, 2)), y - y_begin, atol=EXACT)
    np.testing.assert_allclose(found.baseline_output, y_begin, rtol=EXACT)


def test_many_points_are_run_in_batches(monkeypatch):
    model = network(gru(), layers.Dense(2, **F64))
    whole = integrated_gradients(model, X, 0), occlusion(model, X, 0), contributions(model, X, 0)
    monkeypatch.setattr("elman.inspection.explained.ROWS", 6)
    again = integrated_gradients(model, X, 0), occlusion(model, X, 0), contributions(model, X, 0)
    for one, other in zip(whole, again, strict=True):
        np.testing.assert_allclose(other.values, one.values, rtol=EXACT, atol=EXACT)


def test_occlusion_takes_windows_away_and_averages_them():
    model = network(gru(), layers.Dense(1, **F64))
    y = model.predict(X, verbose=0)[:, 0]
    drops = []
    for start in range(3):
        x = X.copy()
        x[:, start : start + 2, 1] = 7.0
        drops.append(y - model.predict(x, verbose=0)[:, 0])
    found = occlusion(model, X, window=2, baseline=7.0).values[:, :, 1]
    np.testing.assert_allclose(found[:, 0], drops[0], rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(found[:, 1], (drops[0] + drops[1]) / 2, rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(found[:, 3], drops[2], rtol=EXACT, atol=EXACT)


def test_contributions_sum_up_and_later_steps_have_none():
    model = network(gru(return_sequences=True), layers.Dense(2, **F64))
    found = contributions(model, X, 1, timestep=2, baseline=0.3)
    assert found.values.shape == (3, 4, 1)
    assert not found.by_timestep()[:, 3].any()
    np.testing.assert_allclose(found.completeness_error, 0, atol=EXACT)
    y = model.predict(X, verbose=0)[:, 2, 1]
    x = X.copy()
    x[:, 0] = 0.3
    first = y - model.predict(x, verbose=0)[:, 2, 1]
    np.testing.assert_allclose(found.by_timestep()[:, 0], first, rtol=EXACT, atol=EXACT)


def test_masked_steps_have_no_part():
    model = network(gru(), layers.Dense(1, **F64))
    for method in (input_gradients, integrated_gradients, occlusion, contributions):
        found = method(model, X, mask=GAPS).by_timestep()
        assert not found[~GAPS].any()
        assert found[GAPS].all()


def test_one_of_several_inputs_and_outputs():
    one, other = Input((4, 2), name="one", **F64), Input((4, 1), name="other", **F64)
    h = layers.GRU(3, name="gru", **F64)(layers.Concatenate(**F64)([one, other]))
    ends = [layers.Dense(1, name="a", **F64)(h), layers.Dense(2, name="b", **F64)(h)]
    model = scramble(Model([one, other], ends))
    x = [X, normal(3, 4, 1, seed=2)]
    names = {"output_name": model.output_names[1], "input_name": "other"}
    found = integrated_gradients(model, x, 1, **names)
    assert found.values.shape == (3, 4, 1)
    assert found.target == f"output 1 (of 2) of 'b' of {model.owner}, by input 'other'"
    y = model.predict(x, verbose=0)[1][:, 1]
    np.testing.assert_allclose(found.output, y, rtol=EXACT)
    alone = model.predict([X, np.zeros((3, 4, 1))], verbose=0)[1][:, 1]
    np.testing.assert_allclose(found.values.sum(axis=(1, 2)), y - alone, atol=EXACT)
    with pytest.raises(ArgumentError, match="`input_name` must be given, one of 'one', 'other'"):
        occlusion(model, x, 1)
    with pytest.raises(ArgumentError, match="`output_name` must be given, one of "):
        occlusion(model, x, 1, input_name="one")


def test_indices_have_no_gradient_but_can_be_taken_away():
    inside = [layers.Embedding(5, 3, **F64), gru(), layers.Dense(1, **F64)]
    model = scramble(Sequential([Input((4,), dtype="int64"), *inside], name="m"))
    x = np.array([[1, 2, 3, 4], [4, 4, 0, 1]])
    found = occlusion(model, x)
    changed = x.copy()
    changed[:, 1] = 0
    y, lost = (model.predict(each, verbose=0)[:, 0] for each in (x, changed))
    np.testing.assert_allclose(found.by_timestep()[:, 1], y - lost, rtol=EXACT, atol=EXACT)
    with pytest.raises(ArgumentError, match="`x` must have a gradient; got indices"):
        input_gradients(model, x)


@pytest.mark.parametrize("dtype", ["int64", "bool"])
def test_integers_that_enter_as_floats_are_explained_as_floats(dtype):
    x = np.rint(2 * X).astype(dtype)
    for model in (network(gru(), layers.Dense(1, **F64)), scramble(layers.SimpleRNN(1, **F64))):
        model(x)
        for method in (integrated_gradients, occlusion, contributions, gradient_times_input):
            options = {} if method is gradient_times_input else {"baseline": 0.5}
            found = method(model, x, **options)
            expected = method(model, x.astype("float64"), **options)
            np.testing.assert_array_equal(found.values, expected.values)
            assert found.x.dtype == np.float64


def test_what_enters_as_integers_has_no_fractions():
    inside = [layers.Embedding(5, 3, **F64), gru(), layers.Dense(1, **F64)]
    words = scramble(Sequential([Input((4,), dtype="int64"), *inside], name="m"))
    x = np.array([[1, 2, 3, 4], [4, 4, 0, 1]])
    for wrong in (0.5, np.nan):
        with pytest.raises(ArgumentError, match=f"`baseline` must be of numbers .* got {wrong}"):
            occlusion(words, x, baseline=wrong)
    with pytest.raises(ArgumentError, match=r"`x` must enter as floats, .*; got int64. Use `occl"):
        integrated_gradients(words, x)
    assert occlusion(words, x, baseline=2.0).values.any()


def test_later_steps_count_where_a_model_reads_backwards_too():
    both = layers.Bidirectional(gru(return_sequences=True))
    found = contributions(network(both, layers.Dense(1, **F64)), X, timestep=1).by_timestep()
    assert found.all()


def test_a_layer_is_explained_and_nothing_changes():
    layer = layers.GRU(3, stateful=True, **F64)
    layer(X)
    before = layer.states[0].copy()
    found = integrated_gradients(layer, X, 2)
    np.testing.assert_array_equal(layer.states[0], before)
    np.testing.assert_allclose(found.completeness_error, 0, atol=EXACT)


def test_a_baseline_that_masking_skips_is_warned_of():
    """y jumps where the line begins: no number of points makes what is missed small."""
    inside = [layers.Masking(name="skip", **F64), gru(), layers.Dense(1, **F64)]
    nested = network(*inside)
    around = Model(x := Input((4, 2), **F64), nested(x), name="around")
    text = "Masking 'skip' skips timesteps of `baseline`, where all features are 0, and takes those"
    for model in (network(*inside), around):
        with pytest.warns(UserWarning, match=text):
            found = integrated_gradients(model, X)
        assert np.abs(found.completeness_error).max() > 1e-3
    assert integrated_gradients(model, X, baseline=0.1).completeness_error.max() < EXACT
    padded = X * np.array([1, 1, 0, 0])[:, None]
    integrated_gradients(model, padded, baseline=[[1, 1], [1, 1], [0, 0], [0, 0]])  # both skipped
    np.testing.assert_allclose(contributions(model, X).completeness_error, 0, atol=EXACT)


def test_a_masking_layer_of_another_input_is_none_of_its_own():
    one, other = Input((4, 2), name="one", **F64), Input((4, 2), name="other", **F64)
    h = layers.Add()([gru()(layers.Masking()(one)), gru()(other)])
    model = scramble(Model([one, other], layers.Dense(1, **F64)(h)))
    found = integrated_gradients(model, [X, X], input_name="other")
    np.testing.assert_allclose(found.completeness_error, 0, atol=EXACT)
    with pytest.warns(UserWarning, match="skips timesteps of `baseline`"):
        integrated_gradients(model, [X, X], input_name="one")


def test_it_says_and_draws_what_it_is():
    pytest.importorskip("matplotlib").use("agg")
    model = network(gru(return_sequences=True), layers.Dense(2, **F64))
    found = integrated_gradients(model, X, 1, 2)
    target = "output 1 (of 2) at timestep 2 of Sequential 'm'"
    assert found.target == target
    assert repr(found).startswith(f"<integrated gradients of {target}: (3, 4, 2), largest at")
    assert "; completeness error " in repr(found)
    assert input_gradients(model, X, 1).completeness_error is None
    assert found.by_feature().shape == (3, 2)
    texts = texts_of(found.plot(sample=1))
    assert "output 1 (of 2) at timestep 2 of Sequential 'm', sample 1" in texts
    assert re.search(r"\nof the baseline: \S+; completeness error \S+e-\d\d\n", texts)
    assert "orange raises the output, purple lowers it" in texts
    assert "\noutput lost without it" in texts_of(occlusion(model, X, 1).plot())
    texts_of(contributions(model, X, 1).plot())
    with pytest.raises(
        ArgumentError, match="`sample` must be less than 3, the size of the batch; got 3"
    ):
        found.plot(3)


def test_masked_steps_are_grey_in_the_input_and_in_what_it_counts():
    pytest.importorskip("matplotlib").use("agg")
    mask = np.array([[True, True, False, True]] * 3)
    given = integrated_gradients(network(gru()), X, 1, mask=mask)
    words = Sequential([Input((4,), dtype="int32"), layers.Embedding(9, 2, mask_zero=True), gru()])
    for found in (given, occlusion(words, np.array([[3, 1, 0, 4]]), 0)):
        np.testing.assert_array_equal(found.mask, mask[: len(found.x)])
        figure = found.plot()
        assert "The input (grey: masked)" in texts_of(figure)
        heatmaps = [axes.images[0].get_array() for axes in figure.axes if axes.images]
        for hidden in (np.ma.getmaskarray(np.ma.masked_invalid(each)) for each in heatmaps):
            np.testing.assert_array_equal(hidden, np.tile(~mask[0], (len(hidden), 1)))
    assert integrated_gradients(network(gru()), X, 1).mask is None


def test_one_feature_and_tokens_are_numbered_as_what_they_are():
    pytest.importorskip("matplotlib").use("agg")
    model = Sequential([Input((4, 1), **F64), gru(), layers.Dense(1, **F64)])
    figure = input_gradients(model, X[..., :1]).plot()
    assert "more of it raises the output (orange)" in texts_of(figure)
    low, high = figure.axes[0].get_ylim()
    assert [tick for tick in figure.axes[0].get_yticks() if high < tick < low] == [0]
    words = Sequential([Input((5,), dtype="int32"), layers.Embedding(9, 2), layers.GRU(2)])
    tokens = np.array([[3, 1, 4, 1, 5]])
    figure = occlusion(words, tokens, 0).plot()
    assert [text.get_text() for text in figure.axes[0].texts] == list("31415")
    assert figure.axes[0].get_ylabel() == "token"
    many = np.ones((1, 30), int)
    words = Sequential([Input((30,), dtype="int32"), layers.Embedding(9, 2), layers.GRU(2)])
    assert not occlusion(words, many, 0).plot().axes[0].texts


def test_what_is_wrong_is_said():
    model = network(gru(return_sequences=True), layers.Dense(2, **F64))
    with pytest.raises(ArgumentError, match="`output` must say which of 2 outputs to explain"):
        input_gradients(model, X)
    with pytest.raises(ArgumentError, match="`output` must be from -2 to 1; got 2"):
        input_gradients(model, X, 2)
    with pytest.raises(ArgumentError, match="`timestep` must be from -4 to 3; got 4"):
        input_gradients(model, X, 1, 4)
    last = network(gru(), name="last")
    with pytest.raises(ArgumentError, match="`timestep` must be left out, because the output has"):
        input_gradients(last, X, 1, 3)
    with pytest.raises(ShapeError, match=r"`baseline` must go with `x`, \(3, 4, 2\); got \(3,\)"):
        integrated_gradients(last, X, 1, baseline=np.zeros(3))
    with pytest.raises(ArgumentError, match=r"`window` must be at most 4, .*; got 5"):
        occlusion(last, X, 1, window=5)
    with pytest.raises(ArgumentError, match="`steps` must be a positive integer; got 0"):
        integrated_gradients(last, X, 1, steps=0)
    for method in (input_gradients, gradient_times_input, contributions):
        with pytest.raises(KeywordError, match=r"`outputs` must be an argument .* mean 'output'"):
            method(last, X, outputs=1)
    with pytest.raises(KeywordError, match=r"argument that occlusion has. Did you mean 'window'"):
        occlusion(last, X, 1, windw=2)
    with pytest.raises(
        KeywordError, match=r"that integrated_gradients has. Did you mean 'input_na"
    ):
        integrated_gradients(last, X, 1, inputname="x")
    with pytest.raises(ArgumentError, match="must be a layer or a model; got 3"):
        occlusion(3, X, 1)
    wide = elman.layers.TimeDistributed(layers.Dense(1, **F64))
    with pytest.raises(ShapeError, match=r"`x` must have shape \(batch, timesteps, features\), or"):
        input_gradients(wide, normal(2, 3, 4, 5), 0)


@pytest.mark.parametrize("shape", [(), (4, 1, 3)])
def test_an_output_must_have_features_and_timesteps_at_most(shape):
    x = Input((4, 2), **F64)
    h = gru(return_sequences=True)(x)
    y = layers.Reshape(shape, **F64)(h) if shape else elman.ops.sum(h, axis=(1, 2))
    text = (
        rf"must put out \(batch, features\), or .*; got \(3{''.join(f', {n}' for n in shape)},?\)"
    )
    for method in (input_gradients, integrated_gradients, occlusion, contributions):
        with pytest.raises(ShapeError, match=text):
            method(Model(x, y), X, 0)


def test_of_no_samples_nothing_is_the_largest():
    found = repr(input_gradients(network(gru(), layers.Dense(1, **F64)), X[:0]))
    assert found == "<input gradients of output 0 of Sequential 'm': (0, 4, 2)>"
