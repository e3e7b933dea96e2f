"""Configurations that are wrong, and the fix."""

import re

import pytest

from elman import layers
from elman.errors import ArgumentError, UnsupportedError


class Sneaky(layers.Layer):
    """A class that is in no table."""


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: layers.LSTM.from_config({"units": 2, "kernel_regularizer": {"l2": 0.1}}),
            ArgumentError,
            "regularizer: `identifier` must have the keys 'class_name' and 'config'; got "
            "{'l2': 0.1}.",
        ),
        (
            lambda: layers.LSTM.from_config({"units": 2, "time_major": True}),
            UnsupportedError,
            "LSTM: `time_major` must be left out, because elman does not have it; got True.",
        ),
        (
            lambda: layers.InputLayer.from_config({"batch_shape": [None, 2], "sparse": True}),
            UnsupportedError,
            "InputLayer: `sparse` must be left out, because elman does not have it; got True.",
        ),
        (
            lambda: layers.InputLayer.from_config({"batch_shape": [None, 2], "ragged": True}),
            UnsupportedError,
            "InputLayer: `ragged` must be left out, because elman does not have it; got True.",
        ),
        (
            lambda: layers.LSTM.from_config({}),
            ArgumentError,
            "LSTM: `config` must have the key 'units'; got [].",
        ),
        (
            lambda: layers.LSTM.from_config(3),
            ArgumentError,
            "LSTM: `config` must be a dictionary; got 3.",
        ),
        (
            lambda: layers.Dense.from_config({"units": 2, "lora_rank": 4}),
            UnsupportedError,
            "Dense: `lora_rank` must be left out, because elman does not have it; got 4.",
        ),
        (
            lambda: layers.Dense.from_config({"units": -2}),
            ArgumentError,
            "Dense: `units` must be a positive integer; got -2.",
        ),
        (
            lambda: layers.deserialize({"class_name": "Conv9D", "config": {"name": "c"}}),
            UnsupportedError,
            "deserialize: layer 'c' has class Conv9D, which elman does not have. "
            "See `elman.layers.__all__`. Did you mean 'Conv1D'? For a class of your own give "
            "`custom_objects={'Conv9D': Conv9D}`.",
        ),
        (
            lambda: layers.deserialize({"class_name": "LSTMM", "config": {}}),
            UnsupportedError,
            "See `elman.layers.__all__`. Did you mean 'LSTM'? For a class of your own",
        ),
        (
            lambda: layers.deserialize(layers.serialize(Sneaky())),
            UnsupportedError,
            "`Sneaky` must be registered or given to be loaded, because it is a class",
        ),
        (
            lambda: layers.deserialize({"config": {}}),
            ArgumentError,
            "deserialize: `config` must be a dictionary with 'class_name' and 'config'; "
            "got {'config': {}}.",
        ),
        (
            lambda: layers.deserialize("LSTM"),
            ArgumentError,
            "deserialize: `config` must be a dictionary with 'class_name' and 'config'; "
            "got 'LSTM'.",
        ),
        (
            lambda: layers.deserialize({"class_name": ["LSTM"], "config": {}}),
            ArgumentError,
            "deserialize: `config` must be a dictionary with 'class_name' and 'config'; got",
        ),
        (
            lambda: layers.deserialize({"class_name": "LSTM", "config": "x"}),
            ArgumentError,
            "deserialize: `config` must be a dictionary with 'class_name' and 'config'; got",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
