import numpy as np
import pytest

from elman import ops
from elman.errors import ArgumentError
from elman.gradient_tape import GradientTape, unboxed
from tests.gradcheck import assert_gradient

X = np.linspace(0.3, 1.4, 8).reshape(4, 2)


def scanned(x):
    """Return what an exponential mean and its steps sum up to."""
    last, steps = ops.scan(lambda c, v: (0.5 * c + v, {"y": c * v}), ops.zeros(2, "float64"), x)
    return ops.sum(last) + ops.sum(ops.square(steps["y"]))


@pytest.mark.parametrize(
    "f",
    [
        scanned,
        lambda x: ops.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * v), (0, x))[1].sum(),
        lambda x: ops.sum(ops.fori_loop(0, 3, lambda i, v: v * x + i, x)),
        lambda x: ops.sum(ops.square(ops.map(lambda v: ops.tanh(v) * v, x))),
        lambda x: ops.sum(ops.square(ops.vectorized_map(ops.sum, x))),
        lambda x: ops.sum(ops.square(ops.associative_scan(ops.multiply, x))),
        lambda x: ops.sum(ops.square(ops.associative_scan(ops.multiply, x, reverse=True, axis=1))),
        lambda x: ops.sum(ops.cond(ops.sum(x) > 0, lambda: x * x, lambda: x)),
        lambda x: ops.sum(ops.switch(1, [lambda v: v, lambda v: v * v * v], x)),
    ],
)  # fmt: skip
def test_gradients_flow_through_loops_and_branches(f):
    with GradientTape() as tape:
        x = tape.watch(X)
        y = f(x)
    assert_gradient(lambda a: float(f(a)), X.copy(), tape.gradient(y, x))
    assert float(unboxed(y)) == pytest.approx(float(f(X)))


def test_scan_goes_backwards_and_without_arrays():
    carry, ys = ops.scan(lambda c, x: (c + x, c), 0, np.array([1, 2, 3]), reverse=True)
    assert (carry, ys.tolist()) == (6, [5, 3, 0])
    carry, ys = ops.scan(lambda c, _: (c * 2, None), 1, length=5)
    assert (carry, ys) == (32, None)


def test_associative_scan_is_the_running_product():
    np.testing.assert_allclose(ops.associative_scan(ops.multiply, X), np.cumprod(X, 0))
    found = ops.associative_scan(lambda a, b: (a[0] + b[0], a[1] * b[1]), (X, X))
    np.testing.assert_allclose(found[0], np.cumsum(X, 0))
    np.testing.assert_allclose(found[1], np.cumprod(X, 0))


def test_a_loop_stops_after_so_many_iterations():
    assert ops.while_loop(lambda i: True, lambda i: i + 1, 0, maximum_iterations=7) == 7
    assert ops.while_loop(lambda i: False, lambda i: i + 1, [3]) == [3]


def test_a_custom_gradient_is_used():
    @ops.custom_gradient
    def f(x, y):
        return x * y, lambda upstream: (upstream * 10, upstream * 20)

    with GradientTape() as tape:
        x, y = tape.watch(np.array(2.0)), tape.watch(np.array(3.0))
        z = f(x, y)
    assert [float(g) for g in tape.gradient(z, [x, y])] == [10.0, 20.0]
    assert float(f(2.0, 3.0)) == 6.0


@pytest.mark.parametrize(
    ("attempt", "got"),
    [
        (lambda: ops.scan(lambda c, x: (c, x), 0), "got none"),
        (lambda: ops.scan(lambda c, x: (c, x), 0, np.ones(2), length=3), "got 2 and 3"),
    ],
)
def test_a_scan_needs_one_length(attempt, got):
    with pytest.raises(ArgumentError, match=f"scan: `xs` must be of one length.*{got}"):
        attempt()
