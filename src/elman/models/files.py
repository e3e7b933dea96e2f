"""What `Model` has for files; the formats are in `elman.formats`.

They stand above models, which look them up by name when a file is first written or read.
"""

from importlib import import_module
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
        filepath: ends in ".keras", or in ".h5" for Keras's older form.
        overwrite: whether a file that is there may be replaced.
        zipped: True or None: it is one zip file.
        include_optimizer: whether what `compile` was given, and the optimizer's state, go with it.
        states: whether the states that `stateful` layers carry go with it; a loaded model goes on
            from them.

    Raises:
        UnsupportedError: `zipped` is False, which asks for a folder.
        ArgumentError: `states` is True, and no layer is stateful.

    The file is complete or not there: it is written beside its place and moved into it.
    Training that goes on from the file ends with the same bits as without a break, if the order of
    the samples is the same (`elman.utils.set_random_seed`, or `shuffle=False`). Besides what Keras
    keeps, a file therefore has how far dropout and noise have drawn, what the optimizer knows of
    frozen weights, which weights do not decay, and which single weights are frozen. Keras leaves
    that alone.

    >>> import elman, pathlib, tempfile
    >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.GRU(4)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(pathlib.Path(folder) / "model.keras")
    ...     elman.models.load_model(pathlib.Path(folder) / "model.keras").count_params()
    108
    """
    if zipped is not None and not _check.flag(model.owner, "zipped", zipped):
        raise UnsupportedError(f"{model.owner}: `zipped` must be True or None; got {zipped!r}.")
    wanted = _check.flag(model.owner, "include_optimizer", include_optimizer)
    states = _check.flag(model.owner, "states", states)
    keras = import_module("elman.formats.keras")
    keras.save(model, filepath, overwrite, include_optimizer=wanted, states=states)


def save_weights(
    model: "Model",
    filepath: "str | Path",
    overwrite: bool = True,
    max_shard_size: Any = None,
    *,
    states: bool = False,
) -> None:
    """Write the weights to a file that Keras 3 reads too.

    Args:
        model: a built model.
        filepath: ends in ".weights.h5".
        overwrite: whether a file that is there may be replaced.
        max_shard_size: None: it is one file.
        states: whether the states that `stateful` layers carry go with them.

    Raises:
        UnsupportedError: `max_shard_size` is not None.
        ArgumentError: `states` is True, and no layer is stateful.

    >>> import elman, h5py, pathlib, tempfile
    >>> model = elman.Sequential([elman.Input((3,)), elman.layers.Dense(4)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save_weights(pathlib.Path(folder) / "model.weights.h5")
    ...     h5py.File(pathlib.Path(folder) / "model.weights.h5")["layers/dense/vars/0"].shape
    (3, 4)
    """
    if max_shard_size is not None:
        raise UnsupportedError(
            f"{model.owner}: `max_shard_size` must be None, because weights are one file; got "
            f"{max_shard_size!r}."
        )
    states = _check.flag(model.owner, "states", states)
    import_module("elman.formats.keras_weights").save(model, filepath, overwrite, states)


def load_weights(
    model: "Model", filepath: "str | Path", skip_mismatch: bool = False, by_name: bool = False
) -> None:
    """Read the weights that `save_weights` or Keras wrote.

    Args:
        model: a built model.
        filepath: ".weights.h5", ".keras", or a ".h5" of Keras 1, 2 or 3.
        skip_mismatch: whether layers are left as they are, with a warning, where the file has
            none or weights of other shapes for them. Layers are known by class and order.
        by_name: whether the layers of a ".h5" file are known by their names, and others left as
            they are.

    States that were saved with them are carried on; where the file has none, they stay.

    Raises:
        FormatError: the file does not hold this model's weights; the model is unchanged.

    >>> import elman, pathlib, tempfile
    >>> make = lambda: elman.Sequential([elman.Input((3,)), elman.layers.Dense(4)])
    >>> model, other = make(), make()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save_weights(pathlib.Path(folder) / "model.weights.h5")
    ...     other.load_weights(pathlib.Path(folder) / "model.weights.h5")
    >>> bool((other([[1.0, 2.0, 3.0]]) == model([[1.0, 2.0, 3.0]])).all())
    True
    """
    skip = _check.flag(model.owner, "skip_mismatch", skip_mismatch)
    by_name = _check.flag(model.owner, "by_name", by_name)
    import_module("elman.formats.keras_weights").load(model, filepath, skip, by_name)
