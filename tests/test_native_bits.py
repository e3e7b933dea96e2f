"""The compiled kernels give the same bits on any threads, in any batch, with any instructions."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elman import kernels
from elman.cells import CELLS, has_recurrent_kernel, streams_of, vectors_of
from tests.implementations import COMPILED, WITH_FMA
from tests.native_passes import both_passes, drops, everything, gated, problem

pytest.importorskip("elman._native")
pytestmark = pytest.mark.usefixtures("compiled")


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
