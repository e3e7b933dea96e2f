"""`model.export`: a model for other programs. The formats are in `elman.formats`.

They are looked up by name and imported when they are asked for.
"""

from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any

from elman import _check, _filenames
from elman.errors import ArgumentError, NotBuiltError

if TYPE_CHECKING:
    from pathlib import Path

    from elman.models.model import Model

FORMATS = {  # name -> the module whose `write(model, filepath, **options)` writes it
    "c": "elman.formats.c",
    "onnx": "elman.formats.onnx.writing",
    "rtneural": "elman.formats.rtneural",
}
ENDINGS = {".c": "c", ".h": "c", ".onnx": "onnx"}  # of files whose format need not be named


def export(
    model: "Model", filepath: "str | Path", format: str | None = None, **options: Any
) -> Any:
    """Write the model for other programs to run.

    Args:
        model: a built model.
        filepath: ends in ".onnx" for ONNX, see `elman.formats.onnx.save`, in ".h" or ".c" for C,
            see `elman.formats.c.write`, or in ".json" for RTNeural, see
            `elman.formats.rtneural.write`.
        format: "onnx", "c" or "rtneural"; None goes by the ending, but for ".json", which may be
            anything.
        options: what the format takes.

    Returns:
        What the format tells about what was written.

    Raises:
        UnsupportedError: the format does not have what the model is made of; the message says what.
        KeywordError: the format does not take one of the options.

    >>> import elman, pathlib, tempfile
    >>> model = elman.Sequential([elman.Input((None, 1)), elman.layers.GRU(8)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(model.export(pathlib.Path(folder) / "model.h"))
    model.h: 224 bytes of RAM, 1056 of flash for the weights
    """
    owner = f"{model.owner}: export"
    path = _filenames.path(owner, "filepath", filepath)
    if format is None:
        ending = next((end for end in ENDINGS if path.endswith(end)), None)
        if ending is None:
            raise ArgumentError(
                f"{owner}: `filepath` must end in {' or '.join(map(repr, ENDINGS))}, or `format` "
                f"must be given, one of {', '.join(FORMATS)}; got {path!r}."
            )
        format = ENDINGS[ending]
    module = FORMATS[_check.one_of(owner, "format", format, FORMATS)]
    if not model.built:
        raise NotBuiltError(
            f"{owner}: the model must be built to be exported; it is not. Call it on data first, "
            "or `build(input_shape)`."
        )
    write = import_module(module).write
    _, _, *known = signature(write).parameters
    for key in options:
        if key not in known:
            raise _check.unknown_argument(owner, key, f"export of the format {format!r}", known)
    return write(model, path, **options)
