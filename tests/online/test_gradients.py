"""Gradients that are carried forward in time are those of backpropagation through it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elman import Input, Sequential, kernels, layers
from elman.online.influence import advance
from tests.gradcheck import assert_gradient
from tests.implementations import ALL
from tests.online.chains import (
    F64,
    GATED,
    KINDS,
    assert_close,
    assert_is_bptt,
    chain,
    compiled,
    data,
    gradients,
    rnn,
    scrambled,
    summed,
)
from tests.tolerances import EXACT, RTRL

pytestmark = pytest.mark.usefixtures("kernels_restored")


def between(draw, name):
    """Draw a layer that treats each timestep alone, or none."""
    kinds = {
        "nothing": list,
        "dense": lambda: [layers.Dense(draw(st.integers(1, 3)), activation="tanh", **F64)],
        "no bias": lambda: [layers.Dense(2, use_bias=False, **F64)],
        "softmax": lambda: [layers.Dense(3, activation="softmax", **F64)],
        "activation": lambda: [layers.Activation("softplus", **F64), layers.Softmax(**F64)],
        "normalized": lambda: [layers.LayerNormalization(**F64)],
        "scaled": lambda: [layers.RMSNormalization(**F64), layers.Rescaling(2.0, **F64)],
        "prelu": lambda: [layers.PReLU(shared_axes=[1], **F64), layers.LeakyReLU(**F64)],
        "inside": lambda: [layers.TimeDistributed(layers.Dense(2, **F64), **F64)],
        "model": lambda: [Sequential([layers.Dense(2, **F64), layers.ELU(**F64)])],
    }
    return kinds[draw(st.sampled_from(sorted(kinds)), label=name)]()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_rtrl_is_backpropagation_through_time_over_random_models(found):
    draw = found.draw
    kernels.use(draw(st.sampled_from(ALL)))
    stack = between(draw, "front")
    for i in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(KINDS if i < 2 else GATED))
        options = {"use_bias": draw(st.booleans())} if kind in GATED else {}
        stack += [rnn(kind, draw(st.integers(1, 4)), **options), *between(draw, f"behind {i}")]
    outputs = draw(st.integers(1, 2))
    stack += [layers.Dense(outputs, **F64)] if draw(st.booleans()) else []
    features = draw(st.integers(1, 3))
    model = compiled(chain(*stack, features=features))
    for layer in model.layers:
        layer.trainable = draw(st.sampled_from([True, True, True, False]))
    batch, timesteps = draw(st.integers(1, 3)), draw(st.integers(1, 6))
    x, y = data(batch, timesteps, features, model.outputs[0].shape[-1])
    if model.trainable_weights:
        assert_is_bptt(model, model.online("rtrl"), x, y, RTRL)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["rtrl", "bptt"])
def test_a_window_of_all_timesteps_and_rtrl_both_have_the_whole_gradient(kind, method):
    model = compiled(chain(rnn(kind, 3), layers.Dense(2, **F64), rnn(kind, 2)))
    x, y = data(2, 7, 3, model.outputs[0].shape[-1])
    assert_is_bptt(model, model.online(method, bptt_steps=7), x, y, RTRL)


@pytest.mark.parametrize("kind", KINDS)
def test_the_summed_gradient_is_that_of_central_differences(kind):
    model = compiled(chain(layers.Dense(2, **F64), rnn(kind, 2), layers.Dense(1, **F64)))
    x, y = data(2, 4, 3, 1)
    total, _ = summed(model.online("rtrl"), x, y)

    def loss(_):
        return 4 * float(np.mean((model(x) - y) ** 2))

    for weight, gradient in zip(model.trainable_weights, total, strict=True):
        assert_gradient(loss, weight.array, gradient)


@pytest.mark.parametrize("method", ["rtrl", "bptt"])
def test_each_loss_has_the_gradient_of_that_loss_alone(method):
    model = compiled(chain(rnn("GRU", 3), rnn("LSTM", 2)))
    x, y = data(2, 6, 3, 2)
    learner = model.online(method)
    for t in range(6):
        learner.learn(x[:, t], y[:, t])
        found = gradients(model)
        weights = np.zeros((2, t + 1))
        weights[:, t] = t + 1  # so that the mean is that of the last
        model.train_on_batch(x[:, : t + 1], y[:, : t + 1], sample_weight=weights)
        assert_close(found, gradients(model), RTRL)


@pytest.mark.parametrize("method", ["rtrl", "bptt"])
def test_an_embedding_in_front_learns_through_the_state(method):
    stack = [layers.Embedding(4, 2, **F64), rnn("LSTM", 3), layers.Dense(4, "softmax", **F64)]
    model = scrambled(Sequential([Input((None,), dtype="int32"), *stack]))
    compiled(model, "sparse_categorical_crossentropy")
    x, y = np.random.default_rng(0).integers(0, 4, (2, 2, 6))
    assert_is_bptt(model, model.online(method), x, y, RTRL)


@pytest.mark.parametrize("method", ["rtrl", "bptt"])
def test_a_last_output_alone_learns_as_one_of_all_timesteps(method):
    stacks = [
        [rnn("GRU", 3, return_sequences=flag), layers.Dense(2, **F64), layers.ReLU(**F64)]
        for flag in (False, True)
    ]
    models = [compiled(chain(*stack)) for stack in stacks]
    x, y = data(2, 6, 3, 2)
    found = [summed(model.online(method, 3), x, y) for model in models]
    assert_close(found[0][0], found[1][0], EXACT)
    assert found[0][1] == pytest.approx(found[1][1], rel=EXACT)


@pytest.mark.parametrize("kind", GATED)
def test_the_gated_influence_is_that_of_any_cell(kind, monkeypatch):
    models = [compiled(chain(rnn(kind, 4), rnn(kind, 3))) for _ in range(2)]
    x, y = data(3, 6, 3, 3)
    by_gates, _ = summed(models[0].online("rtrl"), x, y)
    monkeypatch.setattr("elman.online.rtrl.is_gated", lambda part: False)
    by_rows, _ = summed(models[1].online("rtrl"), x, y)
    assert_close(by_gates, by_rows, EXACT)


def test_products_in_blocks_are_the_product(monkeypatch):
    generator = np.random.default_rng(0)
    P, J, E, X, Q = (
        generator.normal(size=shape)
        for shape in ((2, 6, 11), (2, 6, 3), (2, 2, 2, 3), (2, 6, 4), (2, 4, 5))
    )
    wanted = J @ P[:, :3]
    for s in range(2):
        wanted[:, 3 * s : 3 * s + 3] += E[:, s, 1, :, None] * P[:, 3:]
    wanted[:, :, :5] += X @ Q
    for least in (1, 2, 64):
        monkeypatch.setattr("elman.online.influence.LEAST", least)
        monkeypatch.setattr("elman.online.influence.BLOCK", 1)
        found = P.copy()
        advance(found, J, E, X, Q)
        assert_close([found], [wanted], EXACT)
