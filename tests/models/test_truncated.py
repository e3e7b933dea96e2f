import re

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.models import whole
from tests.layers.checks import F64, normal, scramble
from tests.tolerances import EXACT

B, T, F, K = 6, 10, 3, 4
X, Y, Y1 = normal(B, T, F), normal(B, T, 2, seed=1), normal(B, 2, seed=2)
CHUNKS = [slice(0, 4), slice(4, 8), slice(8, 10)]
BATCHES = [slice(0, 3), slice(3, 6)]


def stack(*, sequences=True, stateful=False, dropout=0.0, **options):
    given = {"stateful": stateful, "return_sequences": True, **F64, **options}
    return [
        layers.LSTM(4, dropout=dropout, seed=5, **given),
        layers.RNN([layers.GRUCell(3, **F64), layers.SimpleRNNCell(4, **F64)],
                   return_sequences=True, stateful=stateful, **F64),
        layers.GRU(3, **{**given, "return_sequences": sequences}),
        layers.Dense(2, **F64),
    ]  # fmt: skip


def make(metrics=("mae",), **options):
    model = Sequential([Input((None, F), dtype="float64"), *stack(**options)], name="s")
    scramble(model)
    model.compile("adam", "mse", metrics=list(metrics))
    return model


def submodel(**options):
    inner = Sequential([Input((None, F), dtype="float64"), *stack(**options)], name="inner")
    outer = Input((None, F), dtype="float64")
    model = Model(outer, layers.Dense(2, **F64)(inner(outer)), name="m")
    scramble(model)
    model.compile("adam", "mse")
    return model


def assert_same(a, b):
    for one, other in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("steps", [T, T + 1, 1000])
@pytest.mark.parametrize("options", [{}, {"sequences": False}, {"dropout": 0.3}])
def test_chunks_as_long_as_the_sequence_are_bptt_bit_for_bit(steps, options):
    models = make(**options), make(**options)
    y = Y1 if "sequences" in options else Y
    found = []
    for model, more in zip(models, ({}, {"bptt_steps": steps}), strict=True):
        elman.utils.set_random_seed(0)
        found.append(model.fit(X, y, epochs=2, batch_size=4, verbose=0, **more).history)
    assert_same(*models)
    assert found[0] == found[1]


@pytest.mark.parametrize("build", [make, submodel])
def test_chunks_are_steps_of_a_stateful_model_that_is_reset_before_each_batch(build):
    model, other = build(), build(stateful=True)
    model.fit(X, Y, epochs=2, batch_size=3, shuffle=False, bptt_steps=K, verbose=0)
    for rows in BATCHES * 2:
        other.reset_state()
        for steps in CHUNKS:
            other.train_on_batch(X[rows, steps], Y[rows, steps])
    assert model.optimizer.iterations == 2 * 2 * 3
    assert_same(model, other)


def test_of_one_output_a_sequence_the_last_steps_alone_are_trained_on():
    model, other = make(sequences=False), make(sequences=False, stateful=True)
    model.fit(X, Y1, epochs=2, batch_size=3, shuffle=False, bptt_steps=K, verbose=0)
    for rows in BATCHES * 2:
        other.reset_state()
        other(X[rows, : T - K])
        other.train_on_batch(X[rows, T - K :], Y1[rows])
    assert model.optimizer.iterations == 4
    assert_same(model, other)


def test_the_last_steps_of_a_shorter_sequence_are_its_own():
    short, alone = make(sequences=False), make(sequences=False)
    for model in (short, alone):
        model.compile("sgd", "mse")
    # Of the second sequence, which ends at step 5, it is steps 2 to 5, and not the padding.
    short.train_on_batch([X[0], X[1, :5]], Y1[:2], bptt_steps=K, sample_weight=np.array([0.0, 1.0]))
    alone.train_on_batch([X[1, :5]], Y1[1:2], bptt_steps=K, sample_weight=np.array([0.5]))
    for a, b in zip(short.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=EXACT)


def test_weights_and_masks_per_step_are_cut_as_the_sequences_are():
    weights = np.random.default_rng(0).random((B, T))
    mask = np.random.default_rng(1).random((B, T)) < 0.7
    model, other = make(), make(stateful=True)
    model.fit(X, Y, sample_weight=weights, mask=mask, shuffle=False, bptt_steps=K, verbose=0)
    for s in CHUNKS:
        other.train_on_batch(X[:, s], Y[:, s], weights[:, s], mask=mask[:, s])
    assert_same(model, other)


def test_an_output_of_a_sequence_that_has_ended_stays_to_the_last_chunk():
    mask = np.arange(T) < np.array([10, 5, 2, 8, 1, 9])[:, None]
    model = make(sequences=False)
    model.trainable = False
    wanted = model.evaluate(X, Y1, mask=mask, verbose=0)
    for steps in (1, 3, K, T):
        found = model.train_on_batch(X, Y1, mask=mask, bptt_steps=steps)
        np.testing.assert_allclose(found, wanted, rtol=EXACT)


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


def test_validation_and_predictions_in_between_see_whole_sequences():
    model, seen = make(), []

    class Look(elman.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(np.array_equal(model.predict(X, verbose=0), model.predict(X, verbose=0)))

    history = model.fit(
        X, Y, validation_data=(X, Y), bptt_steps=K, verbose=0, callbacks=[Look()], shuffle=False
    )
    other = make()
    other.fit(X, Y, bptt_steps=K, verbose=0, shuffle=False)
    assert seen == [True]
    assert_same(model, other)
    assert history.history["val_loss"][0] == other.evaluate(X, Y, verbose=0)[0]


def test_layers_that_are_not_stateful_keep_no_state():
    model = make()
    model.fit(X, Y, bptt_steps=K, verbose=0)
    assert model.layers[0].states is None


def test_stateful_layers_carry_their_states_from_batch_to_batch_as_ever():
    model, other = make(stateful=True), make(stateful=True)
    model.fit(X, Y, batch_size=3, shuffle=False, bptt_steps=K, verbose=0)
    for rows in BATCHES:
        for steps in CHUNKS:
            other.train_on_batch(X[rows, steps], Y[rows, steps])
    assert_same(model, other)


def with_a_start(**options):
    x, start = Input((None, F), dtype="float64"), Input((2,), dtype="float64")
    h = layers.GRU(4, return_sequences=True, name="gru", **F64)(
        x, initial_state=layers.Dense(4, name="start", **F64)(start)
    )
    model = Model([x, start], layers.Dense(2, name="out", **F64)(h))
    scramble(model)
    model.compile("sgd", "mse")
    return model


def test_a_state_that_is_given_starts_the_first_chunk_and_only_that_trains_it():
    model, first = with_a_start(), with_a_start()
    model.train_on_batch([X, Y1], Y, bptt_steps=K)
    first.train_on_batch([X[:, :K], Y1], Y[:, :K])
    for a, b in zip(model.layers, first.layers, strict=True):
        if a.name == "start":
            for one, other in zip(a.get_weights(), b.get_weights(), strict=True):
                np.testing.assert_array_equal(one, other)


def test_a_layer_that_is_called_twice_has_two_states():
    def build(shared, **options):
        x = Input((None, F), dtype="float64")
        gru = [layers.GRU(F, return_sequences=True, **F64, **options) for _ in range(2 - shared)]
        model = Model(x, gru[-1](gru[0](x)))
        model.set_weights([normal(*w.shape, seed=3 + i % 3) for i, w in enumerate(model.weights)])
        model.trainable = False
        model.compile("sgd", "mse")
        return model

    shared, twice, y = build(True), build(False), normal(B, T, F, seed=4)
    found = shared.train_on_batch(X, y, bptt_steps=K)
    assert found == twice.train_on_batch(X, y, bptt_steps=K)
    np.testing.assert_allclose(found, shared.evaluate(X, y, verbose=0), rtol=EXACT)


def test_batches_of_a_generator_are_cut_up_too():
    model, other = make(), make()
    model.fit(((X[rows], Y[rows]) for rows in BATCHES), bptt_steps=K, verbose=0)
    other.fit(X, Y, batch_size=3, shuffle=False, bptt_steps=K, verbose=0)
    assert_same(model, other)


def test_chunks_of_a_stream_from_a_generator_with_stateful_layers():
    model, other = make(stateful=True), make()
    model.fit(((X[:, s], Y[:, s]) for s in CHUNKS), verbose=0)
    other.fit(X, Y, shuffle=False, bptt_steps=K, verbose=0)
    assert_same(model, other)


def test_layers_inside_of_timesteps_begin_anew_at_each():
    inner = Sequential([Input((4, 2), dtype="float64"), layers.GRU(3, **F64)])

    def build(**options):
        x = Input((None, 4, 2), dtype="float64")
        h = layers.TimeDistributed(inner, **F64)(x)
        model = Model(x, layers.GRU(2, return_sequences=True, **F64, **options)(h))
        scramble(model)
        model.trainable = False
        model.compile("sgd", "mse")
        return model

    x, model = normal(B, T, 4, 2), build()
    found = model.train_on_batch(x, Y, bptt_steps=K)
    np.testing.assert_allclose(found, model.evaluate(x, Y, verbose=0), rtol=EXACT)


class Inside(layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.gru = layers.GRU(2, return_sequences=True)

    def call(self, x):
        return self.gru(x)


END = "which also reads the sequence from its end"
UNFIT = {
    "both": (layers.Bidirectional(layers.GRU(2, return_sequences=True), name="both"), END),
    "back": (
        layers.GRU(2, return_sequences=True, go_backwards=True, name="back"),
        "which reads the sequence from its end (`go_backwards=True`)",
    ),
    "conv": (layers.Conv1D(2, 3, padding="same", name="conv"), "which reads several timesteps at"),
    "permute": (layers.Permute((1, 2), name="permute"), "which may move values between"),
    "norm": (layers.LayerNormalization(axis=1, name="norm"), "which needs all timesteps"),
    "own": (Inside(name="own"), "which runs recurrent layers in a `call` of its own"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_layer_that_needs_all_timesteps_is_named(name):
    layer, why = UNFIT[name]
    model = Sequential([Input((T, F)), layer, layers.GRU(2, return_sequences=True)], name="s")
    model.compile("adam", "mse")
    text = (
        "Sequential 's': every layer must need the timesteps so far and nothing else where "
        f"`bptt_steps` is given; got {layer.owner}, {why}"
    )
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        model.fit(X, Y, bptt_steps=K, verbose=0)


def test_a_layer_inside_a_model_is_named():
    inner = Sequential([Input((None, F)), UNFIT["both"][0]], name="inner")
    model = Sequential([Input((None, F)), inner, layers.Dense(2)], name="s")
    model.compile("adam", "mse")
    with pytest.raises(UnsupportedError, match="got Bidirectional 'both', which also reads"):
        model.train_on_batch(X, Y, bptt_steps=K)


def test_timesteps_of_a_layers_own_cannot_be_cut():
    model = Sequential([Input((T, F)), layers.GRU(2), layers.RepeatVector(T, name="r")], name="s")
    model.compile("adam", "mse")
    with pytest.raises(
        UnsupportedError, match="got RepeatVector 'r', which makes timesteps of its"
    ):
        model.fit(X, Y, bptt_steps=K, verbose=0)


def test_what_cannot_be_cut_up_is_refused():
    model = make()
    for steps in (0, -1, 2.5, "all", True):
        with pytest.raises(ArgumentError, match="`bptt_steps` must be a positive integer; got"):
            model.fit(X, Y, bptt_steps=steps, verbose=0)
    dense = Sequential([Input((3,)), layers.Dense(2)], name="s")
    dense.compile("adam", "mse")
    text = "`x` must have inputs of one number of timesteps where `bptt_steps` is given; got inputs"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        dense.fit(X[:, 0], Y1, bptt_steps=2, verbose=0)
    x = Input((None, F))
    h = layers.GRU(2, return_sequences=True)(x)
    both = Model(x, [h, layers.GRU(2)(h)], name="m")
    both.compile("adam", "mse")
    text = "Model 'm': the outputs must be all per step, or all one a sequence, where `bptt_steps`"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        both.fit(X, [Y, Y1], bptt_steps=2, verbose=0)
    a, b = Input((None, F), name="a"), Input((None, F), name="b")
    two = Model([a, b], layers.Add()([layers.GRU(2)(a), layers.GRU(2)(b)]), name="m")
    two.compile("adam", "mse")
    text = (
        "Model 'm': `x` must have inputs of one number of timesteps where `bptt_steps` is given; "
        "got 5 and 10."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        two.fit([X, X[:, :5]], Y1, bptt_steps=2, verbose=0)


def test_targets_of_other_timesteps_are_refused_before_anything_is_trained():
    model = make()
    before = model.get_weights()
    for y in (Y[:, :9], np.concatenate([Y, Y], axis=1)):
        text = f"`y` must have as many timesteps as `x`, 10; got {y.shape[1]}."
        with pytest.raises(ShapeError, match=re.escape(text)):
            model.fit(X, y, bptt_steps=K, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_chunks_of_one_timestep_keep_the_weights_of_samples():
    weights = np.arange(1.0, B + 1)
    model, other = make(), make()
    model.fit(X, Y, sample_weight=weights, bptt_steps=1, shuffle=False, verbose=0)
    other.fit(X, Y, sample_weight=weights[:, None], bptt_steps=1, shuffle=False, verbose=0)
    assert_same(model, other)


def test_chunks_of_words_are_cut_along_their_timesteps():
    def build(**options):
        inputs = Input((T,), dtype="int32")
        h = layers.Embedding(9, 3, mask_zero=True, **F64)(inputs)
        model = Model(inputs, layers.GRU(2, return_sequences=True, **F64, **options)(h))
        scramble(model)
        model.compile("adam", "mse")
        return model

    words = np.random.default_rng(0).integers(0, 9, (B, T))
    model, other = build(), build(stateful=True)
    model.fit(words, Y, bptt_steps=K, shuffle=False, verbose=0)
    for s in CHUNKS:
        behind = (0, T - (s.stop - s.start))  # the model takes no other number; zeros are masked
        x = np.pad(words[:, s], ((0, 0), behind))
        other.train_on_batch(x, np.pad(Y[:, s], ((0, 0), behind, (0, 0))))
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=EXACT)


class Stepping(Model):
    def train_step(self, data):
        return {}


def test_steps_of_your_own_are_not_cut_up():
    x = Input((None, F))
    model = Stepping(x, layers.GRU(2, return_sequences=True)(x), name="m")
    model.compile("adam", "mse")
    text = "Stepping 'm': `bptt_steps` must be left out where the class takes its steps itself"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        model.fit(X, Y, bptt_steps=2, verbose=0)
