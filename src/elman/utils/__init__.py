"""Helpers around data and training, under Keras's module name."""

from elman.models.py_dataset import PyDataset
from elman.utils.numerical import normalize, to_categorical
from elman.utils.plotting import model_to_dot, plot_model
from elman.utils.samples import Batches, Samples
from elman.utils.seeding import clear_session, set_random_seed
from elman.utils.sequences import pad_sequences
from elman.utils.splitting import split_dataset
from elman.utils.timeseries import timeseries_dataset_from_array

Sequence = PyDataset  # Keras's older name for it

__all__ = [
    "Batches",
    "PyDataset",
    "Samples",
    "Sequence",
    "clear_session",
    "model_to_dot",
    "normalize",
    "pad_sequences",
    "plot_model",
    "set_random_seed",
    "split_dataset",
    "timeseries_dataset_from_array",
    "to_categorical",
]
