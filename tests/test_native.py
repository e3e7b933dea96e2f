"""The compiled kernels against the reference, and against themselves."""

from time import perf_counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elman import activations, kernels
from elman.cells import CELLS, has_recurrent_kernel, streams_of, vectors_of
from elman.errors import ArgumentError
from tests.implementations import COMPILED, WITH_FMA
from tests.tolerances import NATIVE32, NATIVE64

pytest.importorskip("elman._native")


@pytest.fixture(autouse=True)
def _compiled(kernels_restored):
    if kernels.status().implementation == "reference":  # chosen in the environment
        kernels.use("native")


KINKED = ["hard_sigmoid", "hard_sigmoid_keras2", "tanh"]
SUMS = ("gelu", "hard_sigmoid_keras2", "log_sigmoid", "mish", "silu", "softplus", "tanh_shrink")
MASKS = (
    lambda rng, B, T: rng.random((B, T)) < 0.6,
    lambda rng, B, T: rng.random((B, T)) < 0.98,  # most turns are whole
    lambda rng, B, T: np.arange(T) < rng.integers(0, T + 1, size=(B, 1)),  # padding at the end
    lambda rng, B, T: np.arange(T) >= rng.integers(0, T + 1, size=(B, 1)),  # and at the beginning
    lambda rng, B, T: np.ones((B, T), bool),
)


def gated(cell):
    """Say whether a cell has a sigma."""
    return cell not in ("simple_rnn", "indrnn", "leaky", "min_lstm")


def drops(cell):
    """Say whether a cell has recurrent dropout."""
    return cell not in ("min_gru", "min_lstm")


def problem(draw, dtype, cells=tuple(kernels.CELLS), sizes=(20, 40, 6, 70)):
    """Draw a sequence, weights, options and the gradients that come from above."""
    cell = draw(st.sampled_from(cells))
    B, T, F, U = (draw(st.integers(1, most)) for most in sizes)
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    maths, G = CELLS[cell], len(CELLS[cell].GATES)

    def normal(*shape, scale=1.0):
        return (scale * rng.normal(size=shape)).astype(dtype)

    def masks(count, width):
        return tuple(((rng.random((B, width)) < 0.7) / 0.7).astype(dtype) for _ in range(count))

    shape = (maths.BIASES, G * U) if maths.BIASES > 1 else (G * U,)
    bias = normal(*shape) if draw(st.booleans()) else None
    recurrent = normal(U, G * U, scale=0.4 * U**-0.5) if has_recurrent_kernel(maths) else None
    vectors = [normal(n * U, scale=0.4) for n in vectors_of(maths).values()]
    weights = (normal(F, G * U, scale=F**-0.5), recurrent, bias, *vectors)
    kind = draw(st.sampled_from([None, *MASKS]))
    mask = None if kind is None else kind(rng, B, T)
    x = normal(B, T, F)
    streams = tuple(rng.random((B, T, U)).astype(dtype) for _ in streams_of(maths))
    if mask is not None:
        for array in (x, *streams):
            array[~mask] = np.nan  # what is masked may be anything
    # In float32 a kink or a growing state makes any two roundings part; float64 tells them apart.
    # A state that is an exponential of the last one overflows within a few steps.
    smooth, rough = (
        ["tanh", "softsign", "sigmoid"],
        sorted({*kernels.ACTIVATIONS, "celu"} - {"exponential"}),
    )
    phi = draw(st.sampled_from(smooth + rough * (dtype == "float64")))
    sigma = draw(st.sampled_from(["sigmoid", *KINKED * (dtype == "float64")]))
    options = {
        "activations": (phi, sigma) if gated(cell) else (phi,),
        "mask": mask,
        "input_dropout": masks(draw(st.sampled_from([0, 1, G])), F),
        "recurrent_dropout": masks(draw(st.sampled_from([0, G])) if drops(cell) else 0, U),
        "streams": streams,
        "go_backwards": draw(st.booleans()),
        "zero_output_for_mask": draw(st.booleans()),
        "return_sequences": draw(st.booleans()),
    }
    state = tuple(normal(B, U) for _ in maths.STATES)
    if draw(st.booleans()):
        options["reset_mask"] = rng.random((B, T)) < draw(st.sampled_from([0.0, 0.1, 0.6]))
        options["reset_state"] = tuple(normal(U) for _ in state) if draw(st.booleans()) else ()
    above = normal(B, T, U) if options["return_sequences"] else normal(B, U)
    return cell, x, weights, state, options, above, tuple(normal(B, U) for _ in state)


def both_passes(drawn, rows=slice(None)):
    """Return everything that a forward and a backward pass return, as a flat list."""
    cell, x, weights, state, options, above, dstate = drawn
    options = dict(options)
    for name in ("input_dropout", "recurrent_dropout"):
        options[name] = tuple(m[rows] for m in options.get(name, ()))
    for name in ("mask", "reset_mask"):
        if options.get(name) is not None:
            options[name] = options[name][rows]
    options["streams"] = tuple(s[rows] for s in options.get("streams", ()))
    start = tuple(s[rows] for s in state)
    outputs, final, tape = kernels.unroll(cell, x[rows], weights, start, **options)
    found = kernels.backpropagate(tape, above[rows], tuple(d[rows] for d in dstate))
    by_sample = [outputs, *final, found.x, *found.initial_state]
    by_sample += [d for d in found.streams if d is not None]
    summed = [*found.weights, *found.reset_state]
    return by_sample, [array for array in summed if array is not None]


def everything(drawn):
    """Return the same as one list."""
    by_sample, weights = both_passes(drawn)
    return by_sample + weights


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


def assert_same_bits_by_threads(drawn):
    results = []
    for threads in (1, 2, 5):
        kernels.set_num_threads(threads)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kernels, "SMALL", 0)
            results.append(everything(drawn))
    for others in results[1:]:
        for one, other in zip(results[0], others, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(data=st.data())
def test_any_number_of_threads_gives_the_same_bits(dtype, data):
    sizes = data.draw(st.sampled_from([(20, 40, 6, 70), (70, 8, 4, 40)]))  # few rows, and groups
    drawn = problem(data.draw, dtype, sizes=sizes)
    assert_same_bits_by_threads(drawn)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(data=st.data())
def test_a_mask_that_skips_nothing_changes_no_bit(dtype, data):
    *drawn, options, above, dstate = problem(data.draw, dtype)
    drawn[1] = np.nan_to_num(drawn[1])  # what was masked
    without, skipping_nothing = (
        everything((*drawn, {**options, "mask": mask}, above, dstate))
        for mask in (None, np.ones(drawn[1].shape[:2], bool))
    )
    for one, other in zip(without, skipping_nothing, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def small_windows():
    """Cut even short sequences into windows of a few turns."""
    from elman import _native

    _native.set_window_bytes(10_000, 10_000)
    yield
    _native.set_window_bytes(1 << 21, 1 << 18)


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


@pytest.mark.usefixtures("small_windows")
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_checkpoints_over_time_change_no_bit(data):
    drawn = problem(data.draw, data.draw(st.sampled_from(["float32", "float64"])))
    expected = everything(drawn)
    drawn[4]["checkpoint_steps"] = data.draw(st.integers(1, 40))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "SMALL", 0)
        kernels.set_num_threads(data.draw(st.integers(1, 3)))
        for one, other in zip(everything(drawn), expected, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("small_windows")
@given(data=st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cells_without_a_product_share_out_the_units_of_few_rows_with_the_same_bits(data):
    dtype = data.draw(st.sampled_from(["float32", "float64"]))
    drawn = problem(data.draw, dtype, ("indrnn", "min_gru", "min_lstm"), (3, 40, 3, 100))
    if data.draw(st.booleans()):
        drawn[4]["checkpoint_steps"] = data.draw(st.integers(1, 40))
    assert_same_bits_by_threads(drawn)


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


def shared_by_units(cell, dtype, B, U, **options):
    """Return a problem of few rows and many units, for `everything`."""
    rng, maths = np.random.default_rng(0), CELLS[cell]
    G = len(maths.GATES)

    def normal(*shape):
        return (rng.normal(size=shape) / shape[-1] ** 0.5).astype(dtype)

    bias = normal(*((maths.BIASES, G * U) if maths.BIASES > 1 else (G * U,)))
    if options.pop("dropped", False):
        options["input_dropout"] = tuple(normal(B, 5) for _ in range(G))
        options["recurrent_dropout"] = tuple(normal(B, U) for _ in range(G * drops(cell)))
        options["mask"], options["reset_mask"] = rng.random((B, 9)) < 0.7, rng.random((B, 9)) < 0.2
    options["activations"] = ("tanh", "sigmoid")[: 1 + gated(cell)]
    options["streams"] = tuple(normal(B, 9, U) for _ in streams_of(maths))
    vectors = [normal(n * U) for n in vectors_of(maths).values()]
    recurrent = normal(U, G * U) if has_recurrent_kernel(maths) else None
    state, weights = tuple(normal(B, U) for _ in maths.STATES), (normal(5, G * U), recurrent, bias)
    return cell, normal(B, 9, 5), (*weights, *vectors), state, options, normal(B, 9, U), state


def assert_same_bits_by_units(drawn, monkeypatch):
    monkeypatch.setattr(kernels, "SMALL", 0)
    kernels.set_num_threads(1)
    expected = everything(drawn)
    for threads in (2, 3):
        kernels.set_num_threads(threads)
        for one, other in zip(everything(drawn), expected, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("implementation", COMPILED)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cell", list(kernels.CELLS))
@pytest.mark.parametrize("options", [{"dropped": True}, {"checkpoint_steps": 3}, {}])
def test_few_rows_of_many_units_are_shared_out_by_units_with_the_same_bits(
    implementation, dtype, cell, options, monkeypatch, small_windows
):
    kernels.use(implementation)
    for B in (1, 3):
        drawn = shared_by_units(cell, dtype, B, 200, **options)
        assert_same_bits_by_units(drawn, monkeypatch)


@pytest.mark.parametrize("cell", list(kernels.CELLS))
def test_large_weights_are_shared_out_by_units_with_the_same_bits(cell, monkeypatch):
    assert_same_bits_by_units(shared_by_units(cell, "float32", 12, 300), monkeypatch)


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


@pytest.mark.skipif(len(WITH_FMA) < 2, reason="needs a processor with AVX-512, and both builds")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(data=st.data())
def test_avx2_and_avx512_give_the_same_bits(dtype, data):
    drawn = problem(data.draw, dtype)
    kernels.use("avx2")
    expected = everything(drawn)
    kernels.use("avx512")
    for one, other in zip(everything(drawn), expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@given(data=st.data())
def test_a_sample_alone_gives_the_bits_that_it_gives_in_a_batch(dtype, data):
    drawn = problem(data.draw, dtype)
    together, _ = both_passes(drawn)
    row = data.draw(st.integers(0, len(drawn[1]) - 1))
    alone, _ = both_passes(drawn, slice(row, row + 1))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one[0], other[row])


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


def call(**changes):
    """Return the arguments of a good native pass of an LSTM, with some of them changed."""
    z = np.zeros
    arguments = {
        "cell": 1, "phi": 6, "sigma": 8, "threads": 1, "backwards": False, "zero_output": False,
        "sequences": True, "record": True, "checkpoint": 0, "x": z((2, 3, 4)), "kernel": z((4, 20)),
        "recurrent": z((5, 20)), "bias": z(20), "vectors": (), "streams": (),
        "start": (z((2, 5)), z((2, 5))), "mask": None, "reset": None, "reset_state": (),
        "input_drop": (), "recurrent_drop": (), "outputs": z((2, 3, 5)),
        "final": (z((2, 5)), z((2, 5))),
    }  # fmt: skip
    return list({**arguments, **changes}.values())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cell": 99}, "there is no such cell"),
        ({"vectors": (np.zeros(5),)}, "other weights or streams"),
        ({"streams": (None,)}, "other weights or streams"),
        ({"recurrent": None}, "other weights or streams"),
        ({"reset": np.ones((3, 2, 1), bool)[:2]}, "`reset` has the wrong dtype, size or strides"),
        ({"reset_state": (np.zeros(5),)}, "the number of states is wrong"),
        ({"x": np.zeros((2, 3))}, "`x` has the wrong number of axes"),
        ({"x": np.zeros((2, 3, 8))[:, :, ::2]}, "`x` is no contiguous array"),
        ({"x": np.zeros((2, 3, 4), "int64")}, "of float32 or float64"),
        ({"x": np.zeros((2, 0, 4))}, "there must be timesteps"),
        ({"kernel": np.zeros((4, 21))}, "`kernel` has the wrong dtype, size or strides"),
        ({"kernel": np.zeros((4, 20), "float32")}, "`kernel` has the wrong dtype"),
        (
            {"recurrent": np.zeros((5, 20))[:, ::-1]},
            "`recurrent` has the wrong dtype, size or strides",
        ),
        ({"bias": np.zeros(19)}, "`bias` has the wrong dtype, size or strides"),
        ({"mask": np.ones((2, 2), bool)}, "`mask` has the wrong dtype, size or strides"),
        ({"mask": np.ones((2, 3))}, "`mask` has the wrong dtype, size or strides"),
        ({"input_drop": (np.ones((2, 4)),) * 2}, "as many dropout masks as gates"),
        ({"recurrent_drop": (np.ones((2, 5)),)}, "as many dropout masks as gates"),
        ({"start": (np.zeros((2, 5)),)}, "the number of states is wrong"),
        ({"final": (np.zeros((2, 5)), np.zeros((2, 6)))}, "`final` has the wrong dtype"),
        ({"outputs": np.zeros((2, 5))}, "`outputs` has the wrong dtype, size or strides"),
        ({"outputs": b"no array that one may write to"}, "`outputs` has the wrong dtype"),
    ],
)
def test_a_wrong_array_is_an_error_and_never_a_crash(changes, message):
    from elman import _native

    with pytest.raises(ValueError, match=message):
        _native.Pass(*call(**changes))


def test_a_refused_gradient_leaves_the_pass_as_it_was():
    x = np.zeros((1, 2, 1), "float32")
    weights = (np.ones((1, 1), "float32"), np.ones((1, 1), "float32"), None)
    outputs, _, tape = kernels.unroll("simple_rnn", x, weights, (), activations=("tanh",))
    with pytest.raises(ValueError, match="`doutputs` has the wrong dtype"):
        kernels.backpropagate(tape, outputs.astype("float64"), ())
    kernels.backpropagate(tape, outputs, ())


def test_a_pass_is_taken_again_to_be_run_in_reverse_a_second_time():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 1)).astype("float32")
    weights = tuple(rng.normal(size=(1, 1)).astype("float32") for _ in range(2))
    outputs, _, tape = kernels.unroll("simple_rnn", x, (*weights, None), (), activations=("tanh",))
    kept = outputs.copy()
    once = kernels.backpropagate(tape, outputs, ())
    again = kernels.backpropagate(tape, outputs, ())
    np.testing.assert_array_equal(once.x, again.x)
    np.testing.assert_array_equal(once.weights[1], again.weights[1])
    np.testing.assert_array_equal(outputs, kept)


def test_an_unknown_implementation_is_an_error():
    with pytest.raises(ArgumentError, match=r"^kernels: `implementation` must be one of 'native'"):
        kernels.use("fast")


def test_the_number_of_threads_must_be_positive():
    with pytest.raises(ArgumentError, match="`threads` must be a positive integer; got 0"):
        kernels.set_num_threads(0)
