"""Truncated backpropagation through time: sequences, trained on in chunks of k timesteps.

    state_0 = start         state_c, y_c = model(x_c, state_{c-1})     x_c = x[:, c k : (c + 1) k]
    L_c = loss(y_c)         dweights = dL_c/d(weights), state_{c-1} taken for a constant
                            one step of the optimizer after each chunk

The state goes from chunk to chunk, the gradient does not. Of a model that puts out one thing a
sequence, the last k timesteps alone are a chunk to train on; those before are run for their state,
and there is one step of the optimizer. With k >= timesteps all this is backpropagation through
time as ever.

Source: R. J. Williams and J. Peng, "An efficient gradient-based algorithm for on-line training of
recurrent network trajectories", Neural Computation 2(4), 1990; I. Sutskever, "Training Recurrent
Neural Networks", PhD thesis, 2013, section 2.8.6, of which k1 = k2 = k.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.layers import RNN, Bidirectional, Masking, RepeatVector, Reshape, TimeDistributed
from elman.layers.parts.nesting import with_sublayers
from elman.layers.parts.passes import IN_TRAINING, TRAINING, Carried
from elman.layers.parts.ragged import Ragged
from elman.models import lengths, resetting, settling
from elman.models.batches import Batch, Picked
from elman.models.own_model import ModelCall
from elman.models.steps import compiled, train_step
from elman.models.whole import Whole
from elman.parameters import version

if TYPE_CHECKING:
    from elman.models.model import Model


FIT = "_fit_for_chunks"  # where a model that was checked keeps the version at which it was


class Truncated:
    """What takes a step of training on a batch, or several: one a chunk.

    Args:
        model: the model.
        steps: k, the timesteps of a chunk.
    """

    def __init__(self, model: "Model", steps: Any) -> None:
        self.model, self.steps = model, _check.integer(model.owner, "bptt_steps", steps)
        if "train_step" in model.steps_anew:
            raise UnsupportedError(
                f"{model.owner}: `bptt_steps` must be left out where the class takes its steps "
                f"itself; got {steps}. Cut the batch up in its `train_step`, with stateful layers."
            )

    def __call__(self, batch: Batch) -> None:
        """Train on a batch, as it was entered."""
        model, k = self.model, self.steps
        if vars(model).get(FIT) is not version():
            check(model)
            vars(model)[FIT] = version()
        T = _timesteps(model, batch)
        if k >= T:
            read = Batch._make([[_read(array) for array in part] for part in batch])
            train_step(model, settling.settle(model, read))
            return
        _check_targets(model, batch, T)
        carried, single = Carried(), _is_single(model, batch)
        if single:
            _check_learned(model.owner, model, T, k)
            batch = _in_front(model.owner, batch)
        whole, cut = None if single else Whole(), _along_time(model, batch)
        for start, stop in _bounds(T, k, from_the_end=single):
            chunk = _chunk(model, batch, cut, start, stop)
            if single and stop < T:
                masks = chunk.masks or (None,) * len(chunk.x)
                mode = resetting.mode(IN_TRAINING._replace(carried=carried), chunk)
                model.graph.forward(chunk.x, masks, mode)
            else:
                if whole is not None:
                    whole.share = (stop - start) / T
                train_step(model, chunk, TRAINING._replace(carried=carried), whole)
            carried.turn()
        if whole is not None:
            whole.track(compiled(model), len(batch.x[0]))


# ---------------------------------------------------------------------- which models


def check(model: "Model") -> None:
    """Check that a model needs, at each timestep, those so far and nothing else.

    Raises:
        UnsupportedError: a layer needs more; the message names it.
    """
    for node in model.graph.nodes:
        layer: Any = node.layer
        if isinstance(layer, TimeDistributed) or not node.inputs:
            continue
        shapes = [tensor.shape for tensor in node.inputs]
        why = _obstacle(layer, shapes, [tensor.shape for tensor in node.outputs])
        if why:
            raise UnsupportedError(
                f"{model.owner}: every layer must need the timesteps so far and nothing else where "
                f"`bptt_steps` is given; got {layer.owner}, which {why}. Leave `bptt_steps` out; "
                "`checkpoint_steps` of recurrent layers saves memory as well."
            )
        if getattr(layer, "drawn", False):
            check(layer)


def _obstacle(layer: Any, inputs: list[Any], outputs: list[Any]) -> str:
    """Return why a layer cannot read a sequence in chunks, or nothing."""
    from elman.models import obstacles  # with layers of which most models have none

    inside = with_sublayers(layer.model if isinstance(layer, ModelCall) else layer)
    if isinstance(layer, Bidirectional):
        return "also reads the sequence from its end"
    if isinstance(layer, RNN):
        return obstacles.of_rnn(layer)
    if (isinstance(layer, ModelCall) or layer.has_call) and any(
        isinstance(each, (RNN, Bidirectional)) for each in inside
    ):
        return "runs recurrent layers in a `call` of its own, to which no state is handed"
    if isinstance(layer, RepeatVector) or (
        isinstance(layer, Reshape) and any(len(shape) > 2 for shape in outputs)
    ):
        return "makes timesteps of its own"
    if all(len(shape) < 3 for shape in inputs):
        return ""
    axes, rank = np.atleast_1d(getattr(layer, "axis", -1)), len(inputs[0])
    along_time = any(int(axis) % rank == 1 for axis in axes)
    if along_time:
        return "needs all timesteps"
    return "" if isinstance(layer, Masking) else obstacles.of_class(layer)


# ---------------------------------------------------------------------- chunks of a batch


def _timesteps(model: "Model", batch: Batch) -> int:
    """Return how many timesteps the sequences of a batch have."""
    found = [_is_sequence(model, i) for i in range(len(batch.x))]
    beside = batch.masks or [None] * len(batch.x)
    sizes = {
        _length(x, given)
        for x, given, sequence in zip(batch.x, beside, found, strict=True)
        if sequence
    }
    if len(sizes) != 1:
        got = " and ".join(map(str, sorted(sizes))) or "inputs without timesteps"
        raise ArgumentError(
            f"{model.owner}: `x` must have inputs of one number of timesteps where `bptt_steps` is "
            f"given; got {got}."
        )
    return sizes.pop()


def _length(x: Any, given: Any) -> int:
    if isinstance(x, Ragged):
        return x.timesteps
    if given is None:
        return int(x.shape[1])
    return lengths.last_step(given)


def _is_sequence(model: "Model", index: int) -> bool:
    """Say whether an input has timesteps; indices (batch, n) are such where no other input has."""
    tensor = model.inputs[index]
    sure = [len(t.shape) > 2 or (len(t.shape) == 2 and t.shape[1] is None) for t in model.inputs]
    return sure[index] or (
        len(tensor.shape) == 2 and tensor.dtype.startswith("int") and not any(sure)
    )


def _is_single(model: "Model", batch: Batch) -> bool:
    """Say whether what is learned is one thing a sequence, and not one a timestep."""
    kinds = {lengths.per_step(model, i) for i, y in enumerate(batch.y) if y is not None}
    if len(kinds) > 1:
        raise UnsupportedError(
            f"{model.owner}: the outputs must be all per step, or all one a sequence, where "
            "`bptt_steps` is given; got both. Leave `bptt_steps` out."
        )
    return kinds == {False}


def _check_targets(model: "Model", batch: Batch, timesteps: int) -> None:
    """Check what is given per step beside sequences of one length; see `check_timesteps` else."""
    if not lengths.is_plain(batch):
        return
    for i, (y, weight) in enumerate(zip(batch.y, batch.weights, strict=True)):
        for name, array in (("y", y), ("sample_weight", weight)):
            if array is None or not _per_step(model, i, y):
                continue
            one_for_all = array.ndim < 2 or (name == "sample_weight" and array.shape[1] == 1)
            if not one_for_all and array.shape[1] != timesteps:
                raise ShapeError(
                    f"{model.owner}: `{name}` must have as many timesteps as `x`, {timesteps}; got "
                    f"{array.shape[1]}."
                )


def _check_learned(owner: str, model: Any, timesteps: int, steps: int) -> None:
    """Check that no learned state stands where no gradient comes: before the last chunk.

    Raises:
        ArgumentError: one does; the message names the layer.
    """
    for node in model.graph.nodes:
        layer: Any = node.layer
        learned = isinstance(layer, RNN) and not node.states and layer.learned_state
        if learned and any(weight.trainable for weight in learned):
            raise ArgumentError(
                f"{owner}: `bptt_steps` must be at least {timesteps}, the timesteps of `x`, to "
                f"train the learned initial state of {layer.owner} where there is one output a "
                f"sequence; got {steps}. Give `bptt_steps={timesteps}`, or an output per step with "
                "`return_sequences=True`."
            )
        if getattr(layer, "drawn", False):
            _check_learned(owner, layer, timesteps, steps)


def _bounds(timesteps: int, steps: int, *, from_the_end: bool) -> Iterator[tuple[int, int]]:
    """Return where chunks begin and end; what is left over is the last, or the first."""
    first = (timesteps % steps if from_the_end else 0) or steps
    start, stop = 0, first
    while start < timesteps:
        yield start, min(stop, timesteps)
        start, stop = stop, stop + steps


def _in_front(owner: str, batch: Batch) -> Batch:
    """Return sequences of known lengths with the padding in front, so that all end together."""
    beside = batch.masks or [None] * len(batch.x)
    xs, masks = [], []
    for x, given in zip(batch.x, beside, strict=True):
        moves = isinstance(x, Ragged) or (given is not None and given.ndim == 1)
        if moves and batch.resets:
            raise UnsupportedError(
                f"{owner}: `reset_mask` must be left out where `bptt_steps` is given with "
                "sequences of different lengths and one output each; got it. Give a padded array "
                "and a `mask`."
            )
        if isinstance(x, Ragged):
            x = Ragged(x.samples, front=True)
        elif given is not None and given.ndim == 1:
            x = Ragged([x[i][:n] for i, n in enumerate(given.tolist())], front=True)
            given = None
        xs.append(x)
        masks.append(given)
    return batch._replace(x=xs, masks=masks)


def _along_time(model: "Model", batch: Batch) -> tuple[list[bool], list[bool]]:
    """Return which inputs, and which targets with their weights, have timesteps to be cut."""
    inputs = [_is_sequence(model, i) for i in range(len(batch.x))]
    targets = [_per_step(model, i, y) for i, y in enumerate(batch.y)]
    return inputs, targets or [False] * len(batch.weights)


def _chunk(
    model: "Model", batch: Batch, cut: tuple[list[bool], list[bool]], start: int, stop: int
) -> Batch:
    """Return what stands in some of the timesteps of a batch, settled."""
    xs, masks, (sequences, steps) = [], [], cut
    beside = batch.masks or [None] * len(batch.x)
    for x, given, sequence in zip(batch.x, beside, sequences, strict=True):
        if not sequence:
            xs.append(_read(x))
            masks.append(given)
            continue
        xs.append(x.chunk(start, stop) if isinstance(x, Ragged) else x[:, start:stop])
        if given is not None:
            one = given.ndim == 1
            given = np.clip(given - start, 0, stop - start) if one else given[:, start:stop]
        masks.append(given)
    ys, weights = (
        [_part(a, start, stop) if s else _read(a) for a, s in zip(part, steps, strict=False)]
        for part in (batch.y, batch.weights)
    )
    given = masks if any(mask is not None for mask in masks) else []
    resets = [mask[:, start:stop] for mask in batch.resets]
    chunk = batch._replace(x=xs, y=ys, weights=weights, masks=given, resets=resets)
    return settling.settle(model, chunk, cut=False, whole=False)


def _per_step(model: "Model", index: int, y: Any) -> bool:
    return y is not None and lengths.per_step(model, index)


def _part(array: Any, start: int, stop: int) -> Any:
    """Return some of the timesteps of targets or weights; a weight a sample is for all of them."""
    if isinstance(array, Ragged):
        return array.chunk(start, stop)
    if array is None or array.ndim < 2:
        return _read(array)
    return _read(array) if array.shape[1] == 1 else array[:, start:stop]


def _read(array: Any) -> Any:
    """Return an array of which some rows were picked."""
    return array[:] if isinstance(array, Picked) else array
