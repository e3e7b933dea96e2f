"""What counts in training: weights of samples, timesteps and classes, and masks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import elman
from elman import Input, Sequential, layers
from tests.layers.checks import F64, normal, scramble
from tests.models.small import X, Y, recurrent
from tests.tolerances import EXACT, FLOAT32

# ---------------------------------------------------------------------- weights of samples


def test_sample_weights_weigh_the_loss_and_not_the_metrics():
    model, weights = recurrent(metrics=["mse"]), np.arange(10.0)
    squares = ((model(X) - Y) ** 2)[:, 0]
    found = model.test_on_batch(X, Y, sample_weight=weights, return_dict=True)
    assert found["loss"] == pytest.approx((weights * squares).sum() / 10, rel=EXACT)
    assert found["mse"] == pytest.approx(squares.mean(), rel=EXACT)


def test_a_weight_of_zero_is_a_sample_that_moves_nothing():
    one, other = recurrent(loss="mae"), recurrent(loss="mae")
    weights = np.array([1.0] * 5 + [0.0] * 5)
    one.train_on_batch(X, Y, sample_weight=weights * 2)  # divided by 10, not by 5
    other.train_on_batch(X[:5], Y[:5])
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=EXACT, atol=EXACT)


def test_timesteps_have_weights_of_their_own():
    model = Sequential([Input((4, 2)), layers.GRU(1, return_sequences=True, **F64)])
    model.compile("sgd", "mse")
    y, weights = normal(10, 4, 1, seed=3), np.abs(normal(10, 4, seed=4))
    squares = ((model(X) - y) ** 2)[..., 0]
    found = model.evaluate(X, y, sample_weight=weights, verbose=0)
    assert found == pytest.approx((weights * squares).mean(), rel=FLOAT32)
    per_sample = model.evaluate(X, y, sample_weight=weights[:, 0], verbose=0)
    assert per_sample == pytest.approx((weights[:, :1] * squares).mean(), rel=FLOAT32)


@pytest.mark.parametrize(
    ("loss", "units", "targets"),
    [
        ("sparse_categorical_crossentropy", 3, lambda c: c),
        ("sparse_categorical_crossentropy", 3, lambda c: c[:, None]),
        ("categorical_crossentropy", 3, lambda c: np.eye(3)[c]),
        ("mse", 1, lambda c: c[:, None].astype(float)),
    ],
    ids=["labels", "column", "one-hot", "numbers"],
)
def test_class_weights_are_the_sample_weights_of_the_classes(loss, units, targets):
    classes = np.array([0, 1, 2, 2, 1, 0, 0, 1, 2, 0])
    model = Sequential([Input((4, 2)), layers.GRU(2), layers.Dense(units, "softmax")])
    model.compile("sgd", loss)
    weights = model.get_weights()
    table = {0: 0.5, 2: 3.0}  # 1 weighs 1
    y = targets(classes)
    found = model.train_on_batch(X, y, class_weight=table)
    model.set_weights(weights)
    per_sample = np.array([table.get(c, 1.0) for c in classes.tolist()])
    assert found == pytest.approx(model.train_on_batch(X, y, sample_weight=per_sample), rel=FLOAT32)


def test_classes_may_be_numpy_s_integers():
    labels = np.array([0, 1] * 5)
    found = [
        recurrent(loss="mse")
        .fit(X, labels, class_weight=table, shuffle=False, verbose=0)
        .history["loss"]
        for table in ({0: 3.0, 1: 0.5}, {np.int64(0): 3.0, np.int8(1): np.float32(0.5)})
    ]
    assert found[0] == found[1]


def test_class_weights_of_labels_a_timestep():
    model = Sequential(
        [Input((4, 2)), layers.GRU(2, return_sequences=True), layers.Dense(3, "softmax")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    y = np.random.default_rng(0).integers(0, 3, (10, 4))
    weights, own = model.get_weights(), np.arange(10.0)
    for targets in (y, y[..., None]):
        model.set_weights(weights)
        found = model.train_on_batch(X, targets, own, class_weight={0: 2.0, 1: 0.0})
        model.set_weights(weights)
        per_step = np.array([2.0, 0.0, 1.0])[y] * own[:, None]
        assert found == pytest.approx(model.train_on_batch(X, targets, per_step), rel=FLOAT32)


# ---------------------------------------------------------------------- masks


def masked(return_sequences):
    stack = [Input((None, 2), dtype="float64"), layers.Masking(), layers.GRU(2, **F64)]
    stack[2].return_sequences = return_sequences
    model = Sequential([*stack, layers.Dense(1, **F64)])
    model.compile(elman.optimizers.SGD(0.1), "mse", metrics=["mae"])
    return scramble(model)


@given(
    lengths=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    padding=st.integers(0, 4),
    return_sequences=st.booleans(),
)
def test_padding_changes_neither_loss_nor_metrics_nor_a_step(lengths, padding, return_sequences):
    longest = max(lengths)
    x, y = normal(len(lengths), longest, 2), normal(len(lengths), longest, 1, seed=1)
    for i, n in enumerate(lengths):
        x[i, n:] = 0
    if not return_sequences:
        y = y[:, 0]
    longer = np.concatenate([x, np.zeros((len(lengths), padding, 2))], axis=1)
    targets = y
    if return_sequences:
        targets = np.concatenate([y, np.full((len(lengths), padding, 1), 7.0)], axis=1)
    one, other = masked(return_sequences), masked(return_sequences)
    np.testing.assert_allclose(
        one.train_on_batch(x, y), other.train_on_batch(longer, targets), rtol=EXACT
    )
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=EXACT, atol=EXACT)


def test_the_masked_loss_is_the_mean_over_the_steps_that_count():
    x, y = normal(2, 3, 2), normal(2, 3, 1, seed=1)
    x[0, 1:] = 0
    model = masked(return_sequences=True)
    squares = ((model(x) - y) ** 2)[..., 0]
    expected = (squares[0, 0] + squares[1].sum()) / 4
    assert model.evaluate(x, y, verbose=0)[0] == pytest.approx(expected, rel=EXACT)
