"""Targets: their form, and those of several outputs with losses and metrics of their own."""

import numpy as np
import pytest

from elman import Input, Model, gradients, layers
from tests.models.small import YS, X, Y, recurrent, same_weights, two_outputs
from tests.tolerances import EXACT


def test_targets_may_lack_the_last_axis_of_size_one():
    results = [recurrent().evaluate(X, y, verbose=0) for y in (Y, Y[:, 0], Y[:, 0].tolist())]
    assert results[0] == results[1] == results[2]


def test_everything_may_be_lists():
    one, other = recurrent(), recurrent()
    one.fit(X, Y, shuffle=False, verbose=0)
    other.fit(X.tolist(), Y.tolist(), shuffle=False, verbose=0)
    assert same_weights(one, other)


@pytest.mark.parametrize(
    ("loss", "factors"),
    [
        (["mse", "mae"], None),
        ({"q": "mae", "p": "mse"}, None),
        (["mse", "mae"], [0.5, 3.0]),
        ({"q": "mae", "p": "mse"}, {"q": 3.0, "p": 0.5}),
    ],
)
def test_losses_of_several_outputs_add_up_with_their_weights(loss, factors):
    model = two_outputs(loss=loss, loss_weights=factors)
    p, q = model(X)
    parts = [float(((p - YS[0]) ** 2).mean()), float(np.abs(q - YS[1]).mean())]
    a, b = (0.5, 3.0) if factors else (1.0, 1.0)
    expected = {"loss": a * parts[0] + b * parts[1], "p_loss": parts[0], "q_loss": parts[1]}
    for y in (YS, tuple(YS), {"q": YS[1], "p": YS[0]}):
        found = model.evaluate(X, y, verbose=0, return_dict=True)
        assert found == pytest.approx(expected, rel=EXACT)
    douts = [a * 2 * (p - YS[0]) / 10, b * np.sign(q - YS[1]) / 20]
    dweights, before = gradients(model, X, output_gradients=douts)["weights"], model.get_weights()
    model.train_on_batch(X, YS)
    for old, new, dw in zip(before, model.get_weights(), dweights, strict=True):
        np.testing.assert_allclose(new, old - 0.01 * dw, rtol=EXACT)


def test_an_output_without_a_loss_is_left_alone():
    model = two_outputs(loss={"q": "mae"})
    before = model.get_layer("p").get_weights()
    found = model.fit(X, {"q": YS[1]}, verbose=0).history
    assert list(found) == ["loss"]
    for old, new in zip(before, model.get_layer("p").get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_one_loss_serves_all_outputs():
    found = two_outputs(loss="mse").evaluate(X, YS, verbose=0, return_dict=True)
    assert found["loss"] == pytest.approx(found["p_loss"] + found["q_loss"], rel=EXACT)


def test_metrics_of_several_outputs_are_named_by_output():
    by_list = two_outputs(loss="mse", metrics=[["mae"], ["mse", "mae"]])
    by_name = two_outputs(loss="mse", metrics={"q": ["mse", "mae"], "p": "mae"})
    found = by_list.evaluate(X, YS, verbose=0, return_dict=True)
    assert list(found) == ["loss", "p_loss", "q_loss", "p_mae", "q_mae", "q_mse"]
    assert by_name.evaluate(X, YS, verbose=0, return_dict=True) == found
    assert by_list.metrics_names == list(found)


def test_a_list_of_results_has_keras_s_order_and_a_dictionary_keeps_it():
    """Losses go by output, metrics by their sorted names; Keras sorts a dictionary too."""
    x = Input((4, 2))
    h = layers.LSTM(2)(x)
    model = Model(x, [layers.Dense(1, name=name)(h) for name in ("b", "a", "c")])
    model.compile("sgd", ["mse", "mae", None], metrics=[["mae"], ["mse"], ["mse"]])
    found = model.evaluate(X, [Y, Y, Y], verbose=0, return_dict=True)
    assert list(found) == ["loss", "b_loss", "a_loss", "a_mse", "b_mae", "c_mse"]
    assert model.evaluate(X, [Y, Y, Y], verbose=0) == list(found.values())
    assert list(model.fit(X, [Y, Y, Y], verbose=0).history) == list(found)


def test_with_a_single_loss_there_is_no_loss_by_output():
    x = Input((4, 2))
    h = layers.LSTM(2)(x)
    model = Model(x, [layers.Dense(1, name=name)(h) for name in ("b", "a")])
    model.compile("sgd", ["mse", None], metrics=[["mae"], ["mse"]])
    assert list(model.evaluate(X, [Y, Y], return_dict=True)) == ["loss", "a_mse", "b_mae"]


def test_metrics_of_one_name_are_numbered_as_in_keras():
    model = recurrent(metrics=["mse", "mse", "mae", lambda y, p: 0 * p, lambda y, p: 0 * p + 1])
    found = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert list(found) == ["loss", "mse", "mse_1", "mae", "lambda", "lambda_1"]
    assert found["mse"] == found["mse_1"]
    assert (found["lambda"], found["lambda_1"]) == (0, 1)


def test_outputs_in_a_dictionary_take_targets_by_key():
    model = two_outputs(
        loss={"one": "mse", "two": "mae"}, structure=lambda o: {"two": o[1], "one": o[0]}
    )
    found = model.fit(X, {"one": YS[0], "two": YS[1]}, verbose=0).history
    assert list(found) == ["loss", "one_loss", "two_loss"]
