"""What torch's exporters wrote, and single operators, compute what onnxruntime computed."""

import numpy as np
import pytest

import elman
from tests import tolerances
from tests.formats.onnx.pack import KINDS, unpack

onnx = pytest.importorskip("onnx")

CASES = {f"{kind}/{name}": case for kind in KINDS for name, case in unpack(kind).items()}


def test_all_cases_are_there():
    assert len(CASES) == 81


@pytest.mark.parametrize("name", CASES)
def test_a_file_gives_its_stored_outputs(name, tmp_path):
    case = CASES[name]
    path = tmp_path / "model.onnx"
    path.write_bytes(case.content)
    found = elman.load_onnx(path).run(case.inputs)
    assert len(found) == len(case.outputs)
    for have, (key, want) in zip(found, case.outputs.items(), strict=True):
        assert have.shape == want.shape, key
        assert have.dtype == want.dtype, key
        limit = tolerances.ONNX * max(1.0, float(np.abs(want).max(initial=0)))
        np.testing.assert_allclose(have, want, rtol=0, atol=limit, err_msg=key)
