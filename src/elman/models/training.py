"""The training loop: what `fit`, `evaluate`, `predict` and their like do.

a step:   outputs, tape = forward(x)  ->  loss, douts  ->  dweights = backward(tape, douts)
          ->  the gradient buffers  ->  the optimizer
"""

import warnings
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.callbacks import Callback, CallbackList, History
from elman.errors import ArgumentError, NotBuiltError
from elman.layers.base import INFERENCE, TRAINING
from elman.models.compiled import Compiled
from elman.models.data import Adapter, Batch, Source, arrays
from elman.models.progress import reporter

if TYPE_CHECKING:
    from elman.models.model import Model


def compiled(model: "Model") -> Compiled:
    """Return what `compile` chose.

    Raises:
        NotBuiltError: `compile` was not called.
    """
    if model.compiled is None:
        raise NotBuiltError(
            f"{model.owner}: an optimizer and a loss must be chosen first. "
            "Call `compile(optimizer='adam', loss='mse')`."
        )
    return model.compiled


# ---------------------------------------------------------------------- steps


def train_step(model: "Model", batch: Batch) -> None:
    """Take one step of training."""
    chosen = compiled(model)
    targets = _targets(model, batch)
    outputs, masks, tapes = model.graph.forward(batch.x, (None,) * len(batch.x), TRAINING)
    _, douts = chosen.loss_and_gradients(targets.y, outputs, masks, targets.weights)
    chosen.update_metrics(targets.y, outputs, masks)
    weights = model.trainable_weights
    if not weights:
        return
    buffers = chosen.ready(weights)
    _, dweights = model.graph.backward(tapes, douts)
    for weight in weights:
        gradient = dweights.get(id(weight))
        assert weight.gradient is not None
        weight.gradient[...] = 0 if gradient is None else gradient
    chosen.optimizer.apply(buffers)


def test_step(model: "Model", batch: Batch) -> None:
    """Let the loss and the metrics see one batch."""
    chosen = compiled(model)
    targets = _targets(model, batch)
    outputs, masks, _ = model.graph.forward(batch.x, (None,) * len(batch.x), INFERENCE)
    chosen.loss_and_gradients(targets.y, outputs, masks, targets.weights)
    chosen.update_metrics(targets.y, outputs, masks)


def _targets(model: "Model", batch: Batch) -> Batch:
    """Return the batch, which must have targets."""
    if not batch.y:
        raise ArgumentError(f"{model.owner}: `y` must hold the targets; got None.")
    return batch


# ---------------------------------------------------------------------- many steps


def fit(
    model: "Model",
    x: Any,
    y: Any,
    batch_size: int | None,
    epochs: int,
    verbose: Any,
    callbacks: Any,
    validation_split: float,
    validation_data: Any,
    shuffle: bool,
    class_weight: dict[int, float] | None,
    sample_weight: Any,
    initial_epoch: int,
    steps_per_epoch: int | None,
    validation_steps: int | None,
    validation_batch_size: int | None,
    validation_freq: int,
) -> History:
    """See `Model.fit`."""
    chosen = compiled(model)
    _check.integer(model.owner, "epochs", epochs)
    _check.integer(model.owner, "validation_freq", validation_freq)
    adapter = Adapter(model)
    held_batch = validation_batch_size or batch_size
    if validation_split and validation_data is None:
        size = _check.integer(model.owner, "batch_size", 32 if batch_size is None else batch_size)
        first, last = adapter.split(x, y, sample_weight, class_weight, validation_split)
        source = arrays(model.owner, first, size, steps_per_epoch, shuffle=shuffle, go_on=True)
        held: Source | None = arrays(model.owner, last, held_batch or size, validation_steps)
    else:
        source = adapter.source(
            x, y, sample_weight, batch_size=batch_size, steps=steps_per_epoch,
            shuffle=shuffle, go_on=True, class_weight=class_weight,
        )  # fmt: skip
        held = _held_out(adapter, validation_data, held_batch, validation_steps)
    listeners = _listeners(model, callbacks, verbose)
    model.stop_training, model.history = False, listeners.history
    params = {"epochs": epochs, "steps": source.steps, "verbose": verbose}
    with listeners.running("train", params):
        for epoch in range(initial_epoch, epochs):
            chosen.reset()
            listeners.on_epoch_begin(epoch)
            if _epoch(model, source, listeners, epoch, epoch == initial_epoch) == 0:
                break
            logs = chosen.results()
            if held is not None and (epoch + 1) % validation_freq == 0:
                found = _pass(model, held, listeners)
                logs.update({f"val_{name}": value for name, value in found.items()})
            listeners.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
    return listeners.history


def _epoch(model: "Model", source: Source, listeners: CallbackList, epoch: int, first: bool) -> int:
    """Take the steps of an epoch, and return how many there were.

    As in Keras, training ends with a warning when the data end before the epoch does.
    """
    steps = 0
    for step, batch in enumerate(source.batches()):
        listeners.on_train_batch_begin(step)
        train_step(model, batch)
        listeners.on_train_batch_end(step, compiled(model).results)
        steps += 1
        if model.stop_training:
            return steps
    if steps == 0 and first:
        raise ArgumentError(f"{model.owner}: `x` must give at least one batch; it gave none.")
    if steps < (source.steps or 1):
        warnings.warn(
            f"{model.owner}: `x` must give {source.steps or 'some'} batches in every epoch; it "
            f"gave {steps} in epoch {epoch + 1}. Training stops; set `steps_per_epoch` to what it "
            "can give.",
            stacklevel=4,
        )
        model.stop_training = True
    return steps


def _held_out(
    adapter: Adapter, data: Any, batch_size: int | None, steps: int | None
) -> Source | None:
    """Return the batches to validate on, read anew at each pass."""
    if data is None:
        return None
    if isinstance(data, (tuple, list)):
        if not 2 <= len(data) <= 3:
            raise ArgumentError(
                f"{adapter.owner}: `validation_data` must be (x, y) or (x, y, sample_weight); got "
                f"{len(data)} things."
            )
        return adapter.source(*data, batch_size=batch_size, steps=steps)
    return adapter.source(data, None, steps=steps)


def _pass(model: "Model", source: Source, listeners: CallbackList) -> dict[str, float]:
    """Return the loss and metrics over one pass of data."""
    chosen = compiled(model)
    chosen.reset()
    listeners.on_test_begin()
    steps = 0
    for step, batch in enumerate(source.batches()):
        listeners.on_test_batch_begin(step)
        test_step(model, batch)
        listeners.on_test_batch_end(step, chosen.results)
        steps += 1
    if steps == 0:
        raise ArgumentError(
            f"{model.owner}: there must be at least one batch to evaluate on; a generator that "
            "has come to its end gives none. Give arrays, or `steps` it has."
        )
    found = chosen.results()
    listeners.on_test_end(found)
    return found


def evaluate(
    model: "Model",
    x: Any,
    y: Any,
    batch_size: int | None,
    verbose: Any,
    sample_weight: Any,
    steps: int | None,
    callbacks: Any,
    return_dict: bool,
) -> Any:
    """See `Model.evaluate`."""
    compiled(model)
    source = Adapter(model).source(x, y, sample_weight, batch_size=batch_size, steps=steps)
    listeners = _listeners(model, callbacks, verbose, {"steps": source.steps})
    with listeners.running("evaluate", {"steps": source.steps, "verbose": verbose}):
        found = _pass(model, source, listeners)
    return _packed(found, return_dict)


def predict(
    model: "Model", x: Any, batch_size: int | None, verbose: Any, steps: int | None, callbacks: Any
) -> Any:
    """See `Model.predict`."""
    source = Adapter(model).source(x, None, batch_size=batch_size, steps=steps)
    listeners = _listeners(model, callbacks, verbose)
    parts: list[Sequence[Array]] = []
    with listeners.running("predict", {"steps": source.steps, "verbose": verbose}):
        listeners.on_predict_begin()
        for step, batch in enumerate(source.batches()):
            listeners.on_predict_batch_begin(step)
            parts.append(model.graph.forward(batch.x, (None,) * len(batch.x), INFERENCE)[0])
            outputs = model.pack_outputs(parts[-1])
            listeners.on_predict_batch_end(step, partial(dict, outputs=outputs))
        listeners.on_predict_end()
    if not parts:
        raise ArgumentError(f"{model.owner}: `x` must give at least one batch; it gave none.")
    joined = [
        pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        for pieces in zip(*parts, strict=True)
    ]
    return model.pack_outputs(joined)


def train_on_batch(
    model: "Model", x: Any, y: Any, sample_weight: Any, class_weight: Any, return_dict: bool
) -> Any:
    """See `Model.train_on_batch`."""
    chosen = compiled(model)
    chosen.reset()
    train_step(model, Adapter(model).batch(x, y, sample_weight, class_weight))
    return _packed(chosen.results(), return_dict)


def test_on_batch(model: "Model", x: Any, y: Any, sample_weight: Any, return_dict: bool) -> Any:
    """See `Model.test_on_batch`."""
    chosen = compiled(model)
    chosen.reset()
    test_step(model, Adapter(model).batch(x, y, sample_weight))
    return _packed(chosen.results(), return_dict)


def _packed(found: dict[str, float], return_dict: bool) -> Any:
    """Return results as a dictionary, or as a list, or bare where there is the loss alone."""
    if return_dict:
        return found
    values = list(found.values())
    return values[0] if len(values) == 1 else values


def _listeners(
    model: "Model", callbacks: Any, verbose: Any, params: dict[str, Any] | None = None
) -> CallbackList:
    """Return everyone who is told how it goes: the callbacks, the history, the progress bar."""
    if isinstance(callbacks, CallbackList):
        return callbacks
    given = [callbacks] if isinstance(callbacks, Callback) else list(callbacks or ())
    return CallbackList(model, [*given, *reporter(model.owner, verbose)])
