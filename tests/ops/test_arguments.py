"""What a function of `elman.ops` does with weights, lists, boxes of a tape, and wrong names."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elman import activations, layers, ops
from elman.gradient_tape import GradientTape, boxed, unboxed
from tests.gradcheck import assert_gradient

X = np.linspace(-1.7, 2.1, 6).reshape(2, 3)


def built(units=2):
    layer = layers.Dense(units)
    layer.build((None, 3))
    return layer


def test_arrays_alone_need_no_autograd():
    code = (
        "import sys, numpy as np, elman; assert 'elman.ops' not in sys.modules\n"
        "x = np.ones((2, 3)); elman.ops.softmax(elman.ops.matmul(x, elman.ops.ones((3, 2))))\n"
        "elman.ops.concatenate([x, x]); elman.random.normal((2,))\n"
        "print('autograd' in sys.modules)"
    )
    run = [sys.executable, "-W", "error", "-c", code]
    assert subprocess.run(run, check=True, capture_output=True, text=True).stdout == "False\n"


def test_a_weight_is_read_and_has_its_gradient_under_a_tape():
    layer = built()
    with GradientTape() as tape:
        y = ops.sum(ops.square(ops.matmul(ops.convert_to_tensor(X, "float32"), layer.kernel)))
    found = tape.gradient(y, layer.kernel)
    kernel = layer.kernel.array
    np.testing.assert_allclose(found, 2 * X.T @ (X @ kernel), rtol=1e-5, atol=1e-6)
    assert type(ops.tanh(layer.kernel)) is np.ndarray  # without a tape
    assert ops.stack([layer.bias, layer.bias]).shape == (2, 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ops.sum(x=x, axis=1),
        lambda x: ops.where(condition=X > 0, x1=x, x2=0.0),
        lambda x: ops.concatenate(xs=[x, x * 2], axis=1),
        lambda x: ops.sum([x, x]),
        lambda x: ops.clip(0.5, x_min=x, x_max=3.0),
        lambda x: ops.einsum("ij,kj->ik", x, X),
    ],
)
def test_arguments_may_be_given_by_name_and_in_lists(call):
    with GradientTape() as tape:
        x = tape.watch(X)
        y = call(x)
        total = ops.sum(y * y)
    np.testing.assert_array_equal(unboxed(y), call(X))
    assert_gradient(lambda a: float((call(a) ** 2).sum()), X.copy(), tape.gradient(total, x))


@pytest.mark.parametrize(
    "values", [[1.0, 2.0], (1.0, 2.5), [[1.0], [2.0]], 1.5, [1, 2], np.array([1, 2])]
)
def test_numbers_of_python_become_float32(values):
    for f in (ops.exp, ops.sigmoid, ops.gelu, ops.relu6, ops.softplus, ops.mean):
        assert np.asarray(f(values)).dtype == ("int64" if f is ops.relu6 and (
            np.asarray(values).dtype.kind == "i") else "float32")  # fmt: skip


def test_float64_stays_and_integers_do_not_widen_float32():
    x = X.astype("float32")
    assert ops.exp(X).dtype == ops.add(x, X).dtype == np.float64
    assert ops.concatenate([x, X]).dtype == np.float64
    assert ops.multiply(x, ops.arange(3)).dtype == np.float32
    assert ops.multiply(x, 2.0).dtype == ops.power(x, 2).dtype == np.float32
    assert ops.zeros(2, "float64").dtype == ops.cast(x, "float64").dtype == np.float64


def test_a_gradient_is_of_the_dtype_of_what_it_belongs_to_though_float64_came_in_between():
    layer = built()
    with GradientTape() as tape:
        x = tape.watch(X.astype("float32"))
        y = ops.sum(layer(x) * np.arange(2) + ops.cast(x, "float64")[:, :2])
    assert unboxed(y).dtype == np.float64
    assert [g.dtype.name for g in tape.gradient(y, [x, layer.kernel])] == ["float32", "float32"]


@pytest.mark.parametrize(
    "f",
    [
        ops.tanh, ops.sigmoid, ops.softmax, ops.softplus, ops.silu, ops.elu, ops.gelu, ops.square,
        lambda x: ops.clip(x, -1.0, 1.0) ** 2, lambda x: ops.take(x, [0, 2, 0], axis=1) ** 2,
        lambda x: ops.max(x, axis=1) ** 2, lambda x: ops.var(x, axis=1), ops.logsumexp, ops.prod,
        lambda x: ops.cumsum(x, axis=1) ** 2, lambda x: ops.sort(x, axis=1) ** 2,
        lambda x: ops.where(x > 0, x * x, x), lambda x: ops.repeat(x, 2, axis=1) ** 2,
        lambda x: ops.cumprod(x, axis=1), lambda x: ops.normalize(x), lambda x: ops.tile(x, 2) ** 2,
    ],
)  # fmt: skip
def test_gradients_have_gradients(f):
    coefficients = np.arange(1.0, 7.0).reshape(2, 3)

    def slope(x):
        with GradientTape() as tape:
            box = tape.watch(x)
            y = ops.sum(f(box))
        return ops.sum(ops.multiply(tape.gradient(y, box), coefficients))

    with GradientTape() as outer:
        x = outer.watch(X)
        total = slope(x)
    found = outer.gradient(total, x)
    analytic = np.zeros_like(X) if found is None else found
    assert_gradient(lambda a: float(slope(a)), X.copy(), analytic, tolerance=1e-6)


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_activations_take_what_a_tape_watches(name):
    f, _ = activations.ACTIVATIONS[name]
    with GradientTape() as tape:
        x = tape.watch(X)
        y = f(x)
        total = ops.sum(y * np.arange(6.0).reshape(2, 3))
    assert boxed(y)
    np.testing.assert_array_equal(unboxed(y), f(X))
    found = tape.gradient(total, x)
    assert_gradient(lambda a: float((f(a) * np.arange(6.0).reshape(2, 3)).sum()), X.copy(), found)


def test_activations_without_options_are_the_same_functions():
    for name in ("relu", "tanh", "sigmoid", "softmax", "silu", "selu", "hard_sigmoid"):
        assert getattr(ops, name) is getattr(activations, name)
    assert layers.Dense(2, activation=ops.tanh).activation is activations.tanh


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sigmod", "no attribute 'sigmod'. Did you mean 'sigmoid'?"),
        ("conv", "Keras has it, elman does not. Write it with"),
        ("_private", "no attribute '_private'"),
    ],
)
def test_unknown_names_say_what_was_meant(name, text):
    with pytest.raises(AttributeError) as error:
        getattr(ops, name)
    assert text in str(error.value)


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.data())
def test_axes_may_be_any(shape, data):
    x = np.random.default_rng(0).normal(size=shape)
    axis = data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1).map(sorted))
    axes = [i - len(shape) * data.draw(st.booleans()) for i in axis]
    keepdims = data.draw(st.booleans())
    order = data.draw(st.permutations(range(len(shape))))
    weight = np.random.default_rng(1).normal(size=np.transpose(x, order).shape)
    for f in (ops.sum, ops.mean, ops.var, ops.max, ops.prod, ops.logsumexp):

        def total(a, f=f):
            y = ops.square(f(a, axis=axes, keepdims=keepdims))
            return ops.sum(y) + ops.sum(ops.multiply(ops.transpose(a, order), weight))

        with GradientTape() as tape:
            box = tape.watch(x)
            end = total(box)
        assert_gradient(lambda a, g=total: float(g(a)), x.copy(), tape.gradient(end, box))
