"""SwapEMAWeights: validate and save with averaged weights, train with the others."""

from typing import Any

from elman import _check
from elman._typing import Array
from elman.callbacks.base import Callback
from elman.errors import ArgumentError, NotBuiltError
from elman.optimizers import slots


class SwapEMAWeights(Callback):
    """Let the model have its averaged weights while it is evaluated, validated or predicts.

    For an optimizer with `use_ema=True`, which keeps a moving average of each weight. Weights and
    averages change places before, and again after; an error in between changes that not.

    Args:
        swap_on_epoch: let the model have them from the end of an epoch to the beginning of the next
            too, for the callbacks behind this one, such as a `ModelCheckpoint`.

    Raises:
        ArgumentError: the optimizer keeps no averages.
        NotBuiltError: it has not taken a step yet.

    Where Keras, after a prediction, and after a training that was stopped before its last epoch
    with `swap_on_epoch`, leaves the wrong weights in the model, elman puts the right ones there.

    Source: B. T. Polyak and A. B. Juditsky, "Acceleration of stochastic approximation by
    averaging", SIAM J. Control Optim. 30 (1992).

    >>> import elman
    >>> model = elman.Sequential([elman.Input((1,)), elman.layers.Dense(1, "linear", False)])
    >>> model.set_weights([[[1.0]]])
    >>> model.compile(elman.optimizers.SGD(0.25, use_ema=True, ema_momentum=0.5), "mae")
    >>> seen = elman.callbacks.LambdaCallback(
    ...     on_train_batch_end=lambda batch, logs: print("trains at", model.get_weights()[0][0, 0]),
    ...     on_epoch_end=lambda epoch, logs: print("averaged", model.get_weights()[0][0, 0]),
    ... )
    >>> averaged = SwapEMAWeights(swap_on_epoch=True)
    >>> _ = model.fit([[1]], [[0]], epochs=2, callbacks=[averaged, seen], verbose=0)
    trains at 0.75
    averaged 0.75
    trains at 0.5
    averaged 0.625
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        self.swap_on_epoch = _check.flag("SwapEMAWeights", "swap_on_epoch", swap_on_epoch)
        self._swapped = False
        self._averages: list[Array] = []  # of the last epoch, in case training stops with it

    def set_model(self, model: Any) -> None:
        """Take the model, whose optimizer must keep averages."""
        super().set_model(model)
        if not model.optimizer.use_ema:
            raise ArgumentError(
                "SwapEMAWeights: the optimizer must keep averages of the weights; got "
                f"{type(model.optimizer).__name__}(use_ema=False). Make it with `use_ema=True`."
            )

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Give the model the weights to train."""
        self._swap(False)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Give the model its averages, if other callbacks are to see them."""
        if self.swap_on_epoch:
            self._swap(True)
            self._averages = [weight.numpy() for weight in self.model.trainable_weights]

    def on_train_end(self, logs: Any = None) -> None:
        """Leave the averages in the model, as `fit` does without this callback."""
        if self._swapped:  # `fit` has taken what stood in their place for them
            for weight, average, kept in zip(*self._pairs(), self._averages, strict=True):
                weight.assign(kept)
                average[...] = kept
            self._swapped = False

    def on_test_begin(self, logs: Any = None) -> None:
        """Give the model its averages."""
        self._swap(True)

    def on_test_end(self, logs: Any = None) -> None:
        """Give the model the weights to train."""
        self._swap(False)

    def on_predict_begin(self, logs: Any = None) -> None:
        """Give the model its averages."""
        self._swap(True)

    def on_predict_end(self, logs: Any = None) -> None:
        """Give the model the weights to train."""
        self._swap(False)

    def close(self) -> None:
        """Give the model the weights to train, where something broke off."""
        self._swap(False)
        self._averages = []

    def _swap(self, wanted: bool) -> None:
        """Let weights and averages change places, unless it already is as wanted."""
        if self._swapped == wanted:
            return
        for weight, average in zip(*self._pairs(), strict=True):
            kept = weight.numpy()
            weight.assign(average)
            average[...] = kept
        self._swapped = wanted

    def _pairs(self) -> tuple[list[Any], list[Array]]:
        """Return the weights and their averages."""
        optimizer, weights = self.model.optimizer, self.model.trainable_weights
        if not optimizer.iterations:
            raise NotBuiltError(
                "SwapEMAWeights: the optimizer must have taken a step, because there are no "
                "averages before. Call `fit` first."
            )
        return weights, slots.averages(optimizer, weights)
