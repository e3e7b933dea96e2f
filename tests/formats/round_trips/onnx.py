"""elman -> ONNX -> onnxruntime, and -> elman: each runs the file that elman writes."""

import onnx
import onnxruntime

import elman
from tests.formats.round_trips.cases import distance

FORMS = ("ONNX",)


def versions():
    """Return what was used."""
    return {"onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__}


def trip(model, xs, y, form, folder):
    """Return the largest difference, in onnxruntime and in elman from the file."""
    path = folder / "model.onnx"
    model.export(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    given = {entry.name: x for entry, x in zip(session.get_inputs(), xs, strict=True)}
    found = session.run(None, given), elman.load_onnx(path).run(given)
    return max(distance(y, each) for each in found)
