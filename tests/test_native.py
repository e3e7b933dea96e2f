"""The compiled kernels against the reference."""

from time import perf_counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elman import activations, kernels
from tests.implementations import COMPILED
from tests.native_passes import everything, problem
from tests.tolerances import NATIVE32, NATIVE64

pytest.importorskip("elman._native")
pytestmark = pytest.mark.usefixtures("compiled")


SUMS = ("gelu", "hard_sigmoid_keras2", "log_sigmoid", "mish", "silu", "softplus", "tanh_shrink")


@pytest.mark.parametrize("implementation", COMPILED)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", NATIVE64), ("float32", NATIVE32)])
@given(data=st.data())
def test_the_kernels_give_what_the_reference_gives(implementation, dtype, tolerance, data):
    sizes = data.draw(st.sampled_from([(20, 40, 6, 70), (70, 8, 4, 40)]))  # few rows, and groups
    drawn = problem(data.draw, dtype, sizes=sizes)
    kernels.use("reference")
    expected = everything(drawn)
    kernels.use(implementation)
    for found, reference in zip(everything(drawn), expected, strict=True):
        assert found.dtype == reference.dtype
        scale = max(1.0, float(np.abs(reference).max(initial=0)))
        np.testing.assert_allclose(found / scale, reference / scale, rtol=0, atol=tolerance)


@pytest.mark.usefixtures("small_windows")
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_long_sequences_in_windows_give_what_the_reference_gives(data):
    drawn = problem(data.draw, "float64")
    kernels.use("reference")
    expected = everything(drawn)
    kernels.use("native")
    for found, reference in zip(everything(drawn), expected, strict=True):
        scale = max(1.0, float(np.abs(reference).max(initial=0)))
        np.testing.assert_allclose(found / scale, reference / scale, rtol=0, atol=NATIVE64)


def test_what_is_not_asked_for_changes_nothing_else():
    rng = np.random.default_rng(0)

    def normal(*shape):
        return rng.normal(size=shape).astype("float32")

    x, weights = normal(3, 7, 4), (normal(4, 20), normal(5, 20), normal(20))
    zeros, above = (np.zeros((3, 5), "float32"),) * 2, normal(3, 5)
    options = {"activations": ("tanh", "sigmoid"), "return_sequences": False}
    for name in ("native", "reference"):
        kernels.use(name)
        outputs, final, tape = kernels.unroll("lstm", x, weights, zeros, **options)
        found = kernels.backpropagate(tape, above, zeros)
        bare, nothing, tape = kernels.unroll("lstm", x, weights, (), **options, return_state=False)
        given = [np.empty_like(w) for w in weights]
        less = kernels.backpropagate(
            tape, above, (), need_x=False, need_initial_state=False, record_states=True, out=given
        )
        np.testing.assert_array_equal(bare, outputs)
        assert len(final) == len(less.states) == len(found.initial_state) == 2
        assert nothing == less.initial_state == ()
        assert less.x is None
        for one, other in zip(given, found.weights, strict=True):
            np.testing.assert_array_equal(one, other)


def test_checkpoints_keep_memory_small():
    x = np.zeros((8, 4000, 4), "float32")
    weights = (np.zeros((4, 64), "float32"), np.zeros((16, 64), "float32"), None)
    state, kept = (np.zeros((8, 16), "float32"),) * 2, []
    for steps in (None, 400):
        _, _, tape = kernels.unroll(
            "lstm", x, weights, state, activations=("tanh", "sigmoid"), checkpoint_steps=steps
        )
        kept.append(tape.native.bytes)
    assert kept[1] < kept[0] / 50


@pytest.mark.parametrize("implementation", COMPILED)
@given(data=st.data())
def test_the_gradients_of_all_states_are_those_of_the_reference(implementation, data):
    cell, x, weights, state, options, above, dstate = problem(data.draw, "float64")
    found = []
    for name in ("reference", implementation):
        kernels.use(name)
        _, _, tape = kernels.unroll(cell, x, weights, state, **options)
        found.append(kernels.backpropagate(tape, above, dstate, record_states=True).states)
    for one, other in zip(*found, strict=True):
        scale = max(1.0, float(np.abs(one).max(initial=0)))
        np.testing.assert_allclose(other / scale, one / scale, rtol=0, atol=NATIVE64)


@pytest.mark.parametrize("implementation", COMPILED)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", NATIVE64), ("float32", NATIVE32)])
@given(data=st.data())
def test_dense_products_are_those_of_numpy_with_the_same_bits_on_any_threads(
    implementation, dtype, tolerance, data
):
    shape = data.draw(st.sampled_from([(), (3,), (700,)]))
    B, K, N = (data.draw(st.integers(1, most)) for most in (20, 40, 70))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**31)))
    x, kernel, da = (
        rng.normal(size=size).astype(dtype) for size in ((B, *shape, K), (K, N), (B, *shape, N))
    )
    bias = rng.normal(size=N).astype(dtype) if data.draw(st.booleans()) else None
    results = []
    for name, threads in (("reference", 1), (implementation, 1), (implementation, 3)):
        kernels.use(name)
        kernels.set_num_threads(threads)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kernels, "SMALL", 0)
            dx, dweights = kernels.dense_backward(x, kernel, da, bias=bias is not None)
            results.append((kernels.dense(x, kernel, bias), dx, *dweights))
            assert kernels.dense_backward(x, kernel, da, bias=False, need_x=False)[0] is None
    for reference, one, other in zip(*results, strict=True):
        scale = max(1.0, float(np.abs(reference).max()))
        np.testing.assert_allclose(one / scale, reference / scale, rtol=0, atol=tolerance)
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("implementation", COMPILED)
@pytest.mark.parametrize(("dtype", "ulps"), [("float32", 16), ("float64", 64)])
@pytest.mark.parametrize("name", [*kernels.ACTIVATIONS, "celu"])
def test_activations_are_right_near_zero_and_far_from_it(implementation, dtype, ulps, name):
    kernels.use(implementation)
    x = np.concatenate([np.geomspace(1e-20, 80, 3001), [0.0]])
    x = np.concatenate([x, -x]).astype(dtype)
    weights = (np.ones((1, 1), dtype), np.zeros((1, 1), dtype), None)
    state = (np.zeros((len(x), 1), dtype),)
    found, _, _ = kernels.unroll(
        "simple_rnn", x[:, None, None], weights, state, activations=(name,)
    )
    expected = activations.ACTIVATIONS[name][0](x.astype("float64"))
    near = np.maximum(np.abs(expected), np.finfo("float32").tiny)
    if name in SUMS:
        near = np.maximum(near, np.abs(x) / 8)  # a difference of numbers of the size of x
    apart = np.abs(found[:, 0, 0].astype("float64") - expected) / near
    assert apart.max() <= ulps * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_that_are_not_aligned_or_in_order_are_taken_too(dtype):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 4)).astype(dtype)
    weights = tuple(rng.normal(size=s).astype(dtype) for s in ((4, 5), (5, 5), (5,)))
    apart = np.frombuffer(b"x" + x.tobytes(), dtype, offset=1).reshape(x.shape)
    turned = np.asfortranarray(x)
    assert not apart.flags.aligned
    assert not turned.flags.c_contiguous
    results = [
        kernels.unroll("simple_rnn", each, weights, (), activations=("tanh",))[0]
        for each in (x, apart, turned)
    ]
    dense = [kernels.dense(each, weights[0], weights[2]) for each in (x, apart, turned)]
    for found in (results, dense):
        np.testing.assert_array_equal(found[1], found[0])
        np.testing.assert_array_equal(found[2], found[0])


def test_denormal_states_leave_the_callers_arithmetic_as_it_was():
    tiny = np.float32(1e-40)
    x, state = np.zeros((1, 50, 1), "float32"), (np.full((1, 1), 1e-38, "float32"),)
    weights = (np.zeros((1, 1), "float32"), np.full((1, 1), 0.5, "float32"), None)
    kernels.unroll("simple_rnn", x, weights, state, activations=("linear",))
    assert tiny / 2 > 0


def fading(factor, start, dtype="float32"):
    """Return the states of 200 steps, each of them the last one times a factor."""
    weights = (np.zeros((1, 64), dtype), factor * np.eye(64, dtype=dtype), None)
    state = (np.full((8, 64), start, dtype),)
    x = np.zeros((8, 200, 1), dtype)
    return kernels.unroll("simple_rnn", x, weights, state, activations=("linear",))[0]


@pytest.mark.parametrize("implementation", COMPILED)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_states_are_right_down_to_the_smallest_normal_number(implementation, dtype):
    least = np.finfo(dtype).tiny
    found = {}
    for name in ("reference", implementation):
        kernels.use(name)
        found[name] = fading(0.5, 16 * least, dtype)
    normal = found["reference"] >= least
    assert normal.any(axis=1).all()
    assert not normal.all()
    np.testing.assert_array_equal(found[implementation][normal], found["reference"][normal])
    np.testing.assert_allclose(found[implementation][~normal], 0, rtol=0, atol=least)


@pytest.mark.parametrize("implementation", COMPILED)
def test_denormal_states_take_no_longer_than_others(implementation):
    kernels.use(implementation)
    seconds = {1.0: [], 1e-40: []}
    for _ in range(15):
        for start, measured in seconds.items():
            begin = perf_counter()
            fading(1.0, start)
            measured.append(perf_counter() - begin)
    usual, denormal = (np.median(measured) for measured in seconds.values())
    assert denormal < 3 * usual  # unflushed: 7 to 25 times as long


def test_nan_goes_through():
    x = np.full((1, 2, 1), np.nan, "float32")
    weights = (np.ones((1, 4), "float32"), np.ones((1, 4), "float32"), None)
    state = (np.zeros((1, 1), "float32"),) * 2
    outputs, _, _ = kernels.unroll("lstm", x, weights, state, activations=("tanh", "sigmoid"))
    assert np.isnan(outputs).all()


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "exponential"])
def test_functions_are_right_over_the_whole_range_of_float32(name):
    x = np.concatenate([np.linspace(-105, 105, 400_001), np.geomspace(1e-30, 1, 10_000)])
    x = np.concatenate([x, -x, [np.inf, -np.inf]]).astype("float32")
    weights = (np.ones((1, 1), "float32"), np.zeros((1, 1), "float32"), None)
    state = (np.zeros((len(x), 1), "float32"),)
    found, _, _ = kernels.unroll(
        "simple_rnn", x[:, None, None], weights, state, activations=(name,)
    )
    with np.errstate(over="ignore"):
        expected = activations.ACTIVATIONS[name][0](x.astype("float64"))
    normal = (np.abs(expected) > np.finfo("float32").tiny) & (expected < np.finfo("float32").max)
    found = found[:, 0, 0].astype("float64")
    found, expected = found[normal], expected[normal]
    units = np.abs(found - expected) / np.spacing(np.abs(expected).astype("float32"))
    assert units.max() <= 3
    if name != "exponential":
        assert np.abs(found).max() <= 1
