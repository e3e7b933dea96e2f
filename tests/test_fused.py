"""What is compiled beside the recurrent passes, against the reference and against itself."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman import Input, Sequential, activations, fused, kernels, layers, optimizers
from elman.layers.parts.passes import TRAINING
from elman.parameters import Weight, pack
from tests.fused_runs import DTYPES, assert_same_bits, runs
from tests.implementations import COMPILED, WITH_FMA
from tests.tolerances import NATIVE_LOSS32, NATIVE_LOSS64

native = pytest.importorskip("elman._native")
pytestmark = pytest.mark.usefixtures("kernels_restored")
LARGE = 70_001  # numbers in a buffer, of which two threads take parts, with a tail


# ---------------------------------------------------------------------- optimizers

RULES = {
    "sgd": lambda **o: optimizers.SGD(0.1, **o),
    "momentum": lambda **o: optimizers.SGD(0.1, momentum=0.9, **o),
    "nesterov": lambda **o: optimizers.SGD(0.1, momentum=0.9, nesterov=True, **o),
    "rmsprop": lambda **o: optimizers.RMSprop(**o),
    "rmsprop momentum": lambda **o: optimizers.RMSprop(momentum=0.5, **o),
    "rmsprop centered": lambda **o: optimizers.RMSprop(centered=True, **o),
    "rmsprop both": lambda **o: optimizers.RMSprop(momentum=0.5, centered=True, **o),
    "adam": lambda **o: optimizers.Adam(**o),
    "amsgrad": lambda **o: optimizers.Adam(amsgrad=True, **o),
    "adamw": lambda **o: optimizers.AdamW(**o),
    "adamax": lambda **o: optimizers.Adamax(0.01, **o),
    "nadam": lambda **o: optimizers.Nadam(0.01, **o),
    "adagrad": lambda **o: optimizers.Adagrad(0.1, **o),
    "adadelta": lambda **o: optimizers.Adadelta(1.0, **o),
    "lion": lambda **o: optimizers.Lion(0.01, **o),
}
EXACT_OPTIONS = (
    {},
    {"clipvalue": 0.5},
    {"weight_decay": 0.01},
    {"use_ema": True, "gradient_accumulation_steps": 2, "loss_scale_factor": 8.0, "clipnorm": 1.0},
)
NORMS = ({"clipnorm": 0.7}, {"global_clipnorm": 0.7})


def trained(rule, options, sizes, dtype, steps=4, seed=0):
    """Return the weights and all slots after some steps with random gradients."""
    rng = np.random.default_rng(seed)
    weights = [
        Weight(rng.normal(size=size).astype(dtype), name="w", path=f"w{i}")
        for i, size in enumerate(sizes)
    ]
    optimizer, buffers = RULES[rule](**options), pack(weights)
    for _ in range(steps):
        buffers[0].gradients[:] = rng.normal(size=buffers[0].gradients.size)
        optimizer.step_buffers(buffers)
    state = optimizer.state()
    return [buffers[0].values, *(state[name] for name in state if "/" in name)]


@given(
    rule=st.sampled_from([rule for rule in RULES if rule != "adamw"]),
    options=st.sampled_from(EXACT_OPTIONS),
    sizes=st.lists(st.integers(1, 70), min_size=1, max_size=3),
    dtype=st.sampled_from(DTYPES),
    name=st.sampled_from(COMPILED),
)
def test_a_compiled_step_has_the_reference_s_bits(rule, options, sizes, dtype, name):
    kernels.use("reference")
    expected = trained(rule, options, sizes, dtype)
    kernels.use(name)
    assert_same_bits(trained(rule, options, sizes, dtype), expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", NORMS, ids=str)
def test_clipping_by_a_norm_agrees_with_the_reference(options, dtype):
    kernels.use("reference")
    expected = trained("momentum", options, (5, 40, 3), dtype)
    tolerance = NATIVE_LOSS32 if dtype == "float32" else NATIVE_LOSS64
    for _ in runs():
        for a, b in zip(trained("momentum", options, (5, 40, 3), dtype), expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", [{}, *NORMS], ids=str)
@pytest.mark.parametrize("rule", ["momentum", "rmsprop both", "adamw", "nadam"])
def test_steps_have_the_same_bits_on_any_threads_and_instruction_set(rule, options, dtype):
    found = [trained(rule, options, (LARGE, 33), dtype, steps=2) for _ in runs()]
    for each in found[1:]:
        assert_same_bits(each, found[0])


def test_a_norm_beyond_float32_s_squares_is_clipped_all_the_same():
    kernels.use(COMPILED[-1])
    weight = Weight(np.zeros(2, np.float32), name="w", path="w")
    buffers = pack([weight])
    buffers[0].gradients[:] = [3e30, 4e30]
    optimizers.SGD(1.0, global_clipnorm=5.0).step_buffers(buffers)
    np.testing.assert_allclose(weight.array, [-3, -4], rtol=NATIVE_LOSS32)


def test_an_infinite_norm_makes_the_step_nan_as_in_the_reference():
    for name in (*COMPILED, "reference"):
        kernels.use(name)
        weight = Weight(np.zeros(2, np.float32), name="w", path="w")
        buffers = pack([weight])
        buffers[0].gradients[:] = [np.inf, 1]
        optimizers.SGD(1.0, clipnorm=5.0).step_buffers(buffers)
        assert np.isnan(weight.array).all()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, -0.0])
def test_gradients_that_are_no_numbers_or_zero_do_what_they_do_in_the_reference(rule, value):
    found = []
    for name in ("reference", *COMPILED):
        kernels.use(name)
        weight = Weight(np.array([1, -1, 0, -0.0], np.float32), name="w", path="w")
        optimizer, buffers = RULES[rule](), pack([weight])
        with np.errstate(all="ignore"):
            for _ in range(3):
                buffers[0].gradients[:] = [value, 0.5, value, -1]
                optimizer.step_buffers(buffers)
        found.append([weight.array, *(a for n, a in optimizer.state().items() if "/" in n)])
    for each in found[1:]:
        assert_same_bits(each, found[0])


def test_gradients_are_not_changed_by_clipping():
    weight = Weight(np.zeros(2, np.float32), name="w", path="w")
    buffers = pack([weight])
    buffers[0].gradients[:] = [30, -40]
    optimizers.SGD(1.0, clipvalue=5.0).step_buffers(buffers)
    np.testing.assert_array_equal(weight.gradient, [30, -40])
    np.testing.assert_array_equal(weight.array, [-5, 5])


def test_a_rule_of_one_s_own_is_not_the_compiled_one():
    class Still(optimizers.Adam):
        def step(self, w, g, slots, work, eta):
            w += 1

    class Slow(optimizers.Adam):
        def alpha(self, eta):
            return eta * 0

    for own, change in ((Still(), 1), (Slow(), 0)):
        weight = Weight(np.zeros(2, np.float32), name="w", path="w")
        buffers = pack([weight])
        buffers[0].gradients[:] = 1
        own.step_buffers(buffers)
        np.testing.assert_array_equal(weight.array, change)


def test_a_trained_model_can_be_copied_and_pickled_and_goes_on_alike():
    def make():
        model = Sequential([Input((None, 2)), layers.GRU(3), layers.Dense(1)])
        model.compile("adam", "mse")
        return model

    x, y = np.ones((4, 5, 2), np.float32), np.zeros((4, 1), np.float32)
    model = make()
    model.train_on_batch(x, y)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(twin.predict(x), model.predict(x))
        kept = model.get_weights()
        twin.train_on_batch(x, y)
        assert_same_bits(model.get_weights(), kept)
        assert any((a != b).any() for a, b in zip(twin.get_weights(), kept, strict=True))


def test_learning_rates_that_change_between_steps_are_followed():
    weight = Weight(np.zeros(1, np.float32), name="w", path="w")
    optimizer, buffers = optimizers.SGD(lambda step: 10.0**-step), pack([weight])
    buffers[0].gradients[:] = -1
    for expected in (1.0, 1.1, 1.11):
        optimizer.step_buffers(buffers)
        np.testing.assert_allclose(weight.array, expected, rtol=NATIVE_LOSS32)


# ---------------------------------------------------------------------- softmax and embeddings


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1,), (3, 16), (2, 5, 37), (40, 300), (0, 4)])
def test_softmax_and_its_derivative_agree_with_the_reference(shape, dtype):
    rng = np.random.default_rng(0)
    a, dy = (rng.normal(size=shape, scale=5).astype(dtype) for _ in range(2))
    expected = activations.softmax(a) if a.size else a
    dexpected = activations.dsoftmax(dy, a, expected)
    tolerance = NATIVE_LOSS32 if dtype == "float32" else NATIVE_LOSS64
    found = []
    for name, _ in runs():
        y = fused.activate(activations.softmax, a)
        dx = fused.derive(activations.softmax, dy, a, expected)
        np.testing.assert_allclose(y, expected, rtol=tolerance)
        np.testing.assert_allclose(dx, dexpected, rtol=tolerance, atol=10 * tolerance)
        if name in WITH_FMA:
            found.append((y, dx))
    for each in found[1:]:
        assert_same_bits(each, found[0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_gradient_of_an_embedding_has_the_reference_s_bits(dtype):
    rng = np.random.default_rng(0)
    layer = layers.Embedding(11, 70, dtype=dtype)
    words = rng.integers(0, 11, size=(30, 40))
    layer(words)
    _, tape = layer.forward((words,), (None,), TRAINING)
    dy = rng.normal(size=(30, 40, 70)).astype(dtype)
    kernels.use("reference")
    _, (expected,) = layer.backward(tape, (dy,))
    for _ in runs():
        _, (found,) = layer.backward(tape, (dy,))
        np.testing.assert_array_equal(found, expected)


# ---------------------------------------------------------------------- wrong calls


def test_wrong_dtypes_and_sizes_are_errors_and_never_crashes():
    a, b, half = np.zeros((4, 3), np.float32), np.zeros((4, 3)), np.zeros((4, 3), np.float16)
    labels = np.zeros(4, np.int64)
    update = native.Update(2, a, a.copy(), [a.copy(), a.copy()])
    numbers, zeros = (0.9, 0.999, 1e-7, 0.0), (0.0, 0.0, 0.0, 0.0)
    calls = [
        lambda: native.Update(8, a, a, []),
        lambda: native.Update(-1, a, a, []),
        lambda: native.Update(0, a, b, []),
        lambda: native.Update(0, half, half, []),
        lambda: native.Update(0, a, a[:3], []),
        lambda: native.Update(0, a, a, [b]),
        lambda: update.step(numbers, 1, 0.1, 0.0, 1.0, 1.0, 0, 13, 1),
        lambda: update.step((0.9, 0.999, 1e-7, 1.0), 1, 0.1, 0.0, 1.0, 1.0, 0, 12, 1),
        lambda: update.squares(5, 4, 1),
        *(
            partial(native.Update(rule, a, a, slots).step, zeros, 1, 0.1, 0.0, 1.0, 1.0, 0, 12, 1)
            for rule, slots in ((3, [a]), (4, [a]), (5, []), (6, [a]), (7, []))
        ),
        lambda: native.losses(9, a, a, None, None, None, 1.0, 1.0, a.copy(), 1),
        lambda: native.losses(0, a, b, None, None, None, 1.0, 1.0, a.copy(), 1),
        lambda: native.losses(0, a, a, None, None, None, 1.0, 1.0, a[:3].copy(), 1),
        lambda: native.losses(0, a, None, labels, None, None, 1.0, 1.0, a.copy(), 1),
        lambda: native.losses(5, a, None, labels + 3, None, None, 1.0, 1.0, a.copy(), 1),
        lambda: native.losses(5, a, None, labels - 1, None, None, 1.0, 1.0, a.copy(), 1),
        lambda: native.losses(5, a, None, labels[:2], None, None, 1.0, 1.0, a.copy(), 1),
        lambda: native.losses(0, half, half, None, None, None, 1.0, 1.0, half.copy(), 1),
        lambda: native.find_mask(half, 0.0, np.ones(1, bool)),
        lambda: native.find_mask(a, 0.0, np.ones(5, bool)),
        lambda: native.find_mask(a, 0.0, np.ones(4)),
        lambda: native.apply_mask(a, np.ones(4, bool), b),
        lambda: native.apply_mask(a, np.ones(4, bool), a[:3].copy()),
        lambda: native.apply_mask(a, np.ones(5, bool), a.copy()),
        lambda: native.apply_mask(a, np.ones(4), a.copy()),
        lambda: native.softmax(a, b, 1),
        lambda: native.softmax(half, half, 1),
        lambda: native.dsoftmax(a, b, b, 1),
        lambda: native.scatter(labels + 4, np.zeros((4, 3), np.float32), a, 1),
        lambda: native.scatter(labels - 1, np.zeros((4, 3), np.float32), a, 1),
        lambda: native.scatter(labels, np.zeros((3, 3), np.float32), a, 1),
        lambda: native.scatter(labels, np.zeros((4, 3), np.float32), a, 0),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="_native: "):
            call()
    transposed = np.zeros((3, 4), np.float32).T
    for call in (
        lambda: native.softmax(transposed, a.T.copy(), 1),
        lambda: native.softmax(a.T.copy(), transposed, 1),
        lambda: native.Update(0, a, a, [transposed]),
    ):
        with pytest.raises(TypeError, match="incompatible function arguments"):
            call()
