"""ProgbarLogger: where among the callbacks progress is shown."""

from typing import Any

from elman.callbacks.base import Callback
from elman.callbacks.progress import reporter


class ProgbarLogger(Callback):
    """Shows what `verbose` asks for, in its place among the callbacks.

    `fit`, `evaluate` and `predict` add one behind the others by themselves; one that is given takes
    its place. It draws elman's own bar, or prints a line an epoch: see `Model.fit`.

    >>> import elman
    >>> model = elman.Sequential([elman.Input((2,)), elman.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> say = elman.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: print("last"))
    >>> bar = elman.callbacks.ProgbarLogger()
    >>> _ = model.fit([[0, 0]], [[0]], callbacks=[bar, say], verbose=2)  # doctest: +ELLIPSIS
    epoch 1/1  ...  loss 0
    last
    """

    lazy_logs = True

    def __init__(self) -> None:
        self._shown: list[Callback] = []

    def set_model(self, model: Any) -> None:
        """Take the model that is trained."""
        super().set_model(model)
        for each in self._shown:
            each.set_model(model)

    def set_params(self, params: dict[str, Any]) -> None:
        """Take the number of epochs, of steps an epoch, and `verbose`, which decides."""
        self.close()
        super().set_params(params)
        self._shown = reporter(type(self).__name__, params.get("verbose", "auto"))
        for each in self._shown:
            each.set_params(params)

    def on_train_begin(self, logs: Any = None) -> None:
        """Show the bar."""
        for each in self._shown:
            each.on_train_begin(logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock."""
        for each in self._shown:
            each.on_epoch_begin(epoch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move the bar by a batch's share of an epoch."""
        for each in self._shown:
            each.on_train_batch_end(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Show the loss and the metrics."""
        for each in self._shown:
            each.on_epoch_end(epoch, logs)

    def on_train_end(self, logs: Any = None) -> None:
        """Leave the bar as it stands."""
        for each in self._shown:
            each.on_train_end(logs)

    def on_predict_begin(self, logs: Any = None) -> None:
        """Show the bar."""
        for each in self._shown:
            each.on_predict_begin(logs)

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move the bar by a batch."""
        for each in self._shown:
            each.on_predict_batch_end(batch, logs)

    def on_predict_end(self, logs: Any = None) -> None:
        """Leave the bar as it stands."""
        for each in self._shown:
            each.on_predict_end(logs)

    def close(self) -> None:
        """Give the terminal back."""
        for each in self._shown:
            each.close()
