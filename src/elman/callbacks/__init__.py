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

from typing import TYPE_CHECKING

from elman import _check
from elman._later import Later
from elman.callbacks.base import Callback
from elman.callbacks.callback_list import CallbackList
from elman.callbacks.early_stopping import EarlyStopping
from elman.callbacks.history import History
from elman.callbacks.lambda_callback import LambdaCallback
from elman.callbacks.model_checkpoint import ModelCheckpoint
from elman.callbacks.progbar_logger import ProgbarLogger
from elman.callbacks.terminate_on_nan import TerminateOnNaN

if TYPE_CHECKING:
    from elman.callbacks.backup_and_restore import BackupAndRestore
    from elman.callbacks.csv_logger import CSVLogger
    from elman.callbacks.learning_rate_scheduler import LearningRateScheduler
    from elman.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
    from elman.callbacks.remote_monitor import RemoteMonitor
    from elman.callbacks.swap_ema_weights import SwapEMAWeights
    from elman.callbacks.tensorboard import TensorBoard
    from elman.callbacks.trace_callback import TraceCallback

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
    "TraceCallback",
]

_LATER = Later[object](
    __name__,
    {
        "backup_and_restore": "BackupAndRestore",
        "csv_logger": "CSVLogger",
        "learning_rate_scheduler": "LearningRateScheduler",
        "reduce_lr_on_plateau": "ReduceLROnPlateau",
        "remote_monitor": "RemoteMonitor",
        "swap_ema_weights": "SwapEMAWeights",
        "tensorboard": "TensorBoard",
        "trace_callback": "TraceCallback",
    },
)


def __getattr__(name: str) -> object:
    if name in _LATER:
        return _LATER[name]
    raise _check.absent("elman.callbacks", name, __all__)


def __dir__() -> list[str]:
    return __all__
