"""ScheduledSampling: batches whose inputs are, at some timesteps, what the model itself puts out.

    x_t = the true input            with the probability p(i) of batch i
          value of model(x_{t-1})   else                              x_1 is always the true one

Teacher forcing, p = 1, shows a model true inputs alone, and in a closed loop it reads its own. As p
falls from 1, training comes nearer to the loop. The model's own values are made by a stream with
the weights as they are then; no gradient flows through the choice, as in the source.

Source: S. Bengio et al. 2015, "Scheduled sampling for sequence prediction with recurrent neural
networks", algorithm 1 and section 2.4.
"""

import copy
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from elman import _check, _random
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.generation import fed_back
from elman.generation.logits import Logits, check_vocabulary, refuse_for_numbers
from elman.generation.samplers import Sample, Sampler
from elman.layers.parts import arguments
from elman.models.py_dataset import PyDataset

if TYPE_CHECKING:
    from elman.models import Model


def inverse_sigmoid(k: float) -> Callable[[int], float]:
    """Return p(i) = k / (k + exp(i / k)) of batch i, which falls from k / (k + 1) to 0.

    Args:
        k: at least 1; after k log(k) batches p is a half.

    >>> p = inverse_sigmoid(10.0)
    >>> round(p(0), 3), round(p(23), 3), round(p(100), 3)
    (0.909, 0.501, 0.0)

    Source: Bengio et al. 2015, section 2.4.
    """
    k = _check.number("inverse_sigmoid", "k", k, low=1)
    return lambda i: k / (k + math.exp(min(i / k, 700.0)))


class ScheduledSampling(PyDataset):
    """Batches for `fit` in which a decoder reads, at some timesteps, what it puts out itself.

    Args:
        decoder: the model, or that part of it that reads `inputs`, as `elman.generate` would run
            it. It shares its layers with the model that is fitted.
        inputs: the true inputs: tokens (samples, timesteps), or numbers (samples, timesteps,
            features), of which the first are what the decoder puts out.
        y: the targets, (samples, …).
        teacher: the probability of a true input, or a function of the number of batches so far
            that returns it, such as `inverse_sigmoid(100)`.
        source: what an encoder reads, (samples, …); the batches are ([source, inputs], y) then, in
            the order of the inputs of the model that is fitted.
        encoder: a model that makes of `source` the states that the decoder starts from.
        sampler: of tokens `Sample()`, the default, `Greedy()` or the like; one with a seed draws
            on from batch to batch.
        forbidden: tokens that are never drawn, such as one that only pads; those in `inputs` stay.
        from_logits: whether the decoder puts out logits; see `elman.generate`.
        batch_size: how many samples a batch has.
        seed: of the draws and of the order of the samples, which is new in each epoch.

    Raises:
        ArgumentError, ShapeError: an argument is not what it must be, or they do not fit.

    >>> import elman, numpy as np
    >>> stack = [elman.layers.Embedding(5, 4), elman.layers.GRU(4, return_sequences=True)]
    >>> model = elman.Sequential([elman.Input((None,)), *stack, elman.layers.Dense(5)])
    >>> tokens = np.zeros((6, 7), "int64")
    >>> batches = ScheduledSampling(model, tokens, tokens, teacher=0.5, batch_size=4, seed=0)
    >>> x, y = batches[0]
    >>> x.shape, len(batches), bool((x == tokens[:4]).all())
    ((4, 7), 2, False)

    Source: Bengio et al. 2015, "Scheduled sampling for sequence prediction with recurrent neural
    networks".
    """

    def __init__(
        self,
        decoder: "Model",
        inputs: Any,
        y: Any,
        *,
        teacher: Any,
        source: Any = None,
        encoder: Any = None,
        sampler: Any = None,
        forbidden: Sequence[int] = (),
        from_logits: bool | None = None,
        batch_size: int = 32,
        seed: "int | np.random.Generator | None" = None,
    ) -> None:
        super().__init__()
        self._owner = owner = type(self).__name__
        self._widths = fed_back.widths_of(owner, decoder, "decoder")
        self.decoder, self.encoder = decoder, encoder
        tokens = self._widths.features is None or isinstance(sampler, Sampler)
        self._inputs = fed_back.as_start(owner, inputs, self._widths, tokens, "inputs")
        self._check_sampler(sampler, tokens)
        self._generator = _random.generator(_check.seed(owner, "seed", seed))
        self._sampler = (_drawing_on(sampler) or Sample(seed=self._generator)) if tokens else None
        self._logits = None
        if tokens:
            self._logits = Logits(owner, decoder, self._widths, from_logits, forbidden)
        else:
            refuse_for_numbers(owner, forbidden=forbidden, from_logits=from_logits)
            if not np.can_cast(self._widths.dtype, self._inputs.dtype):
                self._inputs = self._inputs.astype(self._widths.dtype)  # to hold what is fed back
        self._y = arguments.as_array(owner, "y", y)
        self._source = None if source is None else arguments.as_array(owner, "source", source)
        self._check_counts()
        self.teacher = teacher if callable(teacher) else _probability("teacher", teacher)
        self.batch_size = _check.integer(owner, "batch_size", batch_size)
        self._order, self.batches = np.arange(len(self._inputs)), 0

    @property
    def workers(self) -> int:
        """The threads that make batches: 1, for each batch is made after a step on the last."""
        return self._workers

    @workers.setter
    def workers(self, value: int) -> None:
        owner = type(self).__name__
        self._workers = _check.integer(owner, "workers", value, minimum=0)
        if self._workers > 1:
            self._workers = 1
            raise ArgumentError(
                f"{owner}: `workers` must be 1, because batches are drawn in order, each with the "
                f"weights that the one before has left; got {value}. Leave it out."
            )

    def __len__(self) -> int:
        """Return the number of batches."""
        return math.ceil(len(self._inputs) / self.batch_size)

    def __getitem__(self, index: int) -> Any:
        """Return batch number `index`, with what the decoder puts out now."""
        index = _check.integer(self._owner, "index", index, minimum=0)
        if index >= len(self):
            raise IndexError(f"{self._owner}: `index` must be below {len(self)}; got {index}.")
        rows = self._order[index * self.batch_size : (index + 1) * self.batch_size]
        source = None if self._source is None else self._source[rows]
        teacher = self.teacher
        if callable(teacher):
            teacher = _probability("teacher's probability", teacher(self.batches))
        self.batches += 1
        x = self.mixed(self._inputs[rows], teacher, source)
        return (x if source is None else [source, x]), self._y[rows]

    def on_epoch_end(self) -> None:
        """Draw the samples in a new order."""
        self._order = self._generator.permutation(len(self._inputs))

    def mixed(self, inputs: Array, teacher: float, source: Any = None) -> Array:
        """Return inputs some timesteps of which are what the decoder puts out.

        Args:
            inputs: the true ones, (batch, timesteps) or (batch, timesteps, features).
            teacher: the probability that one stays.
            source: what the encoder reads.
        """
        own = self._generator.random(inputs.shape[:2]) >= teacher
        own[:, 0] = False
        if not own.any():
            return inputs
        x, stream = inputs.copy(), self.decoder.stream(len(inputs))
        if self.encoder is not None:
            fed_back.set_state(self._owner, stream, self.encoder(source), "encoder")
        choose = None if self._sampler is None else self._sampler.start()
        for t in range(1, 1 + int(np.flatnonzero(own.any(axis=0))[-1])):
            value, rows = self._value(stream.step(x[:, t - 1]), choose, t), own[:, t]
            if x.ndim == 2:
                x[rows, t] = value[rows]
            else:
                x[rows, t, : value.shape[1]] = value[rows]
        return x

    def _value(self, outputs: Array, choose: Any, step: int) -> Array:
        """Return what goes in again of outputs, (batch,) indices or (batch, features)."""
        if choose is None or self._logits is None:
            return outputs
        tokens: Array = choose(self._logits.of(outputs, step))
        if self._widths.features is None:
            return tokens
        return np.eye(self._widths.outputs, dtype=self._widths.dtype)[tokens]

    def _check_sampler(self, sampler: Any, tokens: bool) -> None:
        """Check the sampler, and that what the decoder puts out can go in again."""
        if not (sampler is None or isinstance(sampler, Sampler)):
            raise ArgumentError(
                f"{self._owner}: `sampler` must be `Greedy()`, `Sample(…)`, or a subclass of "
                f"`Sampler` with a `choose`; got {sampler!r:.60}."
            )
        if tokens:
            check_vocabulary(self._owner, self.decoder, self._widths, "decoder")
        features = self._widths.features
        if features is not None and self._widths.outputs > features:
            raise ShapeError(
                f"{self._owner}: `decoder` must put out at most as many features as it takes in, "
                f"{features}, for them to be fed back; got {self._widths.outputs}."
            )

    def _check_counts(self) -> None:
        """Check that there are as many samples of everything, and both or none of the encoder's."""
        arrays = {"inputs": self._inputs, "y": self._y, "source": self._source}
        counts = {name: len(array) for name, array in arrays.items() if array is not None}
        if len(set(counts.values())) > 1:
            shown = ", ".join(f"{count} in `{name}`" for name, count in counts.items())
            raise ShapeError(
                f"{self._owner}: `inputs` must have as many samples as all; got {shown}."
            )
        if self.encoder is not None and self._source is None:
            raise ArgumentError(
                f"{self._owner}: `source` must be given for an encoder to read; got None."
            )


def _drawing_on(sampler: Any) -> Any:
    """Return a sampler that draws on from batch to batch, whatever its seed."""
    if not isinstance(sampler, Sample) or sampler.seed is None:
        return sampler
    sampler = copy.copy(sampler)
    sampler.seed = _random.generator(sampler.seed)
    return sampler


def _probability(name: str, value: Any) -> float:
    return _check.number("ScheduledSampling", name, value, low=0, high=1)
