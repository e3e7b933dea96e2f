"""GradientTape: what is recorded, what is asked of it, and that nothing stays behind."""

import re
import threading

import numpy as np
import pytest

import elman
from elman import GradientTape, layers, losses, ops
from elman.errors import ArgumentError, UnsupportedError
from elman.gradient_tape import active, boxed, gradient_of, paused, record, unboxed, unboxing
from elman.parameters import Weight
from tests.gradcheck import assert_gradient
from tests.own_layers import Affine, random

F64 = {"dtype": "float64"}
X = random(2, 3, 4)


def weight(*numbers, **options):
    return Weight(np.array(numbers, float), name="w", path="w", **options)


# ---------------------------------------------------------------------- sources and targets


def test_gradients_come_in_the_structure_of_the_sources():
    w = weight(1.0, 2.0)
    with GradientTape() as tape:
        x = tape.watch(np.array([3.0, 4.0]))
        loss = ops.sum(w * x)
    found = tape.gradient(loss, {"w": w, "rest": [x, (w,)]})
    np.testing.assert_array_equal(found["w"], [3.0, 4.0])
    np.testing.assert_array_equal(found["rest"][0], [1.0, 2.0])
    np.testing.assert_array_equal(found["rest"][1][0], [3.0, 4.0])
    np.testing.assert_array_equal(tape.gradient(loss, w), [3.0, 4.0])


def test_several_targets_count_as_their_sum():
    w = weight(2.0)
    with GradientTape() as tape:
        a, b = w**2, {"c": 3 * w, "d": ops.exp(w)}
    together = tape.gradient([a, b], w)
    apart = [tape.gradient(target, w) for target in (a, b["c"], b["d"])]
    np.testing.assert_allclose(together, sum(apart))


def test_gradients_of_the_targets_may_be_given():
    w = weight(1.0, 2.0)
    with GradientTape() as tape:
        y, z = w * w, 5.0 * w
    given = [np.array([1.0, 10.0]), np.array([0.0, 1.0])]
    np.testing.assert_allclose(tape.gradient([y, z], w, given), [2.0, 45.0])


def test_what_the_target_does_not_depend_on_has_none_or_zeros():
    w, other, still = weight(1.0), weight(2.0, 3.0), weight(1.0, trainable=False)
    with GradientTape() as tape:
        x = tape.watch(np.ones(2))
        loss = ops.sum(w * still)
    assert tape.gradient(loss, [other, still, x]) == [None, None, None]
    zeros = tape.gradient(loss, [other, x], unconnected_gradients="zero")
    np.testing.assert_array_equal(zeros, np.zeros((2, 2)))
    assert tape.gradient(3.0, w) is None


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_gradient_has_the_dtype_of_its_source(dtype):
    layer = layers.Dense(2, dtype=dtype)
    x = np.ones((1, 3), dtype)
    layer(x)
    with GradientTape() as tape:
        box = tape.watch(x)
        loss = ops.sum(layer(box)) * np.float64(2.0)
    assert {g.dtype.name for g in tape.gradient(loss, [box, *layer.weights])} == {dtype}


def test_a_tape_may_be_asked_more_than_once():
    model = elman.Sequential(
        [elman.Input((3, 4), **F64), layers.LSTM(2, **F64), layers.Dense(2, **F64)]
    )
    for _ in range(3):  # at first node by node, then bound
        with GradientTape() as tape:
            a, b = ops.sum(ops.sin(model(X))), ops.sum(model(2 * X) ** 2)
        apart = zip(tape.gradient(a, model.weights), tape.gradient(b, model.weights), strict=True)
        together = tape.gradient([a, b], model.weights)
        for (da, db), both in zip(apart, together, strict=True):
            np.testing.assert_allclose(da + db, both)


def test_a_model_that_is_called_twice_has_the_sum_of_the_gradients():
    model = elman.Sequential([elman.Input((3, 4), **F64), layers.GRU(2, **F64)])

    def loss(_=None):
        return ops.sum(model(X) * ops.tanh(model(X[:, ::-1])))

    for _ in range(2):
        with GradientTape() as tape:
            total = loss()
        for w, found in zip(model.weights, tape.gradient(total, model.weights), strict=True):
            assert_gradient(lambda _: float(loss()), w.array, found)


@pytest.mark.parametrize("make", [lambda: layers.LSTM(2, **F64), lambda: Affine(2, **F64)])
def test_weights_may_be_assigned_to_before_the_way_back(make):
    layer = make()
    layer(X)
    with GradientTape() as tape:
        total = ops.sum(ops.sin(layer(X)))
    before = tape.gradient(total, layer.weights)
    layer.weights[0].assign(layer.weights[0].numpy() * 2.0)
    kept = layer.weights[0].numpy()
    for one, other in zip(before, tape.gradient(total, layer.weights), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(layer.weights[0].numpy(), kept)


def test_weights_may_be_assigned_to_while_the_tape_is_open():
    w = weight(2.0)
    with GradientTape() as tape:
        first = w**2
        w.assign_add([1.0])
        second = w**3
    np.testing.assert_allclose(tape.gradient(first, w), [4.0])
    np.testing.assert_allclose(tape.gradient(second, w), [27.0])
    with GradientTape():
        w.assign(w * w)  # the numbers of what is watched
        w.assign_sub(w * 0.5)
    np.testing.assert_allclose(w.numpy(), [4.5])


# ---------------------------------------------------------------------- several tapes


def test_a_tape_inside_another_gives_second_derivatives():
    x = random(3)
    with GradientTape() as outer:
        a = outer.watch(x)
        with GradientTape() as inner:
            b = inner.watch(a)
            y = ops.sum(b**3) + ops.sum(a)
        slope = inner.gradient(y, b)
        total = ops.sum(slope * slope)
    np.testing.assert_allclose(unboxed(slope), 3 * x**2)
    np.testing.assert_allclose(outer.gradient(total, a), 36 * x**3)
    np.testing.assert_allclose(outer.gradient(y, a), 3 * x**2 + 1)


def test_a_penalty_of_the_gradient_is_trained_by_its_gradient():
    layer = Affine(2, **F64)
    x = random(3, 4)
    layer(x)

    def penalty(_=None):
        with GradientTape() as inner:
            box = inner.watch(x)
            y = ops.sum(layer(box))
        return ops.sum(inner.gradient(y, box) ** 2)

    with GradientTape() as outer:
        total = penalty()
    assert_gradient(
        lambda _: float(unboxed(penalty())), layer.w.array, outer.gradient(total, layer.w)
    )


def test_a_second_derivative_by_hand_is_an_error_only_if_it_is_asked_for():
    layer = layers.Dense(2, **F64)
    layer(X)
    with GradientTape() as outer:
        with GradientTape() as inner:
            box = inner.watch(X)
            y = ops.sum(layer(box) ** 2)
        slope = inner.gradient(y, box)
        total = ops.sum(slope)
    assert np.shape(unboxed(slope)) == X.shape
    text = (
        "GradientTape: what a second derivative is asked of must be computed by `elman.ops`; got "
        "Dense 'dense"
    )
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        outer.gradient(total, layer.weights)


def test_two_tapes_may_be_open_at_once_and_be_asked_afterwards():
    a, b = layers.Dense(2, **F64), layers.Dense(1, **F64)
    b(a(X))
    with GradientTape() as one, GradientTape() as two:
        y = b(a(X))
        first, second = ops.sum(y**2), ops.sum(ops.abs(y))
    da, db = one.gradient(first, a.weights), two.gradient(second, b.weights)
    with GradientTape() as alone:
        y = b(a(X))
        first, second = ops.sum(y**2), ops.sum(ops.abs(y))
    for found, expected in zip(
        [*da, *db],
        [*alone.gradient(first, a.weights), *alone.gradient(second, b.weights)],
        strict=True,
    ):
        np.testing.assert_allclose(unboxed(found), expected)


def test_threads_have_tapes_of_their_own():
    start, found = threading.Barrier(4), {}

    def work(i):
        layer, x = Affine(2, **F64), random(5, 3, seed=i)
        layer(x)
        start.wait()
        for _ in range(20):
            with GradientTape() as tape:
                loss = ops.sum(layer(x) ** 2)
            got = tape.gradient(loss, layer.w)
            with GradientTape() as tape:
                again = tape.gradient(ops.sum(layer(x) ** 2), layer.w)
            found.setdefault(i, []).append(bool(np.array_equal(got, again)))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {i: [True] * 20 for i in range(4)}


def test_a_tape_that_dies_by_an_exception_leaves_nothing_behind():
    w = weight(1.0)
    with pytest.raises(ZeroDivisionError), GradientTape():
        raise ZeroDivisionError(w * 2.0)
    assert active() is None
    assert type(w * 2.0) is np.ndarray
    with GradientTape() as tape:
        y = w * 3.0
    np.testing.assert_array_equal(tape.gradient(y, w), [3.0])


def test_nothing_is_recorded_meanwhile_when_a_tape_is_paused():
    w = weight(2.0)
    with GradientTape() as tape:
        with paused():
            still = w * w
        y = w * still
    assert not boxed(still)
    np.testing.assert_array_equal(tape.gradient(y, w), [4.0])


# ---------------------------------------------------------------------- parts


def test_a_weight_is_an_array_where_no_tape_is_open_and_a_box_where_one_is():
    w = weight(4.0, 9.0)
    assert type(w.read) is np.ndarray
    assert np.sqrt(w).tolist() == [2.0, 3.0]
    with GradientTape():
        assert boxed(w.read)
        assert w.shape == (2,)
        assert len(w) == 2
        assert w.ndim == 1
        text = (
            "Weight 'w': a weight must be computed with by `elman.ops` (or alone with arrays by +, "
            "-, *, /, @) for a gradient to follow; got a function of NumPy's"
        )
        with pytest.raises(ArgumentError, match=re.escape(text)):
            np.asarray(w)


@pytest.mark.parametrize(
    "function",
    [
        lambda w, x: w + x, lambda w, x: x + w, lambda w, x: w - x, lambda w, x: x - w,
        lambda w, x: w * x, lambda w, x: x * w, lambda w, x: w / x, lambda w, x: x / w,
        lambda w, x: w**2 + x, lambda w, x: w[0] * x, lambda w, x: -w + x, lambda w, x: w @ x,
        lambda w, x: x @ w, lambda w, x: w * w + x, lambda w, x: ops.where(w > x, w, x),
    ],
)  # fmt: skip
def test_operators_of_weights_have_gradients(function):
    w, x = weight(0.3, 0.7, -0.4), np.array([1.1, 0.2, -0.8])
    with GradientTape() as tape:
        total = ops.sum(function(w, x))
    assert_gradient(lambda _: float(np.sum(function(w, x))), w.array, tape.gradient(total, w))


def test_gradient_of_a_function():
    x = random(3)
    np.testing.assert_allclose(gradient_of(lambda v: ops.sum(ops.exp(v)), x), np.exp(x))
    np.testing.assert_array_equal(gradient_of(lambda v: 3.0, x), np.zeros(3))


def test_an_operation_is_one_entry_with_its_gradient_by_hand():
    class Cube:
        def forward(self, x, y):
            self.x = x
            return x**3, np.zeros(2)

        def backward(self, doutputs):
            return [3 * self.x**2 * doutputs[0], None]

    x = random(4)
    with GradientTape() as tape:
        a, b = tape.watch(x), tape.watch(x)
        loss = ops.sum(record(Cube(), a, b)[0])
    da, db = tape.gradient(loss, [a, b])
    np.testing.assert_allclose(da, 3 * x**2)
    np.testing.assert_array_equal(db, np.zeros(4))
    np.testing.assert_array_equal(record(Cube(), x, x)[0], x**3)


def test_functions_may_take_things_out_of_their_boxes():
    with GradientTape() as tape:
        x = tape.watch(np.ones(2))
        assert type(unboxing(lambda a, b=None: b)(x, b=x)) is np.ndarray
        metric = elman.metrics.Mean()
        metric.update_state(x)
    assert metric.result() == 1.0


def test_losses_are_entries_of_a_tape():
    y, p, c = random(3, 4), random(3, 4, seed=1), random(3, seed=2)
    for reduction in ("sum_over_batch_size", "none"):
        loss = losses.MeanSquaredError(reduction=reduction)

        def total(p, loss=loss):
            return ops.sum(loss(y, p, sample_weight=np.abs(c)) * c)

        with GradientTape() as tape:
            box = tape.watch(p)
            found = total(box)
        assert_gradient(lambda p, f=total: float(f(p)), p, tape.gradient(found, box))


# ---------------------------------------------------------------------- errors


def opened(function):
    with GradientTape() as tape:
        return function(tape)


def twice(tape):
    with tape:
        pass


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (lambda: opened(lambda t: t.watch(np.array([1, 2]))),
         "GradientTape: `x` must be an array of floats to be watched; got array([1, 2])."),
        (lambda: opened(lambda t: t.watch("a")), "must be an array of floats to be watched"),
        (lambda: GradientTape().watch(np.ones(2)),
         "GradientTape: a tape must be open to watch an array. Write `with` before it."),
        (lambda: opened(twice), "GradientTape: a tape must be opened once; got it a second time."),
        (lambda: opened(lambda t: t.gradient(1.0, np.ones(2))),
         "GradientTape: `sources` must be weights, or what `tape.watch(x)` returned; got ndarray. "
         "Compute with `x = tape.watch(x)`."),
        (lambda: opened(lambda t: t.gradient(1.0, opened(lambda u: u.watch(np.ones(2))))),
         "got what another tape watches."),
        (lambda: opened(lambda t: t.gradient(1.0, [], unconnected_gradients="nil")),
         "GradientTape: `unconnected_gradients` must be one of 'none', 'zero'; got 'nil'."),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()
