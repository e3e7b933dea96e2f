import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, normal
from tests.tolerances import EXACT

LENGTHS = [5, 2, 0, 7, 3, 1]
N, T, F, C, MOST = len(LENGTHS), 9, 3, 3, max(LENGTHS)
MASK = np.arange(T) < np.array(LENGTHS)[:, None]


def listed(padded):
    return [row[:n] for row, n in zip(padded, LENGTHS, strict=True)]


X = np.where(MASK[..., None], normal(N, T, F), np.nan)  # what stands in the padding is no number
Y = np.where(MASK, np.random.default_rng(1).integers(0, C, (N, T)), 77)
W = np.where(MASK, np.random.default_rng(2).random((N, T)), np.nan)
Y1 = normal(N, 1, seed=3)


def per_step(*before, timesteps=None, **options):
    elman.utils.set_random_seed(1)
    stack = [
        *before,
        layers.LSTM(4, return_sequences=True, **F64),
        layers.GRU(4, return_sequences=True, **F64),
        layers.Dense(C, activation="softmax", **F64),
    ]
    model = Sequential([Input((timesteps, F), dtype="float64"), *stack], name="s")
    model.compile("adam", "sparse_categorical_crossentropy", **options)
    return model


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


def trained(make, x, y, **options):
    model = make()
    elman.utils.set_random_seed(7)
    history = model.fit(x, y, epochs=2, batch_size=4, verbose=0, **options).history
    return [*model.get_weights(), history["loss"]]


def assert_equal(found, wanted):
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a, b)


STEPS, STATIC, WORDS = listed(X), normal(N, 2, seed=5), np.where(MASK, Y + 1, 79)
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


def test_models_are_built_by_a_list():
    first = layers.LSTM(4, return_sequences=True)
    model = Sequential([first, layers.Dense(2)])
    assert [y.shape[0] for y in model.predict(STEPS, verbose=0)] == LENGTHS
    words = Sequential([layers.Embedding(80, 4), layers.GRU(2)])
    assert words.predict(listed(WORDS), verbose=0).shape == (N, 2)


class Layered(Model):
    def __init__(self):
        super().__init__(name="own")
        self.inner, self.out = layers.GRU(4, return_sequences=True), layers.Dense(C)

    def call(self, x):
        return self.out(self.inner(x))


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


def assert_refused(text, run):
    with pytest.raises((ArgumentError, ShapeError), match=re.escape(text)):
        run()


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


def test_lengths_of_an_output_that_could_be_those_of_two_inputs_are_asked_for():
    a, b = Input((None, F), name="a"), Input((None, F), name="b")
    h = layers.Concatenate(axis=-1)([layers.Conv1D(2, 1)(a), layers.Conv1D(2, 1)(b)])
    model = Model([a, b], layers.Dense(1, name="out")(h), name="m")
    other = [STEPS[i] for i in (1, 0, 2, 3, 4, 5)]
    text = "Model 'm': the lengths of 'out' must be those of one input; those of several would fit."
    with pytest.warns(UserWarning, match="the mask of its input ends here"):
        assert_refused(text, lambda: model.predict([STEPS, other], verbose=0))
