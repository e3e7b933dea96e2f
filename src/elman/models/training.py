"""The training loop: what `fit`, `evaluate`, `predict` and their like do.

These functions are the methods of `Model`; `elman.models.steps` has what each step does.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check
from elman._warning import warn
from elman.callbacks import History
from elman.callbacks.listeners import Listeners
from elman.errors import ArgumentError
from elman.layers.parts.passes import INFERENCE
from elman.models import carrying, own_steps, resetting
from elman.models.batches import Batch, Source
from elman.models.data import Adapter
from elman.models.finite import Finite
from elman.models.lengths import apart
from elman.models.lookout import lookout
from elman.models.steps import compiled, test_step, train_step
from elman.models.truncated import Truncated

if TYPE_CHECKING:
    from elman.models.model import Model


def fit(
    model: "Model",
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: Any = "auto",
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: dict[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: int = 1,
    nan: str = "allow",
    lengths: Any = None,
    mask: Any = None,
    bptt_steps: int | None = None,
    reset_mask: Any = None,
    **unknown: Any,
) -> History:
    """Train the model.

    Args:
        x: inputs (samples, …), a list or dictionary of such; or a generator of batches
            `(x, y)` or `(x, y, sample_weight)`; or an object with `len` and `[i]` that
            returns such batches. For an input of sequences it may be a list of arrays
            (timesteps_i, …) of different lengths, which are padded batch by batch, and masked.
        y: targets, in the structure of the outputs. Per step they may be a list of arrays as well;
            padded steps count neither in the loss nor in metrics.
        batch_size: samples a step, 32 by default. Where it does not divide their number, the last
            step has fewer; in `stateful` layers these go on from the first rows.
        epochs: passes over the data; counting starts at `initial_epoch`. At each, `stateful`
            layers begin anew; validation has states of its own.
        verbose: "auto" or 1 for a progress bar where there is a terminal or a notebook, and a line
            an epoch elsewhere, as in a pipe; 2 for a line an epoch anywhere, 0 for silence.
        callbacks: an instance of `elman.callbacks`, or a list of them.
        validation_split: share of the samples, the last ones, that is kept for validation.
        validation_data: `(x, y)`, `(x, y, sample_weight)` or `(x, y, sample_weight, reset_mask)`
            to validate on, of which x and y may be lists of arrays of different lengths. Or a
            dictionary of `x`, `y` and any of `sample_weight`, `lengths`, `mask`, `reset_mask`:
            those given to `fit` are for its own `x`.
        shuffle: draw the samples in a new order in each epoch.
        class_weight: weight of each class in the loss, class -> weight; for one output.
        sample_weight: weight of each sample (samples,) or timestep (samples, timesteps).
        initial_epoch: where counting starts.
        steps_per_epoch: batches an epoch, needed for a generator that does not end.
        validation_steps: batches of validation.
        validation_batch_size: samples a step of validation.
        validation_freq: validate after every so many epochs.
        nan: "error" to refuse NaN in inputs, targets and sample weights, of validation too, with
            the place of the first; "allow" to compute with it, which makes NaN of the loss. A step
            that holds NaN is never one that `Masking` skips, as NaN equals no `mask_value`: give
            padding a number.
        lengths: (samples,) how many timesteps of each sample count, of a padded array; a list or a
            dictionary of such for several inputs. 0 is a sample without any.
        mask: likewise, (samples, timesteps), True where a step counts. Any pattern.
        bptt_steps: train on so many timesteps at a time (truncated BPTT): recurrent layers carry
            their states from chunk to chunk of a batch, through which no gradient goes, and weights
            are updated after each. Where there is one output a sequence, the gradient is that of
            the last so many timesteps. As many as there are, or more, is BPTT as ever.
        reset_mask: (samples, timesteps), True where recurrent layers reset a sample before the
            step, such as where the next document of a packed row begins; see `RNN`. For arrays, and
            for lists, where it has the timesteps of the longest; not for generators.
        unknown: nothing; the error says which argument was meant.

    Returns:
        A `History`, whose `.history` holds the loss and each metric by epoch.
    """
    if unknown:
        _check.no_more(model.owner, fit, unknown)
    compiled(model)
    _check.integer(model.owner, "epochs", epochs, minimum=0)
    _check.integer(model.owner, "validation_freq", validation_freq)
    _check.integer(model.owner, "initial_epoch", initial_epoch, minimum=0)
    _check.flag(model.owner, "shuffle", shuffle)
    beside = {"lengths": lengths, "mask": mask}
    truncated = None if bptt_steps is None else Truncated(model, bptt_steps)
    source, held = Adapter(model, nan, beside=beside, settled=truncated is None).sources(
        x, y, sample_weight, class_weight,
        batch_size=batch_size, steps=steps_per_epoch, shuffle=shuffle,
        validation_split=validation_split, validation_data=validation_data,
        validation_batch_size=validation_batch_size, validation_steps=validation_steps,
        reset_mask=reset_mask,
    )  # fmt: skip
    if "train_step" not in model.steps_anew:
        carrying.check_passes(model, source, epochs - initial_epoch)
    listeners = Listeners(model, callbacks, verbose, remember=True)
    model.stop_training, model.history = False, listeners.history
    model.resume_epoch, model.shuffler = None, source.shuffler
    params = {"epochs": epochs, "steps": source.steps, "verbose": verbose}
    with listeners.running("train", params), lookout(model, listeners.callbacks):
        first = initial_epoch if model.resume_epoch is None else model.resume_epoch
        take = _stepper(model, "train_step", truncated)
        _epochs(model, source, held, listeners, range(first, epochs), validation_freq, take)
        compiled(model).finalize()
    return listeners.history


def _epochs(
    model: "Model",
    source: Source,
    held: Source | None,
    listeners: Listeners,
    epochs: range,
    validation_freq: int,
    take: "Stepper",
) -> None:
    """Train for these epochs, validate after every so many, and tell the listeners."""
    watch = Finite(model, listeners.callbacks)
    for epoch in epochs:
        model.reset_metrics()
        carrying.begin(model)
        listeners.tell("on_epoch_begin", epoch, {})
        results = _epoch(model, source, listeners, epoch, epoch == epochs[0], watch, take)
        if results is None:
            break
        logs = dict(results())
        watch.look(logs.get("loss"), epoch)
        if held is not None and (epoch + 1) % validation_freq == 0:
            with carrying.apart(model):
                found = _pass(model, held, listeners)
            logs.update({f"val_{name}": value for name, value in found.items()})
        listeners.tell("on_epoch_end", epoch, logs)
        if model.stop_training:
            break


Logs = Callable[[], dict[str, Any]]
Stepper = Callable[[Batch], Logs]


def _stepper(model: "Model", name: str, step: Callable[[Batch], None] | None = None) -> Stepper:
    """Return what takes a step, the model's own or elman's, and returns what gives its logs."""
    if name in model.steps_anew:
        return partial(own_steps.take, model, name)
    step = step or partial(train_step if name == "train_step" else test_step, model)
    results = own_steps.results(model)

    def take(batch: Batch) -> Logs:
        step(batch)
        return results

    return take


def _epoch(
    model: "Model",
    source: Source,
    listeners: Listeners,
    epoch: int,
    first: bool,
    watch: Finite,
    take: "Stepper",
) -> Logs | None:
    """Take the steps of an epoch, and return what gives its logs, None if there were no steps.

    As in Keras, training ends with a warning when the data end before the epoch does.
    """
    steps, logs, total = 0, None, compiled(model).total
    rows = carrying.Rows(model, source.steps)
    for step, batch in enumerate(source.batches()):
        listeners.tell("on_train_batch_begin", step, {})
        with rows.of(step, batch):
            logs = take(batch)
        if not isfinite(total.total):
            watch.look(total.total, epoch, step)
        listeners.tell_lazily("on_train_batch_end", step, logs)
        steps += 1
        if model.stop_training:
            return logs
    if steps == 0 and first:
        raise ArgumentError(f"{model.owner}: `x` must give at least one batch; it gave none.")
    if steps < (source.steps or 1):
        warn(
            f"{model.owner}: `x` must give {source.steps or 'some'} batches in every epoch; it "
            f"gave {steps} in epoch {epoch + 1}. Training stops; set `steps_per_epoch` to what it "
            "can give.",
        )
        model.stop_training = True
    return logs


def _pass(model: "Model", source: Source, listeners: Listeners) -> dict[str, float]:
    """Return the loss and metrics over one pass of data."""
    model.reset_metrics()
    model.stop_evaluating = False
    listeners.tell("on_test_begin", {})
    take, logs = _stepper(model, "test_step"), None
    rows = carrying.Rows(model, source.steps)
    for step, batch in enumerate(source.batches()):
        listeners.tell("on_test_batch_begin", step, {})
        with rows.of(step, batch):
            logs = take(batch)
        listeners.tell_lazily("on_test_batch_end", step, logs)
        if model.stop_evaluating:
            break
    if logs is None:
        raise ArgumentError(
            f"{model.owner}: there must be at least one batch to evaluate on; a generator that "
            "has come to its end gives none. Give arrays, or `steps` it has."
        )
    found = dict(logs())
    listeners.tell("on_test_end", found)
    return found


def evaluate(
    model: "Model",
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    verbose: Any = "auto",
    sample_weight: Any = None,
    steps: int | None = None,
    callbacks: Any = None,
    return_dict: bool = False,
    nan: str = "allow",
    lengths: Any = None,
    mask: Any = None,
    reset_mask: Any = None,
    **unknown: Any,
) -> Any:
    """Return the loss and metrics on data.

    Args:
        x, y, batch_size, verbose, sample_weight, callbacks, nan, lengths, mask, reset_mask,
            unknown: as for `fit`.
        steps: batches to draw, for a generator.
        return_dict: return a dictionary by name, not a list. Both are in the order of
            `metrics_names`: the loss; the loss of each output, where several have one; the
            metrics, where there are several outputs sorted by name.

    Returns:
        The loss alone where there are no metrics; else a list, or a dictionary.
    """
    if unknown:
        _check.no_more(model.owner, evaluate, unknown)
    compiled(model)
    adapter = Adapter(model, nan, beside={"lengths": lengths, "mask": mask})
    source = adapter.source(
        x, y, sample_weight, batch_size=batch_size, steps=steps, reset_mask=reset_mask
    )
    listeners = Listeners(model, callbacks, verbose)
    with listeners.running("evaluate", {"epochs": 1, "steps": source.steps, "verbose": verbose}):
        found = _pass(model, source, listeners)
    return packed(found, return_dict)


def predict(
    model: "Model",
    x: Any,
    batch_size: int | None = None,
    verbose: Any = "auto",
    steps: int | None = None,
    callbacks: Any = None,
    nan: str = "allow",
    lengths: Any = None,
    mask: Any = None,
    reset_mask: Any = None,
    **unknown: Any,
) -> Any:
    """Return the outputs for many samples, computed batch by batch.

    Args:
        x: inputs as for `fit`.
        batch_size: samples a batch, 32 by default.
        verbose, callbacks, nan, lengths, mask, reset_mask, unknown: as for `fit`.
        steps: batches to draw, for a generator.

    Returns:
        Arrays in the structure of the outputs; where x is a list of arrays of different lengths,
        outputs per step are lists of arrays of these lengths.
    """
    if unknown:
        _check.no_more(model.owner, predict, unknown)
    adapter = Adapter(model, nan, cut=False, beside={"lengths": lengths, "mask": mask})
    source = adapter.source(x, None, batch_size=batch_size, steps=steps, reset_mask=reset_mask)
    listeners = Listeners(model, callbacks, verbose)
    parts: list[Sequence[Any]] = []
    model.stop_predicting = False
    predict_batch: Callable[[Batch], Any] = partial(outputs_of, model)
    pack: Callable[[Any], Any] = model.pack_outputs
    if "predict_step" in model.steps_anew:
        predict_batch, pack = own_steps.predicting(model)
    rows = carrying.Rows(model, source.steps)
    with listeners.running("predict", {"epochs": 1, "steps": source.steps, "verbose": verbose}):
        listeners.tell("on_predict_begin", {})
        for step, batch in enumerate(source.batches()):
            listeners.tell("on_predict_batch_begin", step, {})
            with rows.of(step, batch):
                parts.append(predict_batch(batch))
            results = partial(_predicted, pack, parts[-1])
            listeners.tell_lazily("on_predict_batch_end", step, results)
            if model.stop_predicting:
                break
        listeners.tell("on_predict_end", {})
    if not parts:
        raise ArgumentError(f"{model.owner}: `x` must give at least one batch; it gave none.")
    return pack([_joined(pieces) for pieces in zip(*parts, strict=True)])


def outputs_of(model: "Model", batch: Batch) -> list[Any]:
    """Return the outputs of one batch."""
    masks, mode = batch.masks or (None,) * len(batch.x), resetting.mode(INFERENCE, batch)
    outputs, found, _ = model.graph.forward(batch.x, masks, mode)
    return apart(model, batch, outputs, found) if batch.lengths else outputs


def _joined(pieces: Sequence[Any]) -> Any:
    """Return the outputs of all batches as one array, or as one list of sequences."""
    if len(pieces) == 1:
        return pieces[0]
    if isinstance(pieces[0], list):
        return [sequence for piece in pieces for sequence in piece]
    return np.concatenate(pieces)


def _predicted(pack: Callable[[Any], Any], outputs: Sequence[Any]) -> dict[str, Any]:
    """Return what callbacks are told of a batch of predictions."""
    return {"outputs": pack(outputs)}


def packed(found: dict[str, float], return_dict: bool) -> Any:
    """Return results as a dictionary, or as a list, or bare where there is the loss alone."""
    if return_dict:
        return found
    values = list(found.values())
    return values[0] if len(values) == 1 else values
