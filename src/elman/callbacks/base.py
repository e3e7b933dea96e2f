"""What a callback is: an object with a method for every moment of training that it can hear of."""

from typing import Any

from elman._construction import Constructed


class Callback(Constructed):
    """Base class. `self.model` and `self.params` are set before anything begins.

    `logs` holds the loss and the metrics so far, by name: of a batch the means over the batches of
    its epoch up to it; of an epoch those, and with "val_" before them those of its validation. At
    the end of a batch of predictions it holds the "outputs". What is written to the logs of an
    event is there for the callbacks that hear of it after this one, the history among them; what a
    method returns is not looked at.

    >>> import elman
    >>> class Rate(elman.callbacks.Callback):
    ...     def on_epoch_begin(self, epoch, logs=None):
    ...         self.model.optimizer.learning_rate *= 0.5
    >>> model = elman.Sequential([elman.Input((2,)), elman.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> _ = model.fit([[1.0, 2.0]], [[1.0]], epochs=2, callbacks=[Rate()], verbose=0)
    >>> model.optimizer.learning_rate
    0.0025

    Attributes:
        model: the model that is trained. `self.model.stop_training = True` ends training after
            the step and the validation that are under way; `stop_evaluating` and
            `stop_predicting` end an evaluation and a prediction after the batch.
        params: "epochs", "steps" (batches an epoch, None if not known) and "verbose".
        lazy_logs: at the end of a batch, take a function that works the logs out in their place.
        heeds_nan: see to a loss that is not finite, of which `fit` does not warn then.
        locates_nan: have `fit` run such a batch once more, before its step, to find where the first
            value is that is not finite.
    """

    lazy_logs = False
    heeds_nan = False
    locates_nan = False

    model: Any = None
    params: Any = None

    def set_model(self, model: Any) -> None:
        """Take the model that is trained."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Take the number of epochs, of steps an epoch, and `verbose`."""
        self.params = params

    def on_train_begin(self, logs: Any = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Any = None) -> None:
        """After the last epoch, with its logs; not if training was broken off."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Before an epoch."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """After an epoch and its validation."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a step of training."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a step of training."""
        self.on_batch_end(batch, logs=logs)

    def on_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a step of training, by Keras's older name."""

    def on_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a step of training, by Keras's older name."""

    def on_test_begin(self, logs: Any = None) -> None:
        """Before validation or evaluation."""

    def on_test_end(self, logs: Any = None) -> None:
        """After validation or evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of validation or evaluation."""

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of validation or evaluation."""

    def on_predict_begin(self, logs: Any = None) -> None:
        """Before prediction."""

    def on_predict_end(self, logs: Any = None) -> None:
        """After prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Before a batch of prediction."""

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        """After a batch of prediction."""

    def close(self) -> None:
        """At the very end, after an error too: give back what was opened."""


EVENTS = tuple(name for name in vars(Callback) if name.startswith("on_"))
