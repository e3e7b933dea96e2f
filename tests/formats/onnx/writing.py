"""What the tests of writing share: files against their models, in onnxruntime and in elman."""

import numpy as np
import pytest

from elman import _tree
from elman.formats.onnx import load_onnx, save
from tests import tolerances

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

F, V = 4, 9  # features, and words of a vocabulary
CELLS = ("SimpleRNN", "GRU", "LSTM", "PeepholeLSTM", "CoupledLSTM")


def session(path):
    """Return a session of onnxruntime's, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def shaken(model, seed=0):
    """Give a model weights that leave nothing at zero, and return it."""
    draw = np.random.default_rng(seed)
    for weight in model.weights:
        spread = draw.uniform(0.5, 1.5, weight.shape)
        sign = 1 if "variance" in weight.name else draw.choice([-1, 1], weight.shape)
        weight.assign((0.6 * sign * spread).astype(weight.dtype))
    return model


def assert_same(path, model, *arrays):
    """Write a model and check the file against it: in onnxruntime, and in elman."""
    save(model, path)
    onnx.checker.check_model(str(path), full_check=True)
    run = session(path)
    inputs = dict(zip([each.name for each in run.get_inputs()], arrays, strict=True))
    want = model(list(arrays) if len(arrays) > 1 else arrays[0])
    want = _tree.flatten(want)  # states of stacked cells are nested
    for found in (run.run(None, inputs), load_onnx(path).run(inputs)):
        assert len(found) == len(want)
        for have, wanted in zip(found, want, strict=True):
            assert have.shape == wanted.shape
            assert have.dtype == wanted.dtype
            limit = tolerances.ONNX * max(1.0, float(np.abs(wanted).max(initial=0)))
            np.testing.assert_allclose(have, wanted, rtol=0, atol=limit)


def sequences(seed=0, batch=3, timesteps=7, masked=False, features=F):
    """Return sequences at random, of some steps zeros."""
    x = np.random.default_rng(seed).normal(size=(batch, timesteps, features)).astype("float32")
    if masked:
        x[0, 4:] = 0  # padding at the end
        x[1, :2], x[1, 4] = 0, 0  # before the beginning, and in between
        x[2] = 0  # nothing
    return x
