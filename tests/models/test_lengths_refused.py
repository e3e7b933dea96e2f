"""Lengths that do not fit, and what does not go with them."""

import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from tests.models.lengths import (
    LENGTHS,
    MASK,
    MOST,
    STEPS,
    F,
    Layered,
    N,
    T,
    W,
    X,
    Y,
    assert_equal,
    assert_refused,
    listed,
    per_step,
    trained,
)

HELD = {
    "lists": (STEPS, listed(Y)),
    "lists and weights": (STEPS, listed(Y), listed(W)),
    "lengths": {"x": X, "y": Y, "lengths": LENGTHS},
    "mask": {"x": X, "y": Y, "mask": MASK, "lengths": None},
    "weights": {"x": X, "y": Y, "sample_weight": W, "lengths": LENGTHS},
    "named lists": {"x": STEPS, "y": listed(Y)},
}


@pytest.mark.parametrize("name", HELD)
@pytest.mark.parametrize(
    "training", [{"x": X, "y": Y, "lengths": LENGTHS}, {"x": STEPS, "y": Y[:, :MOST]}]
)
def test_validation_data_have_lengths_of_their_own(name, training):
    model, held = per_step(), HELD[name]
    found = model.fit(**training, validation_data=held, verbose=0).history["val_loss"]
    keys = ("x", "y", "sample_weight")
    given = held if isinstance(held, dict) else dict(zip(keys, held, strict=False))
    assert found == [model.evaluate(**given, verbose=0)]


def test_resets_of_validation_data_may_be_named():
    model, resets = per_step(), np.random.default_rng(5).random((N, T)) < 0.4
    held = {"x": X, "y": Y, "lengths": LENGTHS, "reset_mask": resets}
    found = model.fit(STEPS, listed(Y), validation_data=held, verbose=0).history["val_loss"]
    assert (
        found
        == [model.evaluate(**held, verbose=0)]
        != [model.evaluate(STEPS, listed(Y), verbose=0)]
    )


@pytest.mark.parametrize(
    ("held", "text"),
    [
        (
            (X, Y),
            "`validation_data` must say how long its sequences are where `lengths` is given, which "
            "is for `x` alone; got padded arrays. Give a dictionary, {'x': …, 'y': …, 'lengths': "
            "…}, or lists of arrays.",
        ),
        ({"x": X, "length": LENGTHS}, "must be one of 'x', 'y', 'sample_weight', 'reset_mask', "),
        ({"x": X, "y": Y, "lengths": LENGTHS[1:]}, "got (5,). These are the `validation_data`."),
        ({"y": Y}, "`x` must be given in `validation_data`; got none."),
        ({"x": X}, "`y` must hold the targets; got None."),
        ({"x": X, "y": Y, "lengths": LENGTHS, "mask": MASK}, "got both. These are the"),
    ],
)
def test_validation_data_of_unknown_lengths_are_refused(held, text):
    for model in (per_step(), Layered()):
        model.compile("sgd", "sparse_categorical_crossentropy")
        with pytest.raises((ArgumentError, ShapeError), match=re.escape(text)):
            model.fit(X, Y, lengths=LENGTHS, validation_data=held, verbose=0)


RANGE = "`lengths` must be from 0 to 9, the timesteps of the array; got "
WHOLE = "`lengths` must be integers; got dtype "
WRONG = {
    "too long": ([5, 2, 0, 10, 3, 1], f"{RANGE}10 for sample 3."),
    "negative": ([5, 2, -1, 7, 3, 1], f"{RANGE}-1 for sample 2."),
    "too few": ([5, 2], "`lengths` must have shape (6,), one a sample; got (2,)."),
    "one": (3, "`lengths` must have shape (6,), one a sample; got ()."),
    "NaN": ([np.nan] * N, f"{WHOLE}float64. nan is among them."),
    "fractions": ([1.5] * N, f"{WHOLE}float64. Use `np.asarray(lengths).astype(int)`."),
    "fractional array": (np.ones(N), f"{WHOLE}float64. Use `lengths.astype(int)`."),
    "None": (
        [None, 2, 0, 7, 3, 1],
        "`lengths` must be an array of real numbers; got list of dtype object. None is among them.",
    ),
    "a mask": (MASK.any(axis=1), f"{WHOLE}bool. Give `mask`, or `mask.sum(axis=1)`."),
    "words": (["a"] * N, "`lengths` must be an array of real numbers; got list of dtype <U1."),
}


@pytest.mark.parametrize("name", WRONG)
def test_lengths_that_do_not_fit_are_refused(name):
    lengths, text = WRONG[name]
    for attempt in (per_step().predict, per_step()):
        options = {} if attempt.__class__ is Sequential else {"verbose": 0}
        with pytest.raises((ArgumentError, ShapeError), match=re.escape(f"Sequential 's': {text}")):
            attempt(X, lengths=lengths, **options)


def test_targets_in_one_array_end_with_the_longest_sequence_or_the_padding():
    whole = trained(per_step, STEPS, listed(Y))
    assert_equal(whole, trained(per_step, STEPS, Y[:, :MOST]))
    assert_equal(whole, trained(per_step, X, Y[:, :MOST], lengths=LENGTHS))
    assert_equal(whole, trained(per_step, X, Y[:, :MOST], mask=MASK))
    for y in (listed(Y), Y[:, :MOST], Y):
        found = per_step(timesteps=T).train_on_batch(STEPS, y)
        assert found == per_step(timesteps=T).train_on_batch(X, Y, lengths=LENGTHS)


def test_what_does_not_go_together_is_refused():
    model, ys = per_step(), listed(Y)
    fit = lambda *args, **options: lambda: model.fit(*args, verbose=0, **options)  # noqa: E731
    text = "Sequential 's': `lengths` must be left out where `mask` is given; got both."
    assert_refused(text, fit(X, Y, lengths=LENGTHS, mask=MASK))
    text = "`lengths` must be left out where `x` is a list of arrays, whose lengths are known"
    assert_refused(text, fit(STEPS, ys, lengths=LENGTHS))
    text = "`lengths` must be left out where `x` gives batches. Let them hold lists of arrays"
    assert_refused(text, fit(iter([(X, Y)]), lengths=LENGTHS))
    text = "`y[0]` must have as many timesteps as `x[0]`, 5; got 4."
    assert_refused(text, fit(STEPS, [y[:-1] for y in ys]))
    text = "`y` must have as many samples as `x`, 6; got 5."
    assert_refused(text, fit(STEPS, ys[:-1]))
    for width in (6, 8, 9):
        text = f"`y` must have as many timesteps as the longest of `x`, 7; got {width}. Cut or pad"
        assert_refused(text, fit(STEPS, Y[:, :width]))
        assert_refused(text, fit(STEPS, Y[:, :width], bptt_steps=3))
        assert_refused(text, lambda width=width: model.train_on_batch(STEPS, Y[:, :width]))
        assert_refused(
            text.replace("y", "sample_weight", 1), fit(STEPS, ys, sample_weight=W[:, :width])
        )
    text = "`y` must have as many timesteps as the longest of `x`, 7; got 8."
    assert_refused(text, lambda: per_step(timesteps=T).train_on_batch(STEPS, Y[:, :8]))
    text = "`y` must have as many timesteps as `x`, 9; got 8."
    assert_refused(text, fit(X, Y[:, :8], lengths=LENGTHS))
    text = "`sample_weight` must have as many timesteps as `x`, 9; got 8."
    assert_refused(text, fit(X, Y, sample_weight=W[:, :8], mask=MASK))
    text = "`x[1]` must have shape (timesteps, 3), as the samples before it; got (2, 2)."
    assert_refused(text, fit([STEPS[0], X[1, :2, :2]], ys[:2]))
    text = "`x[1]` must have shape (timesteps, 3), as the samples before it; got (3,)."
    assert_refused(text, fit([STEPS[0], X[1, 0]], ys[:2]))
    text = "`x[1]` must be an array of real numbers; got None."
    assert_refused(text, fit([STEPS[0], None], ys[:2]))
    text = "`x` must have shape (batch, any, 3); got (6, 7, 2)."
    assert_refused(text, fit([x[:, :2] for x in STEPS], ys))
    text = (
        "`x[0]` must have shape (timesteps, 3); got (5,). Add the feature axis with `x[0][:, None"
    )
    assert_refused(text, fit([x[:, 0] for x in STEPS], ys))
    text = "`mask` must have shape (batch=6, timesteps=9); got (6, 8)."
    assert_refused(text, fit(X, Y, mask=MASK[:, :8]))
    text = "`x` must have shape (batch, 4, 3); got (6, 7, 3)."
    assert_refused(text, lambda: per_step(timesteps=4).predict(STEPS, verbose=0))
    text = (
        "`lengths` must be left out where `inputs` is symbolic or on a tape; got both. Give `mask`."
    )
    assert_refused(text, lambda: model(Input((None, F)), lengths=LENGTHS))


def test_lengths_of_an_output_that_could_be_those_of_two_inputs_are_asked_for():
    a, b = Input((None, F), name="a"), Input((None, F), name="b")
    h = layers.Concatenate(axis=-1)([layers.Conv1D(2, 1)(a), layers.Conv1D(2, 1)(b)])
    model = Model([a, b], layers.Dense(1, name="out")(h), name="m")
    other = [STEPS[i] for i in (1, 0, 2, 3, 4, 5)]
    text = "Model 'm': the lengths of 'out' must be those of one input; those of several would fit."
    with pytest.warns(UserWarning, match="the mask of its input ends here"):
        assert_refused(text, lambda: model.predict([STEPS, other], verbose=0))
