"""What Keras makes of weights of every number, and of weights of single numbers.

Run with the Python that has Keras 3.15.1:  python tests/golden/make_metric_weights.py
"""

import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np

found = {}
for shape in [(4, 3), (4, 3, 2)]:
    draw = np.random.default_rng(len(shape))
    data = draw.random((2, 3, *shape)).astype("float32")  # batch; targets, predictions, weights
    metric = keras.metrics.RootMeanSquaredError()
    results = []
    for y, p, w in data:
        metric.update_state(y, p, sample_weight=w)
        results.append(float(metric.result()))
    found |= {f"{len(shape)}/data": data, f"{len(shape)}/results": np.array(results)}
for kind in (keras.metrics.Mean, keras.metrics.Sum):
    metric = kind()
    metric.update_state(2.0, sample_weight=3.0)
    metric.update_state(5.0, sample_weight=[1.0])
    found[kind.__name__] = np.array(float(metric.result()))
np.savez_compressed(Path(__file__).with_name("metric_weights.npz"), **found)
