"""ONNX: what torch, tf2onnx (for Keras) and skl2onnx write, and elman's own models.

    elman.load_onnx(path)       what a file computes, and `to_model()`: the same as trainable layers
    model.export("m.onnx")      write a model; `save` here does the same

Reading and writing need the package onnx: `pip install 'elman[onnx]'`.
"""

from elman.formats.onnx.program import OnnxModel, load_onnx
from elman.formats.onnx.writing import write as save

__all__ = ["OnnxModel", "load_onnx", "save"]
