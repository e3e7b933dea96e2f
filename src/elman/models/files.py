"""What `Model` has for files; the formats are in `elman.models.archive`.

Zip files and all that they need are slow to import, and are when a file is first written or read.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from elman.models.model import Model


def save(model: "Model", filepath: "str | Path", overwrite: bool = True) -> None:
    """Write architecture, weights and training state to one file.

    Args:
        filepath: ends in ".elman".
        overwrite: whether a file that is there may be replaced.

    The file is complete or not there: it is written beside its place and moved into it.
    Whether a layer is trainable is saved with it; a `trainable` that was set on a single weight
    is not, nor is the state that a stateful layer carries, nor how far the generators of
    dropout have come: they begin anew from their seeds.
    """
    from elman.models import archive

    archive.save_model(model, filepath, overwrite)


def save_weights(model: "Model", filepath: "str | Path", overwrite: bool = True) -> None:
    """Write the weights to a file that NumPy reads too.

    Args:
        filepath: ends in ".weights.npz".
        overwrite: whether a file that is there may be replaced.
    """
    from elman.models import archive

    archive.save_weights(model, filepath, overwrite)


def load_weights(model: "Model", filepath: "str | Path") -> None:
    """Read the weights that `save_weights` wrote.

    Raises:
        FormatError: the file does not hold this model's weights; the model is unchanged.
    """
    from elman.models import archive

    archive.load_weights(model, filepath)
