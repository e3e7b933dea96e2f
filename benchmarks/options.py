"""Training steps with one option more than a plain model, and that option's arithmetic alone.

Every case gives a plain model, the model with the option, and a function that does what the option
adds and nothing else. What the option costs beyond that is what it costs to have it. Where a
function of one's own is differentiated, that by itself is what autograd takes for it.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import elman
from benchmarks.problem import Shape
from elman import layers

ROUNDS, SLICE = 9, 0.02  # rounds in turn, seconds of each


class Case(NamedTuple):
    """Two models to train, and what the second does more."""

    plain: Any
    with_option: Any
    arithmetic: Callable[[], object]


def option_times(name: str, shape: Shape) -> tuple[float, float, float]:
    """Return seconds a step: of the plain model, of that with the option, of its arithmetic.

    The arithmetic is done behind a plain step, which leaves the caches as the option finds them.
    """
    generator = np.random.default_rng(0)
    x = generator.normal(size=shape[:3]).astype(np.float32)
    y = generator.normal(size=(shape.batch, 1)).astype(np.float32)
    case = CASES[name](shape, x, y)
    models = (case.plain, case.with_option)
    calls = [partial(model.train_on_batch, x, y) for model in models]

    def plain_and_arithmetic() -> None:
        calls[0]()
        case.arithmetic()

    plain, option, both = medians([*calls, plain_and_arithmetic])
    return plain, option, max(both - plain, 0.0)


def medians(calls: list[Callable[[], object]]) -> list[float]:
    """Time calls in turn; a time is the median of the rounds."""
    times: list[list[float]] = [[] for _ in calls]
    for call in calls:
        call()
        call()
    for _ in range(ROUNDS):
        for call, found in zip(calls, times, strict=True):
            begin, count = time.perf_counter(), 0
            while (now := time.perf_counter()) < begin + SLICE:
                call()
                count += 1
            found.append((now - begin) / count)
    return [statistics.median(found) for found in times]


def _model(
    shape: Shape, *more: Any, optimizer: Any = "adam", loss: Any = "mse", **layer: Any
) -> Any:
    model = elman.Sequential(
        [elman.Input(shape[1:3]), layers.LSTM(shape.units, **layer), *more, layers.Dense(1)]
    )
    return _compiled(model, optimizer, loss)


def _compiled(model: Any, optimizer: Any = "adam", loss: Any = "mse", **options: Any) -> Any:
    model.compile(optimizer, loss, **options)
    return model


def _by_autograd(function: Callable[..., Any], *arguments: Any) -> Callable[[], object]:
    """Return the differentiation of a function of one's own, by the package that does it."""
    import autograd.numpy

    differentiate = autograd.make_vjp(partial(function, autograd.numpy), [*range(len(arguments))])

    def alone() -> None:
        reverse, y = differentiate(*arguments)
        reverse(np.ones_like(y))

    return alone


# ---------------------------------------------------------------------- the cases


def regularizer(shape: Shape, x: Any, y: Any) -> Case:
    plain, option = _model(shape), _model(shape, kernel_regularizer="l2")
    l2, w = elman.regularizers.L2(), option.weights[0].array
    g = np.zeros_like(w)

    def alone() -> None:
        l2(w)
        np.add(g, l2.gradient(w), out=g)

    return Case(plain, option, alone)


def activity_regularizer(shape: Shape, x: Any, y: Any) -> Case:
    l2, h = elman.regularizers.L2(), np.ones((shape.batch, shape.units), np.float32)

    def alone() -> None:
        l2(h)
        np.add(h, l2.gradient(h) / np.float32(len(h)))

    return Case(_model(shape), _model(shape, activity_regularizer="l2"), alone)


def constraint(shape: Shape, x: Any, y: Any) -> Case:
    option = _model(shape, kernel_constraint="max_norm")
    w, norm = option.weights[0].array, elman.constraints.MaxNorm()
    return Case(_model(shape), option, lambda: norm(w))


def metric(shape: Shape, x: Any, y: Any) -> Case:
    option = _compiled(_model(shape), weighted_metrics=["mae"])
    return Case(
        _model(shape), option, partial(elman.metrics.MeanAbsoluteError().update_state, y, y)
    )


def nadam(shape: Shape, x: Any, y: Any) -> Case:
    option = _model(shape, optimizer="nadam")
    option.train_on_batch(x, y)
    buffers = option.compiled.buffers
    return Case(_model(shape), option, partial(option.optimizer.step_buffers, buffers))


def own_loss(shape: Shape, x: Any, y: Any) -> Case:
    def squares(y_true: Any, y_pred: Any) -> Any:
        return elman.ops.mean(elman.ops.square(y_pred - y_true), axis=-1)

    alone = _by_autograd(lambda numpy, y_pred: numpy.mean(numpy.square(y_pred - y), axis=-1), y)
    return Case(_model(shape), _model(shape, loss=squares), alone)


class Scale(layers.Layer):
    """A layer of one's own: a factor for each feature."""

    def build(self, input_shape: Any) -> None:
        self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

    def call(self, x: Any) -> Any:
        return x * self.factor


def own_layer(shape: Shape, x: Any, y: Any) -> Case:
    h, factor = np.ones((shape.batch, shape.units), np.float32), np.ones(shape.units, np.float32)
    alone = _by_autograd(lambda _, x, factor: x * factor, h, factor)
    return Case(_model(shape), _model(shape, Scale()), alone)


class Own(elman.Model):
    """The plain model as a class with a `call`."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.recurrent, self.out = layers.LSTM(units), layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.out(self.recurrent(x))


def own_model(shape: Shape, x: Any, y: Any) -> Case:
    return Case(_model(shape), _compiled(Own(shape.units)), lambda: None)


class Stepping(elman.Sequential):
    """The plain model with a `train_step` of its own."""

    def train_step(self, data: Any) -> Any:
        x, y, _ = data
        with elman.GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x, training=True))
        weights = self.trainable_variables
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return {"loss": loss}


def own_step(shape: Shape, x: Any, y: Any) -> Case:
    parts = [elman.Input(shape[1:3]), layers.LSTM(shape.units), layers.Dense(1)]
    return Case(_model(shape), _compiled(Stepping(parts)), lambda: None)


def rnn_of_cell(shape: Shape, x: Any, y: Any) -> Case:
    cell = layers.RNN(layers.LSTMCell(shape.units))
    model = elman.Sequential([elman.Input(shape[1:3]), cell, layers.Dense(1)])
    return Case(_model(shape), _compiled(model), lambda: None)


def stacked_cells(shape: Shape, x: Any, y: Any) -> Case:
    cells = layers.RNN([layers.LSTMCell(shape.units), layers.LSTMCell(shape.units)])
    first = layers.LSTM(shape.units, return_sequences=True)
    stacks = ([first, layers.LSTM(shape.units)], [cells])
    plain, option = (
        elman.Sequential([elman.Input(shape[1:3]), *stack, layers.Dense(1)]) for stack in stacks
    )
    return Case(_compiled(plain), _compiled(option), lambda: None)


def layer_normalization(shape: Shape, x: Any, y: Any) -> Case:
    from elman.layers.parts.passes import TRAINING

    h = np.ones((shape.batch, shape.units), np.float32)
    layer = layers.LayerNormalization()
    layer.build(h.shape)

    def alone() -> None:
        _, _, tape = layer.run((h,), (None,), TRAINING)
        layer.reverse(tape, (h,))

    return Case(_model(shape), _model(shape, layers.LayerNormalization()), alone)


CASES: dict[str, Callable[..., Case]] = {
    "kernel_regularizer": regularizer,
    "activity_regularizer": activity_regularizer,
    "kernel_constraint": constraint,
    "weighted metric": metric,
    "Nadam for Adam": nadam,
    "a loss of one's own": own_loss,
    "a layer of one's own": own_layer,
    "a model of one's own": own_model,
    "a train_step of one's own": own_step,
    "RNN(LSTMCell)": rnn_of_cell,
    "RNN of stacked cells": stacked_cells,
    "LayerNormalization": layer_normalization,
}
