"""The weights of a model as a file that PyTorch reads."""

from collections.abc import Sequence
from pathlib import Path

from elman import _check
from elman.formats.files import replacing, to_write
from elman.formats.torch import pt_writer, safetensors
from elman.formats.torch.filling import collected
from elman.formats.torch.state_dicts import SAFETENSORS
from elman.layers import Layer
from elman.models.exporting import Export

WRITERS = {SAFETENSORS: safetensors.write, ".pt": pt_writer.write, ".pth": pt_writer.write}


def save_state_dict(
    model: Layer,
    filepath: str | Path,
    names: Sequence[str] | None = None,
    *,
    overwrite: bool = True,
) -> Export:
    """Write the weights of a model to a file that PyTorch reads.

    Args:
        model: as for `elman.load_weights`.
        filepath: ends in ".safetensors", or in ".pt" or ".pth", which `torch.load` reads.
        names: see `elman.state_dict`.
        overwrite: whether a file that is there may be replaced.

    Returns:
        The file, and how many tensors are in it.

    The file is complete or not there: it is written beside its place and moved into it.

    Raises:
        UnsupportedError: PyTorch has no module that computes what a layer does.
        ArgumentError: the file may not be written, or `names` do not go with the layers.

    >>> import pathlib, tempfile
    >>> import elman
    >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.LSTM(4, name="rnn")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(elman.save_state_dict(model, pathlib.Path(folder) / "model.pt"))
    ...     list(elman.load_state_dict(pathlib.Path(folder) / "model.pt"))[:2]
    model.pt: 4 tensors
    ['rnn.weight_ih_l0', 'rnn.weight_hh_l0']
    """
    arrays = collected("save_state_dict", model, names)
    overwrite = _check.flag(model.owner, "overwrite", overwrite)
    path = to_write(model, filepath, tuple(WRITERS), overwrite)
    with replacing(path) as file:
        WRITERS[path.suffix.lower()](file, arrays)
    return Export((path,), "1 tensor" if len(arrays) == 1 else f"{len(arrays)} tensors")
