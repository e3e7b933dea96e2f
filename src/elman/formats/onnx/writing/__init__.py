"""Write elman's models as ONNX."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from elman import _check
from elman.formats import files
from elman.formats.onnx.writing.builder import OPSET, Builder
from elman.models.exporting import Export

if TYPE_CHECKING:
    from elman.models import Model


def write(
    model: "Model",
    filepath: str | Path,
    *,
    step: bool = False,
    overwrite: bool = True,
) -> Export:
    """Write a model to an ONNX file.

    Args:
        model: a built model.
        filepath: ends in ".onnx".
        step: whether the file takes one timestep: an input (batch, features), and for each state of
            each recurrent layer an input and an output (batch, units), such as "lstm_h" and
            "lstm_h_next". What comes out as "…_next" goes in at the next step.
        overwrite: whether a file that is there may be replaced.

    Returns:
        The file, and its opset.

    Raises:
        UnsupportedError: a layer has no counterpart in ONNX; the message names it.
        NotBuiltError: the model has no weights yet.
        ArgumentError: the file has another ending, or cannot be written.
        MissingDependencyError: the package onnx is not installed.

    Recurrent layers become the operators RNN, GRU and LSTM of opset 17, or the loop Scan, where
    their cell or an activation is none of these operators'; other layers, and functions of
    `elman.ops` in functional models, one node or several each. Masks become their `sequence_lens`,
    whatever the masks' pattern: the steps that are taken are put first, and the outputs put back.
    A step model takes every step that it is given; leave masked ones out.

    The batch is open, and so are the timesteps, but where the `Input` says how many, or the layers
    take no other number than data had. What an `Embedding` alone reads is int32.

    What training alone does, such as dropout, is not in the file. The file is complete or not
    there: it is written beside its place and moved into it.
    """
    step = _check.flag(model.owner, "step", step)
    overwrite = _check.flag(model.owner, "overwrite", overwrite)
    path = files.to_write(model, filepath, (".onnx",), overwrite)
    content = proto(model, step=step).SerializeToString()
    with files.replacing(path) as file:
        file.write(content)
    return Export((path,), f"opset {OPSET}" + ", one timestep with states in and out" * step)


def proto(model: "Model", *, step: bool = False) -> Any:
    """Return a model as a ModelProto of the package onnx."""
    from elman.formats.onnx.writing.graph import write_model
    from elman.models.stream_plan import plan_of

    b = Builder(step)
    if step:
        plan_of(model)  # which says what needs more than one timestep
    write_model(b, model)
    about = {"elman": "step" if step else "sequences", "opset": str(OPSET)}
    return b.model(model.name, about)
