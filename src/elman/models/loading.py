"""Models that are read again: from a file, or from the text of their architecture."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from elman import _check
from elman.errors import ArgumentError, ElmanError, FormatError
from elman.layers import deserialize
from elman.models.model import Model

if TYPE_CHECKING:
    from pathlib import Path


def load_model(
    filepath: "str | Path",
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Model:
    """Read a model that `model.save` or Keras 1, 2 or 3 wrote.

    Args:
        filepath: a ".keras" or ".h5" file.
        custom_objects: classes and functions of your own in it, by name, unless they are
            registered; see `elman.saving.register_keras_serializable`.
        safe_mode: accepted as in Keras; no code is ever read from a file.
        compile: whether to restore the optimizer, the losses and the metrics too.

    Raises:
        FormatError: the file is none that they write, or is damaged.
        UnsupportedError: it has a layer, loss, metric or optimizer that elman does not have.

    >>> import elman, pathlib, tempfile
    >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.GRU(4)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(pathlib.Path(folder) / "model.keras")
    ...     again = load_model(pathlib.Path(folder) / "model.keras")
    >>> bool((again([[[1.0, 2.0, 3.0]]]) == model([[[1.0, 2.0, 3.0]]])).all())
    True
    """
    found: Model = import_module("elman.formats.keras").load(filepath, compile, custom_objects)
    return found


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """Make a model from what `to_json` or Keras wrote; its weights are new.

    Args:
        json_string: the text.
        custom_objects: classes and functions of your own in it, by name.

    Raises:
        ArgumentError: a layer has an argument that it cannot have.
        FormatError: the text is not JSON, or does not describe a model.
        UnsupportedError: the model has a layer that elman does not have.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((None, 3)), elman.layers.GRU(4)])
    >>> model_from_json(model.to_json()).output_shape
    (None, 4)
    """
    import json

    if not isinstance(json_string, (str, bytes)):
        raise ArgumentError(
            f"model_from_json: `json_string` must be a string; got {_check.shown(json_string)}."
        )
    try:
        config = json.loads(json_string)
    except (ValueError, RecursionError) as error:  # no UTF-8, numbers of 5000 digits
        raise FormatError(f"model_from_json: `json_string` must be JSON; {error}.") from None
    model = _described(config, custom_objects)
    if not isinstance(model, Model):
        raise FormatError(f"model_from_json: `json_string` must be a model; got {model.owner}.")
    return model


def _described(config: Any, custom_objects: Mapping[str, Any] | None) -> Any:
    """Return the layer of a configuration, whose weights take as much memory as it says.

    Raises:
        FormatError: it describes none, or one for which there is no memory.
    """
    try:
        return deserialize(config, custom_objects)
    except ElmanError:
        raise
    except MemoryError as error:
        raise FormatError(
            "model_from_json: `json_string` must describe a model whose weights this machine's "
            f"memory holds; {str(error)[:1].lower()}{str(error)[1:].rstrip('.')}."
        ) from error
    except Exception as error:  # a configuration can be wrong anywhere
        raise FormatError(
            f"model_from_json: `json_string` must describe a model; {error}"
        ) from error
