"""Callbacks: what is told how training goes, and may save, stop or print.

>>> import elman
>>> class Shout(elman.callbacks.Callback):
...     def on_epoch_end(self, epoch, logs=None):
...         print("done with", epoch, sorted(logs))
>>> model = elman.Sequential([elman.Input((2, 1)), elman.layers.SimpleRNN(1)])
>>> model.compile("sgd", "mse")
>>> _ = model.fit([[[1.0], [2.0]]], [[1.0]], callbacks=[Shout()], verbose=0)
done with 0 ['loss']
"""

from elman.callbacks.base import Callback, History, LambdaCallback, TerminateOnNaN
from elman.callbacks.early_stopping import EarlyStopping
from elman.callbacks.model_checkpoint import ModelCheckpoint

__all__ = [
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "ModelCheckpoint",
    "TerminateOnNaN",
]
