"""Truncated backpropagation: the steps that are taken, chunk after chunk."""

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from tests.layers.checks import F64, normal, scramble
from tests.models.truncated_models import (
    BATCHES,
    CHUNKS,
    Y1,
    B,
    F,
    K,
    T,
    X,
    Y,
    assert_same,
    make,
    submodel,
)
from tests.tolerances import EXACT


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
