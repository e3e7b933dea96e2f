"""What `stateful` layers carry through `fit`, validation, `evaluate` and `predict`."""

import re
from contextlib import nullcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import elman
from elman import Input, Model, Sequential, _tree, kernels, layers
from elman.callbacks import LambdaCallback
from elman.errors import ArgumentError, ShapeError
from tests.implementations import ALL
from tests.layers.checks import F64, normal, scramble
from tests.tolerances import EXACT, FLOAT32

T, FEATURES = 3, 2
X, Y = normal(10, T, FEATURES), normal(10, 1, seed=1)
INSIDE = {
    "SimpleRNN": lambda **o: layers.SimpleRNN(2, **o, **F64),
    "GRU": lambda **o: layers.GRU(2, **o, **F64),
    "LSTM": lambda **o: layers.LSTM(2, **o, **F64),
    "stack": lambda **o: layers.RNN([layers.GRUCell(2, **F64), layers.LSTMCell(3, **F64)], **o),
}
every_kind = pytest.mark.parametrize("kind", INSIDE)


def make(kind="LSTM", *, wrap=lambda layer: layer, **options):
    model = Sequential(
        [
            Input((None, FEATURES), dtype="float64"),
            wrap(INSIDE[kind](stateful=True, **options)),
            layers.Dense(1, **F64),
        ],
        name="s",
    )
    model.compile("sgd", "mse")
    return scramble(model)


def states(model):
    return [
        s.copy()
        for layer in model.layers
        for s in _tree.flatten(getattr(layer, "states", None) or [])
    ]


def equal(actual, expected):
    assert len(actual) == len(expected)
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=EXACT, atol=EXACT)


def same(actual, expected):
    assert len(actual) == len(expected)
    for a, b in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(a, b)


FED = {"batch_size": 4, "shuffle": False, "verbose": 0}


# ---------------------------------------------------------------------- fit


@every_kind
def test_fit_begins_anew_at_each_epoch(kind):
    model, by_hand = make(kind), make(kind)
    model(X[:7])  # what was carried before does not matter
    history = model.fit(X[:8], Y[:8], epochs=3, **FED).history["loss"]
    losses = []
    for _ in range(3):
        by_hand.reset_state()
        losses.append(np.mean([by_hand.train_on_batch(X[i : i + 4], Y[i : i + 4]) for i in (0, 4)]))
    np.testing.assert_allclose(history, losses, rtol=EXACT)
    same(model.get_weights(), by_hand.get_weights())
    same(states(model), states(by_hand))


@every_kind
def test_validation_has_states_of_its_own(kind):
    model, plain = make(kind), make(kind)
    history = model.fit(X[:8], Y[:8], epochs=1, validation_data=(X, Y), **FED).history
    plain.fit(X[:8], Y[:8], epochs=1, **FED)
    same(model.get_weights(), plain.get_weights())
    same(states(model), states(plain))
    plain.reset_state()
    assert history["val_loss"] == [plain.evaluate(X, Y, batch_size=4, verbose=0)]


def test_validation_in_the_middle_of_training_changes_nothing():
    model, plain = make(), make()
    model.fit(X, Y, epochs=3, validation_split=0.3, **FED)
    plain.fit(X[:7], Y[:7], epochs=3, **FED)
    same(model.get_weights(), plain.get_weights())
    same(states(model), states(plain))


def test_an_error_in_validation_leaves_the_states_of_training():
    model = make()

    def fail(step, logs):
        raise ZeroDivisionError

    callback = LambdaCallback(on_test_batch_end=fail)
    with pytest.raises(ZeroDivisionError):
        model.fit(X[:8], Y[:8], validation_data=(X, Y), callbacks=[callback], **FED)
    found, plain = states(model), make()
    plain.fit(X[:8], Y[:8], **FED)
    same(found, states(plain))


def test_evaluate_and_predict_go_on_from_what_is_carried():
    model = make()
    model.fit(X[:8], Y[:8], **FED)
    carried = model.layers[0].states
    model.predict(X[:4], verbose=0)
    found = states(model)
    model.layers[0].states = carried
    model(X[:4])
    same(found, states(model))


def test_a_callback_may_set_the_states_that_an_epoch_begins_with():
    start = [normal(4, 2, seed=5), normal(4, 2, seed=6)]

    def begin(epoch, logs):
        model.layers[0].states = start

    model, by_hand = make(), make()
    model.fit(X[:4], Y[:4], callbacks=[LambdaCallback(on_epoch_begin=begin)], **FED)
    by_hand.layers[0].states = start
    by_hand.train_on_batch(X[:4], Y[:4])
    same(model.get_weights(), by_hand.get_weights())


def test_steps_of_one_s_own_begin_anew_too():
    class Own(Model):
        def train_step(self, data):
            seen.append(self.layers[1].states is None)
            return super().train_step(data)

    seen = []
    x = Input((None, FEATURES), dtype="float64")
    model = Own(x, layers.Dense(1, **F64)(INSIDE["GRU"](stateful=True)(x)))
    model.compile("sgd", "mse")
    model.fit(X, Y, epochs=2, **FED)
    assert seen == [True, False, False, True, False, False]


# ---------------------------------------------------------------------- a short last batch


def goes_on(model, x, size):
    """Return what `predict` must give: each row of the batches is one long sequence."""
    outputs = np.zeros((len(x), 1))
    for row in range(size):
        numbers = range(row, len(x), size)
        model.reset_state()
        for i in numbers:
            outputs[i] = model(x[i : i + 1])[0]
    return outputs


@pytest.mark.parametrize("implementation", ALL)
@given(count=st.integers(1, 12), size=st.integers(1, 6), kind=st.sampled_from(sorted(INSIDE)))
@settings(max_examples=25)
def test_each_row_of_the_batches_is_one_sequence_also_in_a_short_last_one(
    implementation, count, size, kind
):
    before = kernels.status().implementation
    kernels.use(implementation)
    try:
        model, x = make(kind), normal(count, T, FEATURES, seed=3)
        found = model.predict(x, batch_size=size, verbose=0)
        carried = states(model)
        equal([found], [goes_on(model, x, size)])
        rows = min(size, count)
        assert all(len(state) == rows for state in carried)
        for row in range(rows):
            model.reset_state()
            for i in range(row, count, size):
                model(x[i : i + 1])
            equal([state[row] for state in carried], [s[0] for s in states(model)])
    finally:
        kernels.use(before)


def test_fit_goes_on_in_a_short_last_batch_and_trains_on_it():
    model, by_hand = make(), make()
    model.fit(X, Y, epochs=2, **FED)
    for _ in range(2):
        by_hand.reset_state()
        by_hand.train_on_batch(X[:4], Y[:4])
        by_hand.train_on_batch(X[4:8], Y[4:8])
        rnn = by_hand.layers[0]
        whole = rnn.states
        rnn.states = [s[:2] for s in whole]
        by_hand.train_on_batch(X[8:], Y[8:])
        rnn.states = [np.concatenate([a, b[2:]]) for a, b in zip(rnn.states, whole, strict=True)]
    equal(model.get_weights(), by_hand.get_weights())
    equal(states(model), states(by_hand))


def test_layers_inside_layers_go_on_too():
    model = make(wrap=layers.Bidirectional)
    model.fit(X, Y, epochs=2, **FED)
    both = model.layers[0]
    assert [len(s) for half in both.sublayers for s in half.states] == [4] * 4
    model.evaluate(X[:4], Y[:4], **{k: FED[k] for k in ("batch_size", "verbose")})


def test_an_error_in_a_short_last_batch_keeps_whole_states():
    model = make()
    model.predict(X[:8], batch_size=4, verbose=0)
    bad = Sequential([model.layers[0], layers.Lambda(lambda x: x if len(x) == 4 else 1 / 0)])
    with pytest.raises(ZeroDivisionError):
        bad.predict(X, batch_size=4, verbose=0)
    assert [len(s) for s in states(model)] == [4, 4]


def test_a_model_whose_call_is_drawn_later_goes_on_from_what_a_call_has_left():
    class Called(Model):
        def __init__(self):
            super().__init__()
            self.recurrent, self.head = INSIDE["GRU"](stateful=True), layers.Dense(1, **F64)

        def call(self, x):
            return self.head(self.recurrent(x))

    model, whole = Called(), layers.GRU(2, **F64)
    model(X[:3])
    found = model.predict(X[:3], verbose=0)
    whole(X)
    whole.set_weights(model.recurrent.get_weights())
    expected = model.head(whole(np.concatenate([X[:3], X[:3]], axis=1)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=FLOAT32)


class ResetInTheStep(Sequential):
    """A model whose steps let the layers begin anew, and may break off then."""

    broken = False

    def test_step(self, data):
        logs = super().test_step(data)
        if len(data[0]) < 4:
            self.reset_state()
            if self.broken:
                raise ZeroDivisionError
        return logs


@pytest.mark.parametrize("broken", [False, True])
def test_states_that_are_reset_in_a_short_last_step_stay_so(broken):
    model = ResetInTheStep([Input((None, FEATURES), dtype="float64"), *make().layers])
    model.compile("sgd", "mse")
    model.predict(X[:8], batch_size=4, verbose=0)
    model.broken = broken
    with pytest.raises(ZeroDivisionError) if broken else nullcontext():
        model.evaluate(X, Y, batch_size=4, verbose=0)
    assert states(model) == []


def test_generators_whose_length_is_known_may_end_short():
    model, expected = make(), make()
    batches = [(X[i : i + 4], Y[i : i + 4]) for i in (0, 4, 8)]
    model.fit((batch for batch in batches), steps_per_epoch=3, verbose=0)
    expected.fit(X, Y, **FED)
    same(model.get_weights(), expected.get_weights())
    text = "LSTM 'lstm': `x` must have batch=4, that of the carried state; got 2. Call "
    elman.utils.clear_session()
    with pytest.raises(ShapeError, match=re.escape(text)):
        make().fit((batch for batch in batches), verbose=0)


def test_epochs_in_which_a_short_batch_is_followed_by_a_whole_one_are_refused():
    model, options = make(), {"batch_size": 4, "steps_per_epoch": 2, "verbose": 0}
    before = model.get_weights()
    text = (
        "Sequential 's': `steps_per_epoch` must divide the number of batches, 3, where layers are "
        "stateful and the last batch is shorter; got 2. Leave it out, or give samples that fill "
        "all batches."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        model.fit(X, Y, epochs=2, **options)
    same(model.get_weights(), before)
    model.fit(X, Y, epochs=1, **options)
    model.fit(X, Y, epochs=4, initial_epoch=3, **options)
    model.fit(X[:8], Y[:8], epochs=3, **{**options, "batch_size": 2, "steps_per_epoch": 3})
    model.fit(X[:7], Y[:7], epochs=4, **{**options, "batch_size": 2})


def test_states_that_the_dtype_does_not_hold_are_refused():
    layer = layers.GRU(2, stateful=True, name="g")
    layer(X[:1].astype("float32"))
    layer.states = [np.full((1, 2), 1e300)]
    text = "GRU 'g': `states` must hold numbers that fit into float32; got 1e+300 at (0, 0)."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        layer(X[:1].astype("float32"))


def test_another_batch_than_the_carried_one_is_refused():
    elman.utils.clear_session()
    model = make()
    model.fit(X[:8], Y[:8], **FED)
    text = (
        "LSTM 'lstm': `x` must have batch=4, that of the carried state; got {}. Call "
        "`reset_state()` before a batch of another size."
    )
    for count, attempt in (
        (1, lambda: model.predict(X[:1], verbose=0)),
        (5, lambda: model.evaluate(X, Y, batch_size=5, verbose=0)),
        (2, lambda: model.train_on_batch(X[:2], Y[:2])),
        (3, lambda: model(X[:3])),
    ):
        with pytest.raises(ShapeError, match=re.escape(text.format(count))):
            attempt()
    model.reset_state()
    assert model.predict(X[:1], verbose=0).shape == (1, 1)


# ---------------------------------------------------------------------- chunks


@pytest.mark.parametrize("implementation", ALL)
@given(
    cuts=st.lists(st.integers(1, 19), max_size=6, unique=True).map(sorted),
    kind=st.sampled_from(sorted(INSIDE)),
    carried=st.booleans(),
    learned=st.booleans(),
)
@settings(max_examples=25)
def test_chunks_compute_what_the_whole_computes(implementation, cuts, kind, carried, learned):
    before = kernels.status().implementation
    kernels.use(implementation)
    try:
        options = {"return_sequences": True, "initial_state": "learned" if learned else None}
        whole, x = INSIDE[kind](**options), normal(3, 20, FEATURES, seed=4)
        whole(x)
        scramble(whole)
        chunked = INSIDE[kind](**options, stateful=carried, return_state=True)
        chunked(x)
        chunked.set_weights(whole.get_weights())
        chunked.reset_state()
        found, state = [], None
        for piece in np.split(x, cuts, axis=1):
            y, *state_after = chunked(piece, None if carried else state)
            state = _tree.flatten(state_after)
            found.append(y)
        equal([np.concatenate(found, axis=1)], [whole(x)])
    finally:
        kernels.use(before)


@every_kind
@given(rows=st.integers(1, 6))
@settings(max_examples=10)
def test_a_sample_alone_is_what_it_is_in_a_batch(kind, rows):
    layer, x = INSIDE[kind](return_sequences=True), normal(rows, 5, FEATURES, seed=4)
    resets = np.random.default_rng(rows).random((rows, 5)) < 0.3
    layer(x)
    scramble(layer)
    found = layer(x, reset_mask=resets)
    for row in range(rows):
        one = slice(row, row + 1)
        equal([found[one]], [layer(x[one], reset_mask=resets[one])])
