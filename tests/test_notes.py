"""Errors in code of one's own: whose it was, what it was called with, and what is missing."""

import re

import numpy as np
import pytest

import elman
from elman import callbacks, layers, metrics, ops
from elman.errors import ArgumentError, KeywordError, UnsetError

X = np.ones((4, 10, 3), "float32")


def affine(base=layers.Layer, **members):
    return type("Affine", (base,), members)


Wrong = affine(call=lambda self, x: ops.matmul(x, np.ones((4, 2), "float32")))


class Outer(layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.inner = Wrong(name="encoder")

    def call(self, x, scale=None):
        return self.inner(x)


def notes(error, call):
    with pytest.raises(error) as raised:
        call()
    return raised.value.__notes__


def test_an_error_in_a_call_has_a_note_of_layer_and_shapes():
    found = notes(ValueError, lambda: Wrong(name="encoder")(X))
    assert found == ["in Affine 'encoder', called with x of shape (4, 10, 3)"]


def test_nested_layers_are_noted_once_each():
    assert notes(ValueError, lambda: Outer(name="outer")(X, scale=2.0)) == [
        "in Affine 'encoder', called with x of shape (4, 10, 3)",
        "in Outer 'outer', called with x of shape (4, 10, 3), scale=2.0",
    ]


def test_an_error_with_zeros_of_a_chosen_size_says_so():
    found = notes(ValueError, lambda: Wrong(name="encoder")(layers.Input((10, 3))))
    assert found == [
        "in Affine 'encoder', called with x of shape (2, 10, 3)",
        "when Affine 'encoder' was tried with zeros, 2 for each axis that is None",
    ]


def test_an_error_of_elman_s_own_has_a_note_of_the_layers_around_it():
    class Around(layers.Layer):
        def call(self, x):
            return layers.LSTM(2, name="inner")(x[:, 0])

    with pytest.raises(elman.errors.ShapeError, match="LSTM 'inner': `x` must have") as raised:
        Around(name="around")(X)
    assert raised.value.__notes__ == ["in Around 'around', called with x of shape (4, 10, 3)"]


def test_an_error_in_a_build_has_a_note_of_layer_and_shape():
    Broken = affine(build=lambda self, shape: {}["q"], call=lambda self, x: x)
    found = notes(KeyError, lambda: Broken(name="encoder")(X))
    assert found == ["in the `build` of Affine 'encoder', given (4, 10, 3)"]


def test_an_error_in_a_cell_has_a_note_of_the_states_too():
    class Cell(layers.Layer):
        state_size = 2

        def call(self, x, states):
            return ops.matmul(x, np.ones((5, 2))), states

    text = "in Cell 'cell', called with x of shape (2, 3), states of shapes "
    found = notes(ValueError, lambda: layers.RNN(Cell(name="cell"))(X[:2]))
    assert found[0] == f"{text}[(2, 2)]"


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"call": lambda self, x: x * self.w}, "`self.w` must be set in `__init__` before"),
        (
            {"build": lambda self, shape: None, "call": lambda self, x: x * self.w},
            "`self.w` must be set in `build` or `__init__` before `call` reads it; it is not.",
        ),
    ],
)
def test_an_attribute_that_nobody_has_set_is_named(members, text):
    with pytest.raises(UnsetError, match=re.escape(f"Affine 'a': {text}")):
        affine(**members)(name="a")(X)
    assert issubclass(UnsetError, AttributeError)


@pytest.mark.parametrize(
    ("call", "given", "text"),
    [
        (lambda x: x, {}, "(x); got (self, x). Write `def call(self, x)`."),
        (lambda self, x, scale: x, {}, "(self, x, scale); got (x)."),
        (lambda self, x: x, {"scale": 2}, "(self, x); got (x, scale)."),
    ],
)
def test_a_call_that_takes_other_arguments_says_which(call, given, text):
    text = f"Affine 'a': `call` must be called with what it takes, {text}"
    with pytest.raises(KeywordError, match=re.escape(text)):
        affine(call=call)(name="a")(X, **given)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda self, x: None, "got None. Does it end with `return …`?"),
        (lambda x, training=False: x, "got Affine. Write `self` first among its arguments."),
    ],
)
def test_a_call_that_returns_no_array_says_why(call, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        affine(call=call)()(X)


def fit(**options):
    model = elman.Sequential([layers.Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse", metrics=options.pop("metrics", None))
    model.fit(X[:, 0], X[:, 0, :1], verbose=0, **options)


def own_metric(**members):
    update = {"update_state": lambda self, y_true, y_pred: None, "result": lambda self: 0.0}
    return type("Own", (metrics.Metric,), {**update, **members})()


@pytest.mark.parametrize(
    ("members", "error", "text"),
    [
        (
            {"update_state": lambda y_true, y_pred: None},
            KeywordError,
            "Own: `update_state` must be called with what it takes, (y_true, y_pred); got "
            "(self, y_true, y_pred). Write `def update_state(self, y_true, y_pred)`.",
        ),
        (
            {"result": lambda: 0.0},
            KeywordError,
            "Own: `result` must be called with what it takes, (); got (self). Write "
            "`def result(self)`.",
        ),
        (
            {"update_state": lambda self, y, p: self.total.assign(1)},
            UnsetError,
            "Own: `self.total` must be set in `__init__` before `update_state` reads it",
        ),
        ({"result": lambda self: self.total}, UnsetError, "Own: `self.total` must be set in"),
    ],
)
def test_a_metric_of_one_s_own_says_what_is_missing(members, error, text):
    with pytest.raises(error, match=re.escape(text)):
        fit(metrics=[own_metric(**members)])


def own_callback(**members):
    return type("Own", (callbacks.Callback,), members)()


@pytest.mark.parametrize(
    ("members", "error", "text"),
    [
        (
            {"on_epoch_end": lambda epoch, logs: None},
            KeywordError,
            "Own: `on_epoch_end` must be called with what it takes, (epoch, logs); got (self, "
            "epoch, logs). Write `def on_epoch_end(self, epoch, logs)`.",
        ),
        (
            {"on_train_batch_end": lambda self: None},
            KeywordError,
            "Own: `on_train_batch_end` must be called with what it takes, (self); got (batch, logs",
        ),
        (
            {"on_train_begin": lambda self, logs: self.best},
            UnsetError,
            "Own: `self.best` must be set in `__init__` before `on_train_begin` reads it",
        ),
    ],
)
def test_a_callback_of_one_s_own_says_what_is_missing(members, error, text):
    with pytest.raises(error, match=re.escape(text)):
        fit(callbacks=[own_callback(**members)])


@pytest.mark.parametrize("event", ["on_epoch_end", "on_train_batch_end"])
def test_an_error_in_a_callback_or_metric_has_a_note_of_whose_it_is(event):
    wrong = own_callback(**{event: lambda self, number, logs: logs["nope"]})
    assert notes(KeyError, lambda: fit(callbacks=[wrong])) == [f"in `{event}` of Own"]
    wrong = own_metric(result=lambda self: {}["q"])
    assert notes(KeyError, lambda: fit(metrics=[wrong])) == ["in `result` of Own"]
