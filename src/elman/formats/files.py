"""Files as wholes: written completely or not at all, and read by name."""

import os
import zipfile
from pathlib import Path
from typing import Any

from elman import _filenames
from elman._files import replacing as replacing
from elman._files import sayable
from elman.errors import ArgumentError, FormatError, NotBuiltError
from elman.layers import Layer


def to_write(model: Layer, filepath: Any, endings: tuple[str, ...], overwrite: bool) -> Path:
    """Return where a model or a layer goes, checked before any work is done for it.

    Raises:
        ArgumentError: there is a file already and `overwrite` is False, or the name is none that a
            file can have there.
        NotBuiltError: there are no weights yet.
    """
    path = Path(_filenames.to_write(model.owner, "filepath", filepath, *endings))
    with sayable(path, f"{model.owner}: `filepath`"):
        is_there, is_folder = path.exists(), path.is_dir()
    if is_there and not overwrite:
        raise ArgumentError(
            f"{model.owner}: `filepath` must not exist yet with overwrite=False; got {str(path)!r}."
        )
    if is_folder:
        raise ArgumentError(
            f"{model.owner}: `filepath` must be a file; got the folder {str(path)!r}. Name a file "
            f"in it, {str(path / 'model') + endings[0]!r}."
        )
    if not path.parent.is_dir():
        raise ArgumentError(
            f"{model.owner}: `filepath` must be in a directory that exists; got {str(path)!r}."
        )
    if not model.built:
        raise NotBuiltError(
            f"{model.owner}: the model must be built to be saved; it is not. Call it on data "
            "first, or `build(input_shape)`."
        )
    return path


def to_read(filepath: Any, of_keras: bool = True) -> Path:
    """Return which file is to be read.

    Args:
        filepath: its name.
        of_keras: whether it is to be one of Keras's.

    Raises:
        ArgumentError: there is none of that name; the message says which one is near.
        FormatError: it is empty, or of another library; the message says what reads that.
    """
    path = Path(_filenames.path("load", "filepath", filepath))
    if os.path.isfile(path):  # which is False too for a name that none can have
        if path.stat().st_size == 0:
            raise FormatError(f"{path}: the file must hold a model or weights; it is empty.")
        if of_keras:
            _refuse_others(path)
        return path
    names = [_filenames.renamed(str(path), end) for end in _filenames.READ]
    near = next((f" Did you mean {name!r}?" for name in names if os.path.isfile(name)), "")
    raise ArgumentError(f"load: `filepath` must be a file that exists; got '{path}'.{near}")


TORCH = (
    "a PyTorch file",
    "`elman.load_weights(model, path)`, or `elman.load_state_dict(path)`",
)
OTHERS = {  # endings of what is known by them: what it is, and what reads it
    ".onnx": ("an ONNX file", "`elman.load_onnx(path)`"),
    ".safetensors": ("a safetensors file", TORCH[1]),
    ".pt": TORCH,
    ".pth": TORCH,
}


def _refuse_others(path: Path) -> None:
    """Refuse a file that is not in one of Keras's forms, and say what reads it.

    Raises:
        FormatError: it is another library's.
    """
    with open(path, "rb") as file:
        head = file.read(4096)
    ending = path.suffix.lower()
    found = None
    if head.startswith(b"PK"):
        found = TORCH if _is_of_torch(path) else None
    elif head.lstrip().startswith(b"{"):
        rtneural = b'"in_shape"' in head
        text = "elman.load_rtneural(path)" if rtneural else "models.model_from_json(text)"
        found = ("RTNeural's JSON" if rtneural else "a JSON file"), f"`{text}`"
    elif not head.startswith(b"\x89HDF"):
        found = OTHERS.get(ending)
    if found is not None:
        raise FormatError(
            f"{path}: the file must be one of Keras's, '.keras' or '.h5'; it is {found[0]}. Use "
            f"{found[1]}."
        )


def _is_of_torch(path: Path) -> bool:
    """Say whether a zip holds what PyTorch saves."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False  # of a damaged one its reader says what is wrong
    return any(name.endswith("data.pkl") for name in names)
