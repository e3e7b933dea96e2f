"""Every function of `elman.ops`: its value against Keras's, its gradient against differences."""

from pathlib import Path

import numpy as np
import pytest

from elman import ops
from elman.gradient_tape import GradientTape, unboxed
from tests.golden.ops_cases import CONSTANT, DIFFERENTIABLE, inputs, used, value
from tests.gradcheck import assert_gradient
from tests.tolerances import FLOAT32, KERAS_OPS

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "ops.npz")
# float32 with 64 bits in Keras's default: integers are int32 there, and NumPy's int64 here
WHOLE = {"i", "rows", "t", "n", "yes"}


@pytest.mark.parametrize("case", [*DIFFERENTIABLE, *CONSTANT])
def test_values_and_kinds_are_those_of_keras(case):
    found, expected = np.asarray(value(case, ops, inputs())), GOLDEN[case]
    assert found.shape == expected.shape
    assert found.dtype.kind == expected.dtype.kind
    if found.dtype.kind == "f":
        assert found.dtype == expected.dtype
    scale = max(1, float(np.abs(expected.astype("float64")).max(initial=0)))
    np.testing.assert_allclose(found, expected, rtol=KERAS_OPS, atol=KERAS_OPS * scale)


def weighted(case, arrays):
    """Return the sum of an expression times numbers that are all different."""
    y = value(case, ops, arrays)
    return ops.sum(ops.multiply(y, np.cos(np.arange(float(np.size(unboxed(y))))).reshape(y.shape)))


def gradients(case, arrays):
    names = [name for name in used(case, arrays) if name not in WHOLE]
    with GradientTape() as tape:
        boxes = {name: tape.watch(arrays[name]) for name in names}
        loss = weighted(case, {**arrays, **boxes})
    return {name: tape.gradient(loss, box) for name, box in boxes.items()}


@pytest.mark.parametrize("case", DIFFERENTIABLE)
def test_gradients_are_those_of_central_differences(case):
    arrays = {k: v.astype("float64") if v.dtype == "float32" else v for k, v in inputs().items()}
    if case in ("stop_gradient(x)", "cast(x, 'float32')"):
        pytest.skip("no gradient, or one of float32")
    for name, found in gradients(case, arrays).items():

        def f(x, name=name):
            return float(weighted(case, {**arrays, name: x}))

        if case.startswith("cholesky"):  # reads one triangle: symmetric inputs alone count
            found = found + found.swapaxes(-1, -2)
            f = symmetric(case, arrays, name)
        analytic = np.zeros_like(arrays[name]) if found is None else found
        assert_gradient(f, arrays[name].copy(), analytic)


def symmetric(case, arrays, name):
    base = arrays[name].copy()

    def f(x):
        d = x - base
        return float(weighted(case, {**arrays, name: base + d + d.swapaxes(-1, -2)}))

    return f


@pytest.mark.parametrize("case", DIFFERENTIABLE)
def test_values_and_gradients_of_float32_are_float32(case):
    arrays = inputs()
    with GradientTape() as tape:
        boxes = {name: tape.watch(x) if name not in WHOLE else x for name, x in arrays.items()}
        y = value(case, ops, boxes)
        loss = ops.sum(ops.square(y))
    assert np.asarray(unboxed(y)).dtype == np.float32
    plain = np.asarray(value(case, ops, arrays))
    np.testing.assert_allclose(unboxed(y), plain, rtol=FLOAT32, atol=FLOAT32)
    for name in used(case, arrays):
        if name not in WHOLE:
            found = tape.gradient(loss, boxes[name])
            assert found is None or (found.dtype, found.shape) == ("float32", arrays[name].shape)


@pytest.mark.parametrize("case", [case for case in CONSTANT if "x" in used(case, inputs())])
def test_what_has_no_gradient_takes_what_a_tape_watches(case):
    arrays = inputs()
    with GradientTape() as tape:
        x = tape.watch(arrays["x"])
        found = value(case, ops, {**arrays, "x": x})
    np.testing.assert_array_equal(unboxed(found), value(case, ops, arrays))
    assert tape.gradient(found, x) is None
