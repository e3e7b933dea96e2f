"""Does the model of a file compute what running the file does?"""

import numpy as np

import elman
from elman.errors import ElmanError, UnsupportedError
from elman.formats.onnx.as_layers import drawn
from elman.formats.onnx.as_layers.values import ordered
from tests import tolerances

ROUNDED = {"GRU", "HardSigmoid", "LSTM", "RNN", "Selu"}  # take parameters, which are float32


def compared(path, inputs, near=tolerances.ONNX):
    """Compare what a file and its model compute, and return that of the first inputs.

    Args:
        inputs: arrays by name, several times.
        near: how closely they must agree in float32.

    Returns:
        The outputs; or why there are none, as a word.

    Raises:
        AssertionError: they differ.
    """
    try:
        file = elman.load_onnx(path)
        wanted = [file.run(each) for each in inputs]
    except ElmanError:
        return "no file"
    try:
        model, layouts = drawn(file._graph)
    except UnsupportedError:
        return "refused"
    exact = not {node.op for node in file._graph.nodes} & ROUNDED
    for given, wants in zip(inputs, wanted, strict=True):
        try:
            found = of_model(model, layouts, given)
        except ValueError as error:
            if "timesteps" not in str(error):
                raise
            return "too short"  # of some layer for which too few are left
        for have, want in zip(found, wants, strict=True):
            assert_near(have, want, near, exact)
    return wanted[0]


def assert_near(have, want, near, exact=False):
    """Compare two arrays, of float64 as closely as roundings allow if they are to be exact."""
    assert have.dtype == want.dtype, (have.dtype, want.dtype)
    assert have.shape == want.shape, (have.shape, want.shape)
    near = tolerances.EXACT if exact and want.dtype == "float64" else near
    largest = np.abs(want[np.isfinite(want)]).max(initial=1)
    np.testing.assert_allclose(have, want, rtol=0, atol=near * largest)


def of_model(model, layouts, inputs):
    """Return what a model computes, with the axes that the arrays have in the file."""
    given = []
    for spec, tensor in layouts.inputs:
        axes, array = tensor.axes, inputs[spec.name]
        order = [axes.index(axis) for axis in "D" * ("D" in axes) + ordered(axes)]
        turned = np.transpose(array, order)
        given += list(turned) if "D" in axes else [turned]
    found = model(given if len(given) > 1 else given[0])
    parts = list(found) if isinstance(found, (list, tuple)) else [found]
    outputs = []
    for _, tensor in layouts.outputs:
        chosen = [np.asarray(parts.pop(0)) for _ in tensor.parts]
        have = "D" * ("D" in tensor.axes) + ordered(tensor.axes)
        array = np.stack(chosen) if "D" in tensor.axes else chosen[0]
        outputs.append(np.transpose(array, [have.index(axis) for axis in tensor.axes]))
    return outputs
