"""The weights of a model as a file that PyTorch reads."""

from collections.abc import Sequence
from pathlib import Path

from elman import _filenames
from elman.errors import ArgumentError
from elman.formats.files import replacing
from elman.formats.torch import pt_writer, safetensors
from elman.formats.torch.filling import state_dict
from elman.formats.torch.state_dicts import SAFETENSORS
from elman.layers import Layer

WRITERS = {SAFETENSORS: safetensors.write, ".pt": pt_writer.write, ".pth": pt_writer.write}


def save_state_dict(model: Layer, path: str | Path, names: Sequence[str] | None = None) -> None:
    """Write the weights of a model to a file that PyTorch reads.

    Args:
        model: as for `load_weights`.
        path: ends in ".safetensors", or in ".pt" or ".pth", which `torch.load` reads.
        names: see `state_dict`.

    The file is complete or not there: it is written beside its place and moved into it.

    Raises:
        UnsupportedError: PyTorch has no module that computes what a layer does.
        ArgumentError: the path has another ending, or `names` do not go with the layers.

    >>> import pathlib, tempfile
    >>> import elman
    >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.LSTM(4, name="rnn")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_state_dict(model, pathlib.Path(folder) / "model.pt")
    ...     list(elman.load_state_dict(pathlib.Path(folder) / "model.pt"))[:2]
    ['rnn.weight_ih_l0', 'rnn.weight_hh_l0']
    """
    owner = "save_state_dict"
    found = Path(_filenames.to_write(owner, "path", path, *WRITERS))
    if not found.parent.is_dir() or found.is_dir():
        raise ArgumentError(
            f"{owner}: `path` must be a file in a folder that exists; got {str(path)!r}."
        )
    arrays = state_dict(model, names)
    with replacing(found) as file:
        WRITERS[found.suffix](file, arrays)
