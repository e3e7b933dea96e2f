"""By what `elman convert` runs files, and what it says of the outputs."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

import elman
from elman import layers
from elman.cli import converted, tried

X = [np.ones((2, 3), np.float32)]


@pytest.fixture
def source(tmp_path, monkeypatch):
    """Return a model with a file of it, where Keras can be had."""
    monkeypatch.setattr(tried, "find_spec", lambda name: name == "keras")
    elman.Sequential([elman.Input((3,)), layers.Dense(2)]).save(tmp_path / "m.keras")
    return converted.read(tmp_path / "m.keras", None, None)


def keras(monkeypatch, load):
    module = SimpleNamespace(models=SimpleNamespace(load_model=load))
    monkeypatch.setitem(sys.modules, "keras", module)


def test_keras_is_given_a_file_and_that_is_said_before(source, monkeypatch):
    said = []

    def load(path, compile):
        assert said == ["m.keras is given to Keras to be run."]
        assert (path, compile) == (source.path, False)
        return SimpleNamespace(predict=lambda x, batch_size, verbose: x[:, :2] * batch_size)

    keras(monkeypatch, load)
    (y,), by = tried.outputs(source, X, said.append)
    assert by == "Keras"
    assert y.tolist() == [[2, 2], [2, 2]]


def test_where_keras_fails_elman_runs_the_file_and_that_is_said(source, monkeypatch):
    said = []

    def load(path, compile):
        raise TypeError("Could not locate class 'MinGRU'.\nAnd more.")

    keras(monkeypatch, load)
    (y,), by = tried.outputs(source, X, said.append)
    assert by == "elman"
    np.testing.assert_array_equal(y, source.model(X[0]))
    assert said[1:] == [
        "Keras could not run m.keras, elman runs it: TypeError: Could not locate class 'MinGRU'."
    ]


def test_keras_is_given_no_file_of_weights_alone(source, monkeypatch):
    keras(monkeypatch, None)
    weights = source._replace(path=source.path.with_name("w.h5"), weights=True)
    assert tried.outputs(weights, X, pytest.fail)[1] == "elman"


def test_where_onnx_runtime_fails_elman_runs_the_file(tmp_path, monkeypatch):
    pytest.importorskip("onnx")
    monkeypatch.setattr(tried, "find_spec", lambda name: True)

    class Options:
        pass

    def session(path, options, providers):
        raise RuntimeError("")

    module = SimpleNamespace(InferenceSession=session, SessionOptions=Options)
    monkeypatch.setitem(sys.modules, "onnxruntime", module)
    model = elman.Sequential([elman.Input((3,)), layers.Dense(2)])
    model.export(tmp_path / "m.onnx")
    source, said = converted.Source(tmp_path / "m.keras", model), []
    (y,), by = tried.outputs_again(source, tmp_path / "m.onnx", X, None, said.append)
    assert by == "elman"
    assert said[-1] == "ONNX Runtime could not run m.onnx, elman runs it: RuntimeError"
    np.testing.assert_array_equal(y, model(X[0]))


def test_the_largest_difference_is_that_of_all_outputs():
    zeros, some = np.zeros(2), np.array([0.1, -0.3])
    assert tried.distance([zeros, zeros], [some, zeros]) == 0.3
    assert tried.distance([], []) == 0
    assert tried.distance([np.array([True])], [np.array([False])]) == 1


def test_what_is_no_number_on_one_side_is_no_small_difference():
    numbers, nan, infinite = np.zeros(2), np.array([0.0, np.nan]), np.array([0.0, np.inf])
    assert np.isnan(tried.distance([numbers + 0.1, numbers], [numbers, nan]))
    assert np.isnan(tried.distance([nan, numbers], [numbers, numbers + 0.1]))
    assert tried.distance([nan, infinite], [nan, infinite]) == 0
    assert tried.distance([infinite], [-infinite]) == np.inf


def test_outputs_of_other_shapes_are_said():
    one, four = np.zeros((1, 3)), np.zeros((4, 3))
    assert tried.difference([one], [four]) == "the outputs have other shapes, (1, 3) and (4, 3)."
    assert tried.difference([one], []) == "the outputs have other shapes, (1, 3) and none."
    assert tried.difference([one], [one]) == "the outputs differ by at most 0."
