"""Traces to be shown as pages."""

import shutil

import numpy as np

import elman
from elman import Input, Sequential, layers
from tests.layers.checks import normal

MISSING = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
INJECTION = "</script><img src=x onerror=alert(1)>"
LAYER = "<img src=x onerror=alert(1)>"  # a name of a layer has no "/"
T, UNITS = 12, 3


def traced(*, y=True, mask=None, timesteps=T, units=UNITS, name="memory"):
    elman.utils.clear_session()
    elman.utils.set_random_seed(0)
    inside = [layers.LSTM(units, return_sequences=True, name=name), layers.GRU(2), layers.Dense(1)]
    model = Sequential([Input((timesteps, 2)), *inside], name="m")
    model.compile("sgd", "mse")
    x = normal(2, timesteps, 2).astype("float32")
    return model.trace(x, np.ones((2, 1)) if y else None, mask=mask)
