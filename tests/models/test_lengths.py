"""Sequences of several lengths: a list, lengths and a mask give the same bits."""

import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError
from tests.layers.checks import F64, normal
from tests.models.lengths import (
    LENGTHS,
    MASK,
    STATIC,
    STEPS,
    WORDS,
    C,
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
from tests.tolerances import EXACT

Y1 = normal(N, 1, seed=3)


def single(*before):
    elman.utils.set_random_seed(1)
    stack = [Input((None, F), dtype="float64"), *before, layers.LSTM(4, **F64)]
    model = Sequential([*stack, layers.Dense(1, **F64)], name="s")
    model.compile("adam", "mse")
    return model


def indices(mask_zero):
    elman.utils.set_random_seed(1)
    model = Sequential(
        [
            Input((None,), dtype="int32"),
            layers.Embedding(80, 4, mask_zero=mask_zero, **F64),
            layers.SimpleRNN(4, **F64),
            layers.Dense(1, **F64),
        ]
    )
    model.compile("adam", "mse")
    return model


def two_inputs(make=lambda q, v: layers.Add(**F64)([q, v])):
    elman.utils.set_random_seed(1)
    a, b = Input((None, F), name="a"), Input((2,), name="b")
    h = layers.GRU(4, return_sequences=True, **F64)(a, initial_state=layers.Dense(4, **F64)(b))
    model = Model([a, b], layers.Dense(C, activation="softmax", **F64)(make(h, h)), name="m")
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


CASES = {
    "per step": (per_step, STEPS, listed(Y), X, Y, {}),
    "one output": (single, STEPS, Y1, X, Y1, {}),
    "bidirectional": (
        lambda: per_step(layers.Bidirectional(layers.GRU(2, return_sequences=True, **F64), **F64)),
        STEPS, listed(Y), X, Y, {},
    ),
    "masking": (lambda: single(layers.Masking(-1.0, **F64)), STEPS, Y1, X, Y1, {}),
    "all timesteps": (lambda: per_step(timesteps=T), STEPS, listed(Y), X, Y, {}),
    "time distributed": (
        lambda: per_step(layers.TimeDistributed(layers.Dense(2, **F64), **F64)),
        STEPS, listed(Y), X, Y, {},
    ),
    "embedding": (lambda: indices(False), listed(WORDS), Y1, WORDS, Y1, {}),
    "embedding of masked zeros": (lambda: indices(True), listed(WORDS), Y1, WORDS, Y1, {}),
    "two inputs": (two_inputs, [STEPS, STATIC], listed(Y), [X, STATIC], Y, {}),
    "attention": (
        lambda: two_inputs(lambda q, v: layers.Attention(**F64)([q, v])),
        [STEPS, STATIC], listed(Y), [X, STATIC], Y, {},
    ),
    "class weights": (
        per_step, STEPS, listed(Y), X, Y, {"class_weight": {0: 0.5, 2: 3.0}},
    ),
    "validation": (per_step, STEPS, listed(Y), X, Y, {"validation_split": 0.4}),
    "chunks": (per_step, STEPS, listed(Y), X, Y, {"bptt_steps": 3}),
    "chunks of one output": (single, STEPS, Y1, X, Y1, {"bptt_steps": 3}),
    "chunks of two inputs": (
        two_inputs, [STEPS, STATIC], listed(Y), [X, STATIC], Y, {"bptt_steps": 3},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_list_and_lengths_and_a_mask_train_alike_bit_for_bit(name):
    make, xs, ys, x, y, options = CASES[name]
    several = isinstance(x, list)
    lengths, mask = ([LENGTHS, None], [MASK, None]) if several else (LENGTHS, MASK)
    found = trained(make, xs, ys, **options)
    assert np.isfinite(found[-1]).all()
    assert_equal(found, trained(make, x, y, lengths=lengths, **options))
    if name != "chunks of one output":  # with a mask the padding stays behind
        assert_equal(found, trained(make, x, y, mask=mask, **options))


@pytest.mark.parametrize("name", ["per step", "one output", "bidirectional", "two inputs"])
def test_a_list_and_lengths_and_a_mask_are_judged_alike(name):
    make, xs, ys, x, y, _ = CASES[name]
    several = isinstance(x, list)
    lengths, mask = ([LENGTHS, None], [MASK, None]) if several else (LENGTHS, MASK)
    wanted = make().evaluate(xs, ys, verbose=0)
    assert make().evaluate(x, y, lengths=lengths, verbose=0) == wanted
    assert make().evaluate(x, y, mask=mask, verbose=0) == wanted
    assert make().test_on_batch(x, y, mask=mask) == make().test_on_batch(xs, ys)
    assert make().train_on_batch(x, y, lengths=lengths) == make().train_on_batch(xs, ys)


def test_outputs_per_step_come_as_a_list_where_a_list_came_in():
    model = per_step()
    found, padded = model.predict(STEPS, batch_size=4, verbose=0), model(X, lengths=LENGTHS)
    assert padded.shape == (N, T, C)
    assert [y.shape for y in found] == [(n, C) for n in LENGTHS]
    assert_equal(found, listed(padded))
    for same in (model(STEPS), model.predict_on_batch(STEPS), model(np.array(STEPS, object))):
        assert isinstance(same, list)
        assert_equal(same, found)
    equal = model.predict([X[0, :5], X[0, :5]], verbose=0)
    assert isinstance(equal, list)  # of any lengths
    np.testing.assert_array_equal(padded, model(X, mask=MASK))
    np.testing.assert_array_equal(padded, model.predict(X, mask=MASK, verbose=0))
    np.testing.assert_array_equal(padded, model.predict_on_batch(X, lengths=LENGTHS))


def test_one_output_a_sequence_comes_as_an_array():
    found = single().predict(STEPS, batch_size=4, verbose=0)
    assert found.shape == (N, 1)
    np.testing.assert_array_equal(found, single().predict(X, lengths=LENGTHS, verbose=0))
    alone = [single().predict([x], verbose=0) for x in STEPS]
    np.testing.assert_array_equal(found, np.concatenate(alone))


def test_a_sequence_of_no_timesteps_gives_what_the_first_state_gives():
    model = single()
    np.testing.assert_array_equal(model.predict([STEPS[2]], verbose=0), model.get_weights()[-1:])
    assert per_step().predict([np.zeros((0, F))], verbose=0)[0].shape == (0, C)
    assert per_step().evaluate([X[0, :2], np.zeros((0, F))], [Y[0, :2], []], verbose=0) == (
        per_step().evaluate([X[0, :2]], [Y[0, :2]], verbose=0)
    )


def test_lists_of_numbers_and_weights_per_step_are_taken_too():
    x, y, w = ([part.tolist() for part in listed(each)] for each in (X, Y, W))
    found = trained(per_step, x, y, sample_weight=w)
    assert_equal(found, trained(per_step, X, Y, sample_weight=W, lengths=LENGTHS))
    rows = trained(per_step, STEPS, listed(Y), sample_weight=np.arange(N))
    assert_equal(
        rows, trained(per_step, X, Y, sample_weight=np.arange(N)[:, None], lengths=LENGTHS)
    )


def test_padding_counts_neither_in_the_loss_nor_in_metrics():
    model = per_step(metrics=["accuracy"], weighted_metrics=["accuracy"])
    found = model.evaluate(STEPS, listed(Y), verbose=0, return_dict=True)
    p = np.concatenate(model.predict(STEPS, verbose=0))
    y = np.concatenate(listed(Y)).astype(int)
    wanted = -np.log(p[np.arange(len(y)), y]).mean()
    assert abs(found["loss"] - wanted) < EXACT
    assert abs(found["accuracy"] - (p.argmax(-1) == y).mean()) < EXACT


def test_padding_does_not_count_behind_a_layer_at_which_the_mask_ends():
    make = lambda: per_step(layers.Conv1D(F, 1, **F64))  # noqa: E731
    with pytest.warns(UserWarning, match="the mask of its input ends here"):
        found = make().evaluate(STEPS, listed(Y), verbose=0)
    alone = [
        make().evaluate(x[None], y[None], verbose=0)
        for x, y in zip(STEPS, listed(Y), strict=True)
        if len(x)
    ]
    counts = [n for n in LENGTHS if n]
    assert abs(found - np.average(alone, weights=counts)) < EXACT


def test_batches_of_a_generator_may_hold_lists():
    one, other = per_step(), per_step()
    one.fit(((STEPS, listed(Y), listed(W)) for _ in range(2)), verbose=0)
    for _ in range(2):
        other.train_on_batch(X, Y, W, lengths=LENGTHS)
    assert_equal(one.get_weights(), other.get_weights())


def test_validation_data_may_be_lists():
    history = per_step().fit(STEPS, listed(Y), validation_data=(STEPS, listed(Y)), verbose=0)
    assert np.isfinite(history.history["val_loss"]).all()


def test_models_are_built_by_a_list():
    first = layers.LSTM(4, return_sequences=True)
    model = Sequential([first, layers.Dense(2)])
    assert [y.shape[0] for y in model.predict(STEPS, verbose=0)] == LENGTHS
    words = Sequential([layers.Embedding(80, 4), layers.GRU(2)])
    assert words.predict(listed(WORDS), verbose=0).shape == (N, 2)


class Computed(Layered):
    def call(self, x):
        return self.out(self.inner(x) * 1.0)


@pytest.mark.parametrize("kind", [Layered, Computed])
@pytest.mark.filterwarnings("ignore:.*the mask of its input ends here")
def test_models_with_a_call_of_their_own_take_lists(kind):
    def make():
        elman.utils.set_random_seed(1)
        model = kind()
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    found = trained(make, STEPS, listed(Y))
    assert_equal(found, trained(make, X, Y, lengths=LENGTHS))
    assert [y.shape for y in make().predict(STEPS, verbose=0)] == [(n, C) for n in LENGTHS]


class Stepping(Model):
    def train_step(self, data):
        x, y = data
        with elman.GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x, training=True))
        weights = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return {"loss": loss}


def test_steps_of_your_own_have_the_masks_of_a_list():
    def make(cls):
        elman.utils.set_random_seed(1)
        x = Input((None, F), dtype="float64")
        model = cls(
            x,
            layers.Dense(C, activation="softmax", **F64)(
                layers.GRU(4, return_sequences=True, **F64)(x)
            ),
        )
        model.compile("sgd", "sparse_categorical_crossentropy")
        return model

    found, wanted = (trained(lambda c=cls: make(c), STEPS, listed(Y)) for cls in (Stepping, Model))
    for a, b in zip(found[:-1], wanted[:-1], strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=EXACT)


def test_a_list_on_a_tape_gives_boxes_of_the_true_lengths():
    model = per_step()
    with elman.GradientTape() as tape:
        outputs = model(STEPS)
        loss = elman.ops.sum(outputs[0])
    assert [y.shape[0] for y in outputs] == LENGTHS
    assert all(np.isfinite(g).all() for g in tape.gradient(loss, model.trainable_weights))


def test_a_mask_given_from_outside_stays_in_force_behind_masking():
    model = Sequential([Input((None, F)), layers.Masking(5.0), layers.GRU(2)])
    x = np.nan_to_num(X)
    x[3, 2] = 5.0  # a hole that Masking finds
    mask = MASK.copy()
    mask[3, 2] = False
    plain = Sequential([Input((None, F)), layers.GRU(2)])
    plain.set_weights(model.get_weights())
    np.testing.assert_array_equal(model(x, mask=MASK), plain(x, mask=mask))
    np.testing.assert_array_equal(model.predict(x, mask=MASK, verbose=0), plain(x, mask=mask))


def test_nan_in_the_padding_is_none_that_counts():
    per_step().fit(X, Y, lengths=LENGTHS, nan="error", verbose=0)
    per_step().fit(STEPS, listed(Y), nan="error", verbose=0)
    x = X.copy()
    x[3, 2, 1] = np.nan
    text = '`x` must hold no NaN where `nan` is "error"; got 1, the first at [3, 2, 1].'
    for given, options in ((x, {"lengths": LENGTHS}), (x, {"mask": MASK}), (listed(x), {})):
        with pytest.raises(ArgumentError, match=re.escape(text)):
            per_step().predict(given, nan="error", verbose=0, **options)


def test_gradients_of_the_loss_take_lists_and_masks():
    model = per_step()
    found = elman.gradients(model, STEPS, y=listed(Y))
    wanted = elman.gradients(model, X[:, :7], y=Y[:, :7], mask=MASK[:, :7])
    assert_equal(found["weights"], wanted["weights"])
    assert found["loss"] == wanted["loss"]
    assert not found["inputs"][0][~MASK[:, :7]].any()


def test_lengths_of_several_inputs_are_one_an_input():
    model = two_inputs()
    text = (
        "Model 'm': `lengths` must be a list with one entry an input (a, b), None for those that "
        "need none; got list of length 6."
    )
    assert_refused(text, lambda: model.predict([X, STATIC], lengths=LENGTHS, verbose=0))
    text = "Model 'm': `lengths` must be None for `x['b']`, which has no timesteps; its shape is"
    assert_refused(text, lambda: model.predict([X, STATIC], lengths=[None, LENGTHS], verbose=0))
    found = model.predict({"a": X, "b": STATIC}, lengths={"a": LENGTHS}, verbose=0)
    assert_equal(model.predict({"a": STEPS, "b": STATIC}, verbose=0), listed(found))
    text = "`lengths` must be one of 'a', 'b'"
    assert_refused(text, lambda: model.predict([X, STATIC], lengths={"c": LENGTHS}, verbose=0))
