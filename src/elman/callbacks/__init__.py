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

from elman.callbacks.backup_and_restore import BackupAndRestore
from elman.callbacks.base import Callback
from elman.callbacks.callback_list import CallbackList
from elman.callbacks.csv_logger import CSVLogger
from elman.callbacks.early_stopping import EarlyStopping
from elman.callbacks.history import History
from elman.callbacks.lambda_callback import LambdaCallback
from elman.callbacks.learning_rate_scheduler import LearningRateScheduler
from elman.callbacks.model_checkpoint import ModelCheckpoint
from elman.callbacks.progbar_logger import ProgbarLogger
from elman.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from elman.callbacks.remote_monitor import RemoteMonitor
from elman.callbacks.swap_ema_weights import SwapEMAWeights
from elman.callbacks.tensorboard import TensorBoard
from elman.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]
