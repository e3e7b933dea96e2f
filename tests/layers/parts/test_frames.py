import re
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest

from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, MissingDependencyError, ShapeError
from elman.layers.parts import frames
from tests.layers.checks import normal

X, Y = normal(10, 3).astype("float32"), normal(10, 1, seed=1).astype("float32")
FRAME = pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
SERIES = pytest.mark.parametrize("series", [pd.Series, pl.Series])


def read(frame):
    return frames.as_array("Model 'm'", "x", frame)


def make():
    model = Sequential([Input((3,)), layers.Dense(1, kernel_initializer="ones", name="out")])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def trained(x, y, weights=None, **options):
    model = make()
    history = model.fit(x, y, sample_weight=weights, shuffle=False, verbose=0, **options).history
    return history | {"kernel": model.get_weights()[0].tolist()}


@FRAME
def test_a_model_trains_on_frames_as_on_their_arrays(frame):
    series = pd.Series if frame is pd.DataFrame else pl.Series
    weights = np.arange(10.0)
    wanted = trained(X, Y, weights, validation_data=(X, Y))
    x, y = frame(dict(zip("abc", X.T, strict=True))), frame({"y": Y[:, 0]})
    assert trained(x, y, series(weights), validation_data=(x, y)) == wanted
    assert trained(x, series(Y[:, 0]), series(weights), validation_data=(x, y)) == wanted
    np.testing.assert_array_equal(make().predict(x, verbose=0), make().predict(X, verbose=0))
    assert trained(iter([(x, y)]), None) == trained(X, Y)
    assert trained([x], [y]) == trained(X, Y)


@FRAME
def test_the_dtypes_of_columns_meet_as_numpy_s_do(frame):
    def dtype(*names):
        return read(frame({str(i): np.array([1, 0], n) for i, n in enumerate(names)})).dtype

    assert dtype("float32", "float32") == np.float32
    assert dtype("float32", "float64") == np.float64
    assert dtype("int64", "float32") == np.float64
    assert dtype("int32") == np.int32
    assert dtype("bool", "int8") == np.int8
    assert read(frame({})).shape == (0, 0)


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame({"a": [1, None], "b": [True, None], "c": [1.5, None]}),
        pd.DataFrame(
            {
                "a": pd.array([1, None], dtype="Int64"),
                "b": pd.array([True, None], dtype="boolean"),
                "c": [1.5, None],
            }
        ),
    ],
)
def test_nulls_become_nan(frame):
    np.testing.assert_array_equal(read(frame), [[1.0, 1.0, 1.5], [np.nan] * 3])
    assert read(frame[["c"]]).dtype == np.float64
    with pytest.raises(ArgumentError, match=re.escape('`x` must hold no NaN where `nan` is "err')):
        make().fit(frame, frame[["c"]], nan="error", verbose=0)


@SERIES
def test_a_series_is_a_column_where_an_input_has_one(series):
    model = Sequential([Input((1,)), layers.Dense(1)])
    found = model.predict(series(X[:, 0]), verbose=0)
    np.testing.assert_array_equal(found, model.predict(X[:, :1], verbose=0))
    ids = Sequential([Input(()), layers.Embedding(3, 2)])
    assert ids.predict(series([0, 2]), verbose=0).shape == (2, 2)


def test_frames_are_fed_by_name_to_several_inputs():
    a, b = Input((3,), name="a"), Input((1,), name="b")
    outputs = [
        layers.Dense(1, name="p")(a),
        layers.Dense(1, name="q")(layers.Concatenate()([a, b])),
    ]
    model = Model([a, b], outputs)
    x = {"a": pd.DataFrame(X), "b": pl.Series(X[:, 0])}
    found = model.predict(x, verbose=0)
    wanted = model.predict({"a": X, "b": X[:, :1]}, verbose=0)
    np.testing.assert_array_equal(found, wanted)
    model.compile("sgd", "mse")
    y = {"p": pd.Series(Y[:, 0]), "q": pl.DataFrame(Y)}
    model.fit(x, y, sample_weight={"q": pd.Series(np.ones(10))}, verbose=0)
    with pytest.raises(
        ArgumentError, match=re.escape("`y['q']` must hold numbers; its series 't'")
    ):
        model.fit(x, {"p": Y, "q": pl.Series("t", ["u"] * 10)}, verbose=0)


@FRAME
@pytest.mark.parametrize(
    ("column", "dtype"),
    [(["u", "v"], "String"), ([[1], [2]], ""), (np.array(["2020"] * 2, "M8[us]"), "Datetime")],
)
def test_a_column_without_numbers_is_named(frame, column, dtype):
    text = f"Model 'm': `x` must hold numbers; its column 'name' has dtype {dtype}"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        read(frame({"a": [1.0, 2.0], "name": column}))


def test_columns_may_be_numbered_or_named_in_levels():
    assert read(pd.DataFrame(X)).shape == (10, 3)
    levels = pd.MultiIndex.from_tuples([("a", "b"), ("a", "c"), ("b", "c")])
    np.testing.assert_array_equal(read(pd.DataFrame(X, columns=levels)), X)


def test_a_frame_that_is_a_plan_or_has_a_name_twice_is_refused():
    text = (
        "Model 'm': `x` must be a frame with its rows; got a LazyFrame, which is yet to be "
        "computed. Give `x.collect()`."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        read(pl.DataFrame({"a": [1]}).lazy())
    text = "`x` must be a frame that narwhals reads; got a pandas DataFrame: Expected unique column"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        read(pd.DataFrame([[1, 2]], columns=["a", "a"]))


def test_a_frame_of_the_wrong_width_is_told_as_an_array_is():
    with pytest.raises(ShapeError, match=re.escape("`x` must have shape (batch, 3); got (10, 2).")):
        make().fit(pd.DataFrame(X[:, :2]), Y, verbose=0)


@FRAME
def test_without_narwhals_the_error_says_what_to_install(frame, monkeypatch):
    monkeypatch.setitem(sys.modules, "narwhals", None)
    package = frame.__module__.split(".")[0]
    text = (
        f"narwhals is needed to read `x`, a {package} DataFrame. Install it with "
        "`pip install narwhals`, or give `x.to_numpy()`."
    )
    with pytest.raises(MissingDependencyError, match=re.escape(text)):
        make().fit(frame({"a": [1.0]}), Y[:1], verbose=0)


def test_what_is_no_frame_is_known_without_narwhals(monkeypatch):
    monkeypatch.setitem(sys.modules, "narwhals", None)
    for value in (X, [1.0], 3, None, "a", np.float32(1), {"a": X}):
        assert not frames.is_frame(value)


class Tensor:
    """As a tensor of another framework: it becomes an array, or says why not."""

    def __init__(self, array, error=None):
        self.array, self.error, self.shape = array, error, np.shape(array)

    def __array__(self, dtype=None, copy=None):
        if self.error:
            raise self.error
        return np.array(self.array, dtype=dtype)

    def __len__(self):
        return len(self.array)


def test_tensors_of_other_frameworks_are_read_through_array():
    assert trained(Tensor(X), Tensor(Y)) == trained(X, Y)
    assert trained([Tensor(X)], [Tensor(Y)]) == trained(X, Y)
    text = "`x` must be an array of real numbers; the Tensor given does not become one: call detach"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        make().fit(Tensor(X, RuntimeError("call detach")), Y, verbose=0)
