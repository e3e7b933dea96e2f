"""What tests of ONNX files share."""

import pytest

import elman


@pytest.fixture
def load(tmp_path):
    def loaded(content):
        path = tmp_path / "m.onnx"
        path.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
        return elman.load_onnx(path)

    return loaded
