"""What `Model` has for files; the formats are in `elman.models.archive`.

Zip files and all that they need are slow to import, and are when a file is first written or read.
"""

from typing import TYPE_CHECKING, Any

from elman import _check
from elman.errors import UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

    from elman.models.model import Model


def save(
    model: "Model",
    filepath: "str | Path",
    overwrite: bool = True,
    zipped: bool | None = None,
    *,
    include_optimizer: bool = True,
    states: bool = False,
) -> None:
    """Write architecture, weights and training state to one file.

    Args:
        model: a built model.
        filepath: ends in ".elman".
        overwrite: whether a file that is there may be replaced.
        zipped: True or None: it is one zip file.
        include_optimizer: whether what `compile` was given, and the optimizer's state, go with it.
        states: whether the states that `stateful` layers carry go with it; a loaded model goes on
            from them.

    Raises:
        UnsupportedError: `zipped` is False, which asks for a folder.
        ArgumentError: `states` is True, and no layer is stateful.

    The file is complete or not there: it is written beside its place and moved into it.
    Whether a layer is trainable is saved with it; a `trainable` that was set on a single weight
    is not, nor is how far the generators of dropout have come: they begin anew from their seeds.

    >>> import elman, pathlib, tempfile
    >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.GRU(4)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(pathlib.Path(folder) / "model.elman")
    ...     elman.models.load_model(pathlib.Path(folder) / "model.elman").count_params()
    108
    """
    from elman.models import archive

    if zipped is not None and not _check.flag(model.owner, "zipped", zipped):
        raise UnsupportedError(f"{model.owner}: `zipped` must be True or None; got {zipped!r}.")
    wanted = _check.flag(model.owner, "include_optimizer", include_optimizer)
    states = _check.flag(model.owner, "states", states)
    archive.save_model(model, filepath, overwrite, include_optimizer=wanted, states=states)


def save_weights(
    model: "Model",
    filepath: "str | Path",
    overwrite: bool = True,
    max_shard_size: Any = None,
    *,
    states: bool = False,
) -> None:
    """Write the weights to a file that NumPy reads too.

    Args:
        model: a built model.
        filepath: ends in ".weights.npz".
        overwrite: whether a file that is there may be replaced.
        max_shard_size: None: it is one file.
        states: whether the states that `stateful` layers carry go with them.

    Raises:
        UnsupportedError: `max_shard_size` is not None.
        ArgumentError: `states` is True, and no layer is stateful.

    >>> import elman, numpy as np, pathlib, tempfile
    >>> model = elman.Sequential([elman.Input((3,)), elman.layers.Dense(4, name="dense")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save_weights(pathlib.Path(folder) / "model.weights.npz")
    ...     list(np.load(pathlib.Path(folder) / "model.weights.npz"))
    ['0000/dense/kernel', '0001/dense/bias']
    """
    from elman.models import archive

    if max_shard_size is not None:
        raise UnsupportedError(
            f"{model.owner}: `max_shard_size` must be None, because weights are one file; got "
            f"{max_shard_size!r}."
        )
    archive.save_weights(model, filepath, overwrite, _check.flag(model.owner, "states", states))


def load_weights(model: "Model", filepath: "str | Path", skip_mismatch: bool = False) -> None:
    """Read the weights that `save_weights` wrote.

    Args:
        model: a built model.
        filepath: ends in ".weights.npz".
        skip_mismatch: whether layers are left as they are, with a warning, where the file has
            weights of other names or shapes for them. Layers are taken in their order.

    States that were saved with them are carried on; where the file has none, they stay.

    Raises:
        FormatError: the file does not hold this model's weights; the model is unchanged.

    >>> import elman, pathlib, tempfile
    >>> make = lambda: elman.Sequential([elman.Input((3,)), elman.layers.Dense(4)])
    >>> model, other = make(), make()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save_weights(pathlib.Path(folder) / "model.weights.npz")
    ...     other.load_weights(pathlib.Path(folder) / "model.weights.npz")
    >>> bool((other([[1.0, 2.0, 3.0]]) == model([[1.0, 2.0, 3.0]])).all())
    True
    """
    from elman.models import archive

    archive.load_weights(model, filepath, _check.flag(model.owner, "skip_mismatch", skip_mismatch))
