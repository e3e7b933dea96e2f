"""Keras with whichever backend the environment names: a model as its users make it."""

from functools import partial

import keras
import numpy as np

from benchmarks.agreement import of_training
from benchmarks.contenders import Run
from benchmarks.problem import BETA_1, EPSILON, LEARNING_RATE, Problem, data, weights


def forget() -> None:
    keras.utils.clear_session()


def train(problem: Problem) -> Run:
    model, (x, y) = _model(problem), data(problem)
    outputs, loss = model.predict_on_batch(x), model.train_on_batch(x, y)
    momenta = [v for v in model.optimizer.variables if "momentum" in v.path]
    gradients = [np.array(v) / (1 - BETA_1) for v in momenta]
    answers = of_training(outputs, loss, gradients, model.get_weights())
    return Run(partial(model.train_on_batch, x, y), answers)


def infer(problem: Problem) -> Run:
    model, (x, _) = _model(problem), data(problem)
    return Run(partial(model.predict_on_batch, x), {"outputs": model.predict_on_batch(x)})


def predict(problem: Problem) -> Run:
    model, (x, _) = _model(problem), data(problem)
    call = partial(model.predict, x, verbose=0)
    return Run(call, {"outputs": call()})


def _model(problem: Problem) -> keras.Sequential:
    _, T, F, U = problem.shape
    layer = getattr(keras.layers, problem.layer)(U)
    model = keras.Sequential([keras.Input((T, F)), layer, keras.layers.Dense(1)])
    model.set_weights(weights(problem))
    model.compile(keras.optimizers.Adam(LEARNING_RATE, epsilon=EPSILON), "mse")
    return model
