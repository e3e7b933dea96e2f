import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, normal, scramble

X, Y = normal(10, 3), normal(10, 1, seed=1)


def make(**options):
    model = Sequential([Input((3,)), layers.Dense(1, name="out", **F64)], name="s")
    model.compile("sgd", "mse", **options)
    return scramble(model)


def two_inputs():
    a, b = Input((3,), name="a"), Input((3,), name="b")
    model = Model([a, b], layers.Dense(1, **F64)(layers.Add(**F64)([a, b])), name="m")
    model.compile("sgd", "mse")
    return scramble(model)


def parts(size=4):
    return [(X[i : i + size], Y[i : i + size]) for i in range(0, 10, size)]


class Indexed:
    """Batches by index, as Keras's PyDataset has them."""

    def __init__(self, batches):
        self.batches, self.ended = batches, 0

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, i):
        return self.batches[i]

    def on_epoch_end(self):
        self.ended += 1


class Iterable:
    """Something that can be gone through as often as one likes."""

    def __iter__(self):
        return iter(parts())


def trained(x, **options):
    model = make()
    history = model.fit(x, verbose=0, **options)
    return model.get_weights()[0], history.history["loss"]


def expected(epochs=2):
    model = make()
    history = model.fit(X, Y, batch_size=4, shuffle=False, epochs=epochs, verbose=0)
    return model.get_weights()[0], history.history["loss"]


def assert_same(found, wanted):
    np.testing.assert_array_equal(found[0], wanted[0])
    assert found[1] == wanted[1]


def test_batches_may_come_from_a_generator_an_iterable_or_by_index():
    def forever():
        while True:
            yield from parts()

    assert_same(trained(forever(), steps_per_epoch=3, epochs=2), expected())
    assert_same(trained(iter(parts())), expected(epochs=1))
    assert_same(trained(Iterable(), epochs=2), expected())
    assert_same(trained(Indexed(parts()), epochs=2), expected())
    lists = ([x.tolist(), y] for x, y in parts())
    assert_same(trained(lists), expected(epochs=1))


def test_a_generator_goes_on_from_epoch_to_epoch():
    seen = []

    def counted():
        for i in range(6):
            seen.append(i)
            yield X[:2], Y[:2]

    trained(counted(), steps_per_epoch=2, epochs=3)
    assert seen == list(range(6))


def test_fewer_steps_than_an_indexed_object_has():
    model = make()
    model.fit(Indexed(parts()), steps_per_epoch=2, epochs=2, verbose=0)
    assert model.optimizer.iterations == 4


def test_an_indexed_object_is_told_of_the_end_of_each_epoch():
    batches = Indexed(parts())
    trained(batches, epochs=3)
    assert batches.ended == 3


def test_batches_may_carry_weights():
    model, other = make(), make()
    weights = np.arange(10.0)
    model.fit(((x, y, weights[:4]) for x, y in parts()[:1]), verbose=0)
    other.fit(X[:4], Y[:4], sample_weight=weights[:4], verbose=0, shuffle=False)
    np.testing.assert_array_equal(model.get_weights()[0], other.get_weights()[0])


def test_class_weights_work_with_batches_too():
    y = (Y > 0).astype(int)
    model, other = make(), make()
    model.fit(iter([(X, y)]), class_weight={0: 2.0, 1: 0.5}, verbose=0)
    other.fit(X, y, class_weight={0: 2.0, 1: 0.5}, shuffle=False, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], other.get_weights()[0])


def test_batches_for_evaluation_and_prediction():
    model = make()
    whole = model.evaluate(X, Y, batch_size=4, verbose=0)
    assert model.evaluate(iter(parts()), verbose=0) == whole
    assert model.evaluate(Indexed(parts()), verbose=0) == whole
    np.testing.assert_array_equal(
        model.predict(iter(parts()), verbose=0), model.predict(X, batch_size=4, verbose=0)
    )
    assert model.predict((x for x, _ in parts()), steps=2, verbose=0).shape == (8, 1)
    history = model.fit(X, Y, validation_data=Indexed(parts()), epochs=2, verbose=0).history
    assert len(history["val_loss"]) == 2


def test_batches_of_several_inputs():
    model = two_inputs()
    batches = [([X, X], Y), ((X, X), Y), ({"a": X, "b": X}, Y)]
    model.fit(iter(batches), verbose=0)
    assert model.optimizer.iterations == 3


def test_training_stops_with_a_warning_when_a_generator_ends_early():
    model = make()
    text = (
        "Sequential 's': `x` must give 2 batches in every epoch; it gave 1 in epoch 2. "
        "Training stops; set `steps_per_epoch` to what it can give."
    )
    with pytest.warns(UserWarning, match=re.escape(text)) as caught:
        history = model.fit(iter(parts()), steps_per_epoch=2, epochs=5, verbose=0)
    assert caught[0].filename == __file__
    assert (history.epoch, model.optimizer.iterations) == ([0, 1], 3)
    text = "`x` must give some batches in every epoch; it gave 0 in epoch 2. Training stops;"
    with pytest.warns(UserWarning, match=re.escape(text)):
        assert make().fit(iter(parts()), epochs=5, verbose=0).epoch == [0]


class Table:
    """Knows how to become an array, as a data frame does, and is no array."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype=dtype)

    def __len__(self):
        return len(self.array)

    def __getitem__(self, key):
        raise KeyError(key)


def test_tables_are_data_and_no_streams():
    model, other = make(), make()
    weights = np.arange(10.0)
    model.fit(Table(X), Table(Y), sample_weight=Table(weights), shuffle=False, verbose=0)
    other.fit(X, Y, sample_weight=weights, shuffle=False, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], other.get_weights()[0])


def nested():
    x = Input((3,))
    first, second, third = (layers.Dense(1, name=name, **F64)(x) for name in "qrp")
    return x, first, second, third


def losses(model, y, **options):
    model.compile("sgd", "mse")
    scramble(model)
    return model.fit(X, y, verbose=0, shuffle=False, **options).history["loss"]


def test_targets_and_weights_come_in_the_structure_of_the_outputs():
    x, p, q, r = nested()
    a, b, c = Y, 2 * Y, 3 * Y
    weights = np.arange(10.0)
    flat = Model(x, [p, q, r])
    wanted = losses(flat, [a, b, c], sample_weight=[weights, None, weights])
    by_name = {"q": weights, "p": weights}
    assert losses(flat, {"q": a, "r": b, "p": c}, sample_weight=by_name) == wanted
    deep = Model(x, {"one": [p, q], "two": r})
    given = {"one": [weights, None], "two": weights}
    assert losses(deep, {"one": [a, b], "two": c}, sample_weight=given) == wanted
    assert losses(Model(x, [[p, q], r]), [[a, b], c], sample_weight=[[weights, None], weights])
    assert losses(deep, [a, b, c], sample_weight=weights) == losses(
        flat, [a, b, c], sample_weight=weights
    )


def test_lists_of_numbers_of_any_kind_are_arrays():
    x, p, q, _ = nested()
    model = Model(x, [p, q])
    wanted = losses(model, [Y, Y])
    for numbers in (Y[:, 0].tolist(), list(Y[:, 0]), list(Y)):
        assert losses(model, [numbers, numbers]) == wanted
    assert losses(Model(x, p), list(Y[:, 0])) == losses(Model(x, p), Y)
    one = Model(x, p)
    one.compile("sgd", "mse")
    assert one.evaluate(X[:1], [np.float64(0.5)], verbose=0) == one.evaluate(
        X[:1], [[0.5]], verbose=0
    )


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: make().fit(X, Y[:3]),
            ShapeError,
            "Sequential 's': `y` must have as many samples as `x`, 10; got 3.",
        ),
        (
            lambda: make().fit(X, 3.0),
            ShapeError,
            "Sequential 's': `y` must have as many samples as `x`, 10; got a single number.",
        ),
        (
            lambda: make().fit(X, Y, sample_weight=np.ones(9)),
            ShapeError,
            "Sequential 's': `sample_weight` must have as many samples as `x`, 10; got 9.",
        ),
        (
            lambda: make().fit(X, Y, sample_weight=np.ones((10, 4)), verbose=0),
            ShapeError,
            "MeanSquaredError: `sample_weight` must have shape (10,); got (10, 4).",
        ),
        (
            lambda: make().fit(X, np.ones((10, 2)), verbose=0),
            ShapeError,
            "`y_true` must have the shape of `y_pred`, (10, 1); got (10, 2).",
        ),
        (
            lambda: make().fit(X, np.ones((10, 30, 1)), verbose=0),
            ShapeError,
            "`y_true` must have the shape of `y_pred`, (10, 1); got (10, 30, 1).",
        ),
        (
            lambda: make().fit(X, ["a"] * 10),
            ArgumentError,
            "Sequential 's': `y` must be an array of real numbers; got list of dtype <U1.",
        ),
        (
            lambda: make().fit(None, Y),
            ArgumentError,
            "Sequential 's': `x` must be an array of real numbers; got None",
        ),
        (
            lambda: make().fit(X, [Y, Y]),
            ShapeError,
            "Sequential 's': `y` must have as many samples as `x`, 10; got 2.",
        ),
        (
            lambda: make().fit(X, {"outt": Y}),
            ArgumentError,
            "Sequential 's': `y` must be one of 'out'; got 'outt'. Did you mean 'out'?",
        ),
        (
            lambda: make().fit(iter(parts()), Y),
            ArgumentError,
            "Sequential 's': `y` must be left out where `x` gives batches; the batches are (x, y) "
            "or (x, y, sample_weight).",
        ),
        (
            lambda: make().fit(iter([(X, Y, Y[:, 0], X)])),
            ArgumentError,
            "Sequential 's': a batch must be (x, y) or (x, y, sample_weight); got 4 things.",
        ),
        (
            lambda: two_inputs().fit([X, X[:3]], Y),
            ShapeError,
            "Model 'm': `x` must have as many samples in every input; got 3 and 10.",
        ),
        (
            lambda: two_inputs().fit(X, Y),
            ShapeError,
            "Model 'm': `x` must be 2 arrays (a, b); got 1.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
