"""What Keras needs to be told of states, which elman's `fit` does by itself.

In Keras a stateful layer carries its state through epochs, and from training into validation and
back. In elman each epoch begins anew, and validation has states of its own.
"""

from typing import Any


def beginning_anew(keras: Any) -> Any:
    """Return the callback by which Keras's `fit` carries states as elman's does."""

    class BeginAnew(keras.callbacks.Callback):  # type: ignore[misc]
        def _layers(self) -> list[Any]:
            return [layer for layer in self.model.layers if getattr(layer, "stateful", False)]

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            for layer in self._layers():
                layer.reset_state()

        def on_test_begin(self, logs: Any = None) -> None:
            self.kept = [[s.numpy() for s in layer.states] for layer in self._layers()]
            self.on_epoch_begin(0)

        def on_test_end(self, logs: Any = None) -> None:
            for layer, states in zip(self._layers(), self.kept, strict=True):
                for variable, state in zip(layer.states, states, strict=True):
                    variable.assign(state)

    return BeginAnew()
