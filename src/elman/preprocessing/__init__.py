"""Data made ready for a model, under Keras's module name."""

from elman.preprocessing import sequence
from elman.utils import timeseries_dataset_from_array

__all__ = ["sequence", "timeseries_dataset_from_array"]
