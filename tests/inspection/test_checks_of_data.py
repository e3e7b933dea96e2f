"""Checks of targets, the last layer and what goes with them: each model is broken in one way."""

import re

import numpy as np
import pytest

import elman
from elman import layers
from elman.errors import ArgumentError
from tests.inspection.problem import T, checks, classes, classifier, data, made, only, regression


@pytest.fixture(autouse=True)
def names_from_the_start():
    elman.utils.clear_session()


# ---------------------------------------------------------------------- targets


def test_constant_targets_are_found():
    x, y = data()
    finding = checks(regression(), x, 0 * y + 0.25)["constant targets"]
    assert finding.severity == "error"
    says = "the targets of all 200 samples are 0.25: there is nothing to learn."
    assert finding.wrong == says
    one_hot = np.tile([0.0, 1.0, 0.0], (200, 1))
    model = classifier(loss="categorical_crossentropy")
    same = checks(model, x, one_hot)["constant targets"]
    assert "of all 200 samples are those of the first sample" in same.wrong


def test_leaking_labels_are_found():
    x, y = data()
    x[:, -1, 2] = 3 * y[:, 0] - 1
    finding = only(checks(regression(), x, y), "leaking labels")
    assert finding.severity == "warning"
    says = "target 0 is a linear function of feature 2 of the input 'input_layer' at the last step"
    assert finding.wrong.startswith(says)

    x, labels = classes()
    x[:, -1, 0] = labels
    finding = only(checks(classifier(), x, labels), "leaking labels")
    assert "feature 0" in finding.wrong

    steps = made(layers.GRU(8, return_sequences=True), layers.Dense(1))
    x, _ = data()
    finding = only(checks(steps, x, -x[:, :, 1:2]), "leaking labels")
    assert "at the same step (correlation -1.000000)" in finding.wrong


def test_a_forecast_and_an_autoencoder_are_no_leaks():
    x, _ = data()
    steps = made(layers.GRU(8, return_sequences=True), layers.Dense(3))
    assert checks(steps, x, np.roll(x, -1, axis=1)) == {}
    assert checks(steps, x, x) == {}
    tokens = np.random.default_rng(0).integers(0, 9, (200, 20))
    inside = layers.Embedding(9, 4), layers.GRU(8, return_sequences=True)
    loss = "sparse_categorical_crossentropy"
    words = made(*inside, layers.Dense(9, "softmax"), shape=(None,), loss=loss, dtype="int32")
    assert checks(words, tokens[:, :-1], tokens[:, 1:]) == {}


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "log_cosh"])
@pytest.mark.parametrize(
    ("factor", "says"),
    [
        (1e4, r"the targets go up to 1\.\d+e\+04 in size, while outputs go up to 0\.\d+: "),
        (
            1e-4,
            r"the standard deviation of the targets is \de-05 alone, while outputs go up to 0\.",
        ),
    ],
)
def test_targets_of_another_scale_than_the_outputs_are_found(loss, factor, says):
    x, y = data()
    finding = only(checks(regression(loss=loss), x, factor * y), "target scale")
    assert (finding.severity, finding.layer) == ("warning", "out")
    assert re.search(says, finding.wrong), finding.wrong
    assert "divide by their standard deviation" in finding.fix
    for healthy in (1, 5):
        assert checks(regression(loss=loss), x, healthy * y) == {}


def test_a_loss_that_stands_still_for_the_scale_of_the_targets_is_explained_first():
    x, y = data()
    model = regression()
    model.fit(x, 1e4 * y, epochs=20, verbose=0)
    first, *others = elman.diagnose(model, x, 1e4 * y).findings
    assert first.check == "target scale"
    assert "loss at chance" in [each.check for each in others]


def test_what_brings_outputs_to_the_scale_of_the_targets_is_no_finding():
    x, y = data()
    kelvin = 10 * y + 288
    undone = layers.Normalization(mean=288.0, variance=100.0, invert=True)
    assert checks(made(layers.GRU(8), layers.Dense(1), undone), x, kelvin) == {}
    model = regression()
    assert "target scale" in checks(model, x, kelvin)
    model.layers[1].bias.assign([288.0])
    assert "target scale" not in checks(model, x, kelvin)
    for rank in (y, y[:, 0]):  # (samples, 1) and (samples,)
        assert "target scale" in checks(regression(), x, 1e4 * rank)
    steps = made(layers.GRU(8, return_sequences=True), layers.TimeDistributed(layers.Dense(1)))
    assert "target scale" in checks(steps, x, 1e4 * x[:, ::-1, :1])
    inputs = elman.Input((T, 3))
    last = layers.GRU(8)(inputs)
    two = elman.Model(
        inputs, {"a": layers.Dense(1, name="a")(last), "b": layers.Dense(1, name="b")(last)}
    )
    two.compile("adam", "mse")
    finding = only(checks(two, x, {"a": y, "b": 1e4 * y}), "target scale")
    assert finding.layer == "b"
    assert finding.wrong.startswith("the targets of 'b' go up to ")
    percent = regression(loss="mean_absolute_percentage_error")  # which sees no unit
    assert "target scale" not in checks(percent, x, 1e4 * y)
    counts = made(layers.GRU(8), layers.Dense(1, "exponential"))  # which is never far from any
    assert "target scale" not in checks(counts, x, np.exp(9 + y))


# ---------------------------------------------------------------------- the last layer


def test_logits_twice_are_found():
    x, y = classes()
    loss = elman.losses.SparseCategoricalCrossentropy(from_logits=True)
    finding = only(checks(classifier(loss=loss), x, y), "last activation")
    assert (finding.severity, finding.layer) == ("error", "out")
    says = "has `from_logits=True`, but softmax has made probabilities of the logits already."
    assert finding.wrong.endswith(says)
    assert checks(classifier(None, loss=loss), x, y) == {}


def test_numbers_where_probabilities_should_be_are_found():
    x, y = classes()
    finding = checks(classifier(None), x, y)["last activation"]
    assert finding.wrong.startswith("the loss 'sparse_categorical_crossentropy' takes probabilitie")
    assert "(activation 'linear')" in finding.wrong
    assert "`activation='softmax'`" in finding.fix
    x, y = data()
    model = regression(loss="binary_crossentropy")
    assert "'sigmoid'" in checks(model, x, (y > 0) * 1.0)["last activation"].fix


def test_targets_that_the_activation_cannot_reach_are_found():
    x, y = data()
    model = made(layers.GRU(8), layers.Dense(1, "sigmoid"))
    finding = checks(model, x, y)["last activation"]
    assert finding.wrong.startswith("sigmoid gives numbers from 0 to 1, but ")
    assert "% of the targets are outside" in finding.wrong
    relu = made(layers.GRU(8), layers.Dense(1, "relu"))
    assert "from 0 upwards" in checks(relu, x, y)["last activation"].wrong
    last = made(layers.LSTM(1))
    assert "tanh gives numbers from -1 to 1" in checks(last, x, 3 * y)["last activation"].wrong
    steps = made(
        layers.GRU(8, return_sequences=True), layers.TimeDistributed(layers.Dense(1, "tanh"))
    )
    assert "last activation" in checks(steps, x, 5 * x[:, ::-1, :1])


def test_targets_of_a_cross_entropy_that_are_no_shares_are_found():
    x, y = data()
    model = made(layers.GRU(8), layers.Dense(1, "sigmoid"), loss="binary_crossentropy")
    assert checks(model, x, (y > 0) * 1.0) == {}
    finding = checks(model, x, np.sign(y), samples=200)["last activation"]
    assert finding.wrong.endswith("takes targets from 0 to 1; they go from -1 to 1.")


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh", "sigmoid", "softplus"])
@pytest.mark.parametrize("sparse", [False, True])
def test_activations_that_make_no_probabilities_of_classes_are_found(activation, sparse):
    x, labels = classes()
    loss = f"{'sparse_' if sparse else ''}categorical_crossentropy"
    y = labels if sparse else np.eye(3)[labels]
    finding = checks(classifier(activation, loss), x, y)["last activation"]
    works = activation in ("sigmoid", "softplus")  # after a fashion: the loss takes their shares
    assert (finding.severity, finding.layer) == ("warning" if works else "error", "out")
    says = f"the loss '{loss}' takes probabilities that add up to 1, but outputs "
    assert finding.wrong.startswith(says)
    assert finding.wrong.endswith(f"(activation '{activation}').")
    assert ("have sums from" in finding.wrong) == (activation in ("relu", "sigmoid", "softplus"))
    assert checks(classifier("softmax", loss), x, y) == {}
    logits = type(elman.losses.get(loss))(from_logits=True)
    assert checks(classifier(None, logits), x, y) == {}


def test_the_end_of_a_model_is_named_before_the_nan_that_comes_of_it():
    x, y = classes()
    found = elman.diagnose(classifier("relu"), 1e4 * x, y)  # a row of zeros has no shares
    assert [each.check for each in found.findings] == [
        "last activation",
        "not finite",
        "input scale",
    ]
    assert not any(each.severity == "note" for each in found.findings)  # NaN is not doing well


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh"])
def test_activations_that_make_no_probabilities_of_a_question_are_found(activation):
    x, y = data()
    y = (y > 0) * 1.0
    model = made(layers.GRU(8), layers.Dense(1, activation), loss="binary_crossentropy")
    finding = checks(model, x, y)["last activation"]
    assert finding.wrong.startswith(
        "the loss 'binary_crossentropy' takes probabilities, but outputs"
    )
    assert "`activation='sigmoid'`" in finding.fix
    # Between 0 and 1 they may lie for now.
    model.layers[1].kernel.assign(0 * model.layers[1].kernel.numpy())
    model.layers[1].bias.assign([0.5])
    luck = checks(model, x, y)["last activation"]
    assert luck.severity == "warning"
    assert f"(activation '{activation}')" in luck.wrong
    for right in ("sigmoid", "hard_sigmoid"):
        healthy = made(layers.GRU(8), layers.Dense(1, right), loss="binary_crossentropy")
        assert checks(healthy, x, y) == {}


def test_focal_losses_take_probabilities_too():
    x, labels = classes()
    for loss, right in (
        (elman.losses.BinaryFocalCrossentropy, "sigmoid"),
        (elman.losses.CategoricalFocalCrossentropy, "softmax"),
    ):
        y = np.eye(3)[labels]
        assert "last activation" in checks(classifier("tanh", loss()), x, y)
        assert checks(classifier(right, loss()), x, y) == {}


def test_a_softmax_before_questions_is_found():
    x, labels = classes()
    y = np.eye(3)[labels]
    finding = only(checks(classifier("softmax", "binary_crossentropy"), x, y), "last activation")
    assert finding.severity == "warning"
    assert "asks of each of 3 units by itself whether it is true, but softmax" in finding.wrong
    assert "'categorical_crossentropy'" in finding.fix
    assert checks(classifier("sigmoid", "binary_crossentropy"), x, y) == {}


def test_logits_that_cannot_be_any_number_are_found():
    x, y = data()
    loss = elman.losses.BinaryCrossentropy(from_logits=True)
    model = made(layers.GRU(8), layers.Dense(1, "tanh"), loss=loss)
    finding = only(checks(model, x, (y > 0) * 1.0), "last activation")
    says = "and logits may be any numbers, but tanh gives them from -1 to 1 alone."
    assert finding.wrong.endswith(says)
    assert checks(made(layers.GRU(8), layers.Dense(1), loss=loss), x, (y > 0) * 1.0) == {}


def test_labels_beyond_the_units_are_said_by_the_loss():
    x, labels = classes()
    model = made(layers.GRU(8), layers.Dense(2, "softmax"), loss="sparse_categorical_crossentropy")
    with pytest.raises(ArgumentError, match="whole numbers from 0 to 1, as `y_pred` has 2 classes"):
        elman.diagnose(model, x, labels)


def test_a_softmax_of_one_unit_is_found_whatever_the_loss():
    x, y = data()
    numbers = made(layers.GRU(8), layers.Dense(1, "softmax"))
    assert "over one unit is 1" in checks(numbers, x, y)["last activation"].wrong
    model = made(layers.GRU(8), layers.Dense(1, "softmax"), loss="categorical_crossentropy")
    with pytest.warns(UserWarning, match="of one class"):
        found = checks(model, x, (y > 0) * 1.0)
    assert found["last activation"].wrong.startswith("softmax over one unit is 1 whatever goes in")


def test_squares_of_a_sigmoid_get_a_note():
    x, y = data()
    model = made(layers.GRU(8), layers.Dense(1, "sigmoid"))
    found = elman.diagnose(model, x, (y > 0) * 1.0)
    assert found.ok
    assert found.of("last activation")[0].fix == "Use the loss 'binary_crossentropy'."


def test_the_next_token_is_no_leak_where_the_length_is_fixed():
    """The target of a step is the input of the next, by construction."""
    tokens = np.random.default_rng(0).integers(0, 9, (60, 8))
    inside = [layers.Embedding(9, 4), layers.GRU(6, return_sequences=True)]
    model = elman.Sequential([elman.Input((7,)), *inside, layers.Dense(9, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    assert elman.diagnose(model, tokens[:, :-1], tokens[:, 1:]).of("leaking labels") == []
