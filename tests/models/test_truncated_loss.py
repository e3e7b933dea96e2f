"""The loss and metrics of a batch that is trained on in chunks are those of the whole."""

import numpy as np
import pytest

import elman
from elman import Input, Model, layers
from elman.models import whole
from tests.layers.checks import F64, scramble
from tests.models.truncated_models import (
    B,
    F,
    K,
    T,
    X,
    Y,
    make,
)
from tests.tolerances import EXACT


def test_the_loss_is_the_mean_over_all_timesteps():
    model = make()
    model.trainable = False
    wanted = model.evaluate(X, Y, verbose=0)
    found = model.fit(X, Y, batch_size=3, bptt_steps=K, verbose=0).history
    np.testing.assert_allclose(found["loss"], wanted[:1], rtol=EXACT)
    for steps in (1, 3, 5, 9):
        found = model.train_on_batch(X, Y, bptt_steps=steps)
        np.testing.assert_allclose(found, wanted, rtol=EXACT)


LENGTHS = np.array([10, 4, 7, 1, 0, 9])
MASK = np.random.default_rng(3).random((B, T)) < 0.4
PARTLY = {
    "lengths": {"x": X, "lengths": LENGTHS},
    "mask": {"x": X, "mask": MASK},
    "list": {"x": [x[:n] for x, n in zip(X, LENGTHS, strict=True)]},
}


@pytest.mark.parametrize("steps", [1, 4, 7, 9])
@pytest.mark.parametrize("weights", [None, np.arange(B * T).reshape(B, T) / T])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
@pytest.mark.parametrize("name", PARTLY)
def test_the_loss_is_the_mean_over_the_timesteps_that_count(name, reduction, weights, steps):
    model = make()
    model.trainable = False
    model.compile(
        "sgd",
        elman.losses.MeanSquaredError(reduction=reduction),
        metrics=["mae", "cosine_similarity"],
        weighted_metrics=["mse"],
    )
    given = {**PARTLY[name], "y": Y, "sample_weight": weights}
    wanted = model.evaluate(**given, batch_size=4, return_dict=True, verbose=0)
    found = model.fit(
        **given, bptt_steps=steps, batch_size=4, shuffle=False, validation_data=given, verbose=0
    ).history
    for key, value in wanted.items():
        np.testing.assert_allclose(found[key], [value], rtol=EXACT)
    held = model.evaluate(**given, batch_size=4, verbose=0)
    np.testing.assert_allclose(found["val_loss"], held[:1], rtol=EXACT)


def test_the_losses_of_outputs_and_what_layers_add_are_those_of_the_whole():
    x = Input((None, F), dtype="float64")
    h = layers.GRU(4, return_sequences=True, kernel_regularizer="l2", **F64)(x)
    outs = [layers.Dense(2, name=name, **F64)(h) for name in "ab"]
    model = Model(x, outs)
    scramble(model)
    model.compile("sgd", ["mse", "mae"], loss_weights=[1, 3], metrics=[["mae"], ["mse"]])
    model.optimizer.learning_rate = 0.0
    given = {"x": X, "y": [Y, -Y], "lengths": LENGTHS}
    wanted = model.evaluate(**given, return_dict=True, verbose=0)
    found = model.train_on_batch(**given, bptt_steps=K, return_dict=True)
    assert list(found) == list(wanted)
    for key, value in wanted.items():
        np.testing.assert_allclose(found[key], value, rtol=EXACT)


def test_classes_that_are_ignored_do_not_count_in_the_whole():
    model = make(metrics=())
    model.trainable = False
    loss = elman.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    y = np.random.default_rng(0).integers(-1, 2, (B, T))
    model.compile("sgd", loss)
    wanted = model.evaluate(X, y, mask=MASK, verbose=0)
    found = model.train_on_batch(X, y, mask=MASK, bptt_steps=K)
    np.testing.assert_allclose(found, wanted, rtol=EXACT)


def test_a_loss_of_whole_samples_counts_by_its_entries():
    model = make(metrics=())
    model.trainable = False
    model.compile("sgd", elman.losses.Dice())
    for reduction in ("sum_over_batch_size", "sum"):
        loss = elman.losses.Dice(reduction=reduction)
        masks = (None, MASK[:, :2])
        found = [whole.divisor(loss, Y[:, :2], Y[:, :2], None, mask) for mask in masks]
        assert found == ([1, 1] if reduction == "sum" else [B * 2, MASK[:, :2].sum()])
    assert np.isfinite(model.train_on_batch(X, abs(Y), mask=MASK, bptt_steps=K))
