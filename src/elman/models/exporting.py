"""`model.export`: a model for other programs. The formats are in `elman.formats`.

They are looked up by name and imported when they are asked for.
"""

from collections.abc import Callable
from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any, NamedTuple

from elman import _check, _filenames
from elman.errors import ArgumentError, NotBuiltError

if TYPE_CHECKING:
    from pathlib import Path

    from elman.models.model import Model

FORMATS = {  # name -> where what writes it is: called with (model, filepath, **options)
    "c": ("elman.formats.c", "write"),
    "onnx": ("elman.formats.onnx.writing", "write"),
    "rtneural": ("elman.formats.rtneural", "write"),
    "torch": ("elman.formats.torch", "save_state_dict"),
}
ENDINGS = {  # of files whose format need not be named
    ".c": "c", ".h": "c", ".json": "rtneural", ".onnx": "onnx", ".pt": "torch", ".pth": "torch",
    ".safetensors": "torch",
}  # fmt: skip
SAVED = {".weights.h5": "save_weights", ".keras": "save", ".h5": "save", ".hdf5": "save"}


class Export(NamedTuple):
    """What was written; it prints as a line.

    Attributes:
        files: the files, the one to open or to include first.
        about: what there is to know about them.
        ram: bytes of one struct, for C.
        flash: bytes of the weights, for C.
        difference: the largest difference that bytes instead of floats make to the outputs, in
            2000 timesteps of numbers from -1 to 1; for C with `weights_dtype="int8"`.
    """

    files: "tuple[Path, ...]"
    about: str
    ram: int | None = None
    flash: int | None = None
    difference: float | None = None

    def __str__(self) -> str:
        return f"{', '.join(path.name for path in self.files)}: {self.about}"

    def __repr__(self) -> str:
        return str(self)


def export(
    model: "Model",
    filepath: "str | Path",
    format: str | None = None,
    *,
    overwrite: bool = True,
    verbose: Any = None,
    **options: Any,
) -> Export:
    """Write the model for other programs to run.

    Args:
        model: a built model.
        filepath: ends in ".onnx" for ONNX, see `elman.formats.onnx.save`, in ".h" or ".c" for C,
            see `elman.formats.c.write`, in ".pt" or ".safetensors" for weights for PyTorch, see
            `elman.save_state_dict`, or in ".json" for RTNeural, see `elman.formats.rtneural.write`.
        format: "onnx", "c", "torch" or "rtneural"; None goes by the ending.
        overwrite: whether files that are there may be replaced.
        verbose: whether to print what comes back.
        options: what the format takes beside these.

    Returns:
        The `files`, and `about` them what there is to know, which print as a line; for C also `ram`
        and `flash` in bytes, and the `difference` that weights in bytes make.

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
    form = (
        _format(owner, path) if format is None else _check.one_of(owner, "format", format, FORMATS)
    )
    if not model.built:
        raise NotBuiltError(
            f"{owner}: the model must be built to be exported; it is not. Call it on data first, "
            "or `build(input_shape)`."
        )
    written: Export = _writer(owner, form, options)(model, path, overwrite=overwrite, **options)
    if verbose:
        print(written)
    return written


def _format(owner: str, path: str) -> str:
    """Return the format that a file's ending says.

    Raises:
        ArgumentError: it says none, or one that `save` writes.
    """
    lower = path.lower()
    for ending, method in SAVED.items():
        if lower.endswith(ending):
            raise ArgumentError(
                f"{owner}: `filepath` must be a file for other programs than Keras; got {path!r}. "
                f"Use `model.{method}({path!r})`."
            )
    found = next((end for end in ENDINGS if lower.endswith(end)), None)
    if found is None:
        raise ArgumentError(
            f"{owner}: `filepath` must end in {' or '.join(map(repr, ENDINGS))}; got {path!r}."
        )
    return ENDINGS[found]


def _writer(owner: str, form: str, options: dict[str, Any]) -> Callable[..., Any]:
    """Return what writes a format, which takes these options."""
    module, name = FORMATS[form]
    write: Callable[..., Any] = getattr(import_module(module), name)
    _, _, *known = signature(write).parameters
    for key in options:
        if key not in known:
            raise _check.unknown_argument(owner, key, f"export of the format {form!r}", known)
    return write
