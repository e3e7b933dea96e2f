"""What others wrote computes what onnxruntime computed, and the standard's own tests pass.

The data are packed by `pack.py`: files that torch wrote with both of its exporters, single RNN, GRU
and LSTM nodes with random attributes, and tests of single operators from the package onnx.
"""

import numpy as np
import pytest

import elman
from tests import tolerances
from tests.formats.onnx.pack import KINDS, unpack

onnx = pytest.importorskip("onnx")

CASES = {f"{kind}/{name}": case for kind in KINDS for name, case in unpack(kind).items()}
UNROLLED = "rnn_tanh.dynamo.onnx", "rnn_relu_2l_bi.dynamo.onnx"  # the loop's steps as nodes each
TIME_MAJOR = ("rnn_tanh", "lstm_nobias", "gru_bi")


def loaded(case, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(case.content)
    return elman.load_onnx(path)


def assert_near(have, want, name):
    assert have.shape == want.shape, name
    assert have.dtype == want.dtype, name
    with np.errstate(invalid="ignore"):
        limit = tolerances.ONNX * max(1.0, float(np.abs(want).max(initial=0)))
    np.testing.assert_allclose(have, want, rtol=1e-3 * (want.dtype == "float16"), atol=limit,
                               err_msg=name)  # fmt: skip


def test_all_cases_are_there():
    assert [len(unpack(kind)) for kind in KINDS] == [21, 60, 266]


@pytest.mark.parametrize("name", CASES)
def test_a_file_gives_its_stored_outputs(name, tmp_path):
    case = CASES[name]
    found = loaded(case, tmp_path).run(case.inputs)
    assert len(found) == len(case.outputs)
    for have, (key, want) in zip(found, case.outputs.items(), strict=True):
        if want.dtype == bool:
            np.testing.assert_array_equal(have, want, err_msg=key)
        else:
            assert_near(have, want, key)


@pytest.mark.parametrize("name", [name for name in unpack("onnx_files") if name not in UNROLLED])
def test_what_torch_wrote_becomes_a_model_of_layers(name, tmp_path):
    case = unpack("onnx_files")[name]
    model = loaded(case, tmp_path).to_model()
    turned = name.startswith(TIME_MAJOR)
    x, *states = case.inputs.values()
    given = [x.swapaxes(0, 1) if turned else x]
    given += [state[d] for state in states for d in range(len(state))]
    found = model(given if len(given) > 1 else given[0])
    found = list(found) if isinstance(found, (list, tuple)) else [found]
    y, *finals = case.outputs.values()
    wanted = [y.swapaxes(0, 1) if turned else y]
    wanted += [state[d] for state in finals for d in range(len(state))]
    assert len(found) == len(wanted)
    for have, want in zip(found, wanted, strict=True):
        assert_near(np.asarray(have), want, name)


@pytest.mark.parametrize("name", UNROLLED)
def test_a_loop_that_was_unrolled_is_no_layer(name, tmp_path):
    model = loaded(unpack("onnx_files")[name], tmp_path)
    with pytest.raises(
        elman.errors.UnsupportedError, match=r"node '.*' \((Add|Slice|Squeeze)\) must"
    ):
        model.to_model()
