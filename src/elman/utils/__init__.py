"""Helpers around data and training, under Keras's module name."""

from elman import _check
from elman._settings import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)
from elman.models.py_dataset import PyDataset
from elman.saving import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)
from elman.utils.dataset import Dataset
from elman.utils.dtypes import is_keras_tensor, standardize_dtype
from elman.utils.numerical import normalize, to_categorical
from elman.utils.packing import pack_x_y_sample_weight, unpack_x_y_sample_weight
from elman.utils.plotting import model_to_dot, plot_model
from elman.utils.samples import Batches, Samples
from elman.utils.seeding import clear_session, set_random_seed
from elman.utils.sequences import pad_sequences
from elman.utils.splitting import split_dataset
from elman.utils.timeseries import timeseries_dataset_from_array

Sequence = PyDataset  # Keras's older name for it

__all__ = [
    "Batches",
    "CustomObjectScope",
    "Dataset",
    "PyDataset",
    "Samples",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]

_INSTEAD = {  # part of a name that Keras has and elman has not: what to do
    "get_file": "elman downloads nothing. Fetch the file yourself, and give its path.",
    "from_directory": "elman reads no folders of images, texts or sounds.",
    "Progbar": "`fit` shows progress by itself; see `callbacks.ProgbarLogger`.",
    "FeatureSpace": "Tables become windows in `elman.forecasting`.",
}


def __getattr__(name: str) -> object:
    raise _check.absent("elman.utils", name, __all__, _INSTEAD)
