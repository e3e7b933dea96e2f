"""Arguments of optimizers that are wrong, given or set later."""

import re

import numpy as np
import pytest

from elman import optimizers
from elman.errors import ArgumentError, NotBuiltError, ShapeError, UnsupportedError
from elman.optimizers import SGD, Adam, AdamW, RMSprop
from elman.parameters import pack
from tests.optimizer_steps import make_weights, run


def built():
    optimizer = Adam()
    optimizer.build_buffers(pack(make_weights()))
    return optimizer


def without(name):
    return {key: value for key, value in built().state().items() if key != name}


def set_rate(optimizer, rate):
    optimizer.learning_rate = rate


def test_what_is_set_later_is_what_is_used():
    one, other = SGD(0.1, momentum=0.5), SGD(0.1, momentum=0.9, nesterov=True, clipnorm=1.0)
    one.momentum, one.nesterov, one.clipnorm = np.float32(0.9), True, 1
    one.momentum = 0.9
    for a, b in zip(run(one)[0], run(other)[0], strict=True):
        np.testing.assert_array_equal(a.array, b.array)
    assert one.get_config() == other.get_config() | {"name": one.name}
    one.momentum, one.iterations = 0.8, 0  # training has begun, and what is kept stays the same


class Own(SGD):
    def __init__(self):
        super().__init__()
        self.counter = 0


def test_an_optimizer_of_one_s_own_may_keep_what_it_likes():
    optimizer = Own()
    optimizer.counter += 1
    optimizer.anything = optimizer.counter
    with pytest.raises(ArgumentError, match="Own: `momentum` must be a finite number"):
        optimizer.momentum = 2


def running(optimizer):
    run(optimizer, [0])
    return optimizer


@pytest.mark.parametrize(
    ("make", "name", "value", "text"),
    [
        (
            Adam,
            "lr",
            0.1,
            "Adam: `lr` must be an attribute that Adam has; got 0.1. Did you mean 'learning_rate'?",
        ),
        (AdamW, "lr", 0.1, "AdamW: `lr` must be an attribute that AdamW has; got 0.1."),
        (SGD, "momentun", 0.9, "got 0.9. Did you mean 'momentum'?"),
        (SGD, "beta_1", 0.9, "SGD: `beta_1` must be an attribute that SGD has; got 0.9."),
        (RMSprop, "rho", 2, "RMSprop: `rho` must be a finite number and at least 0 and at most 1"),
        (Adam, "amsgrad", "no", "Adam: `amsgrad` must be True or False; got 'no'."),
        (Adam, "clipnorm", -1, "Adam: `clipnorm` must be positive; got -1. Leave it None not to"),
        (
            lambda: Adam(clipnorm=1),
            "clipvalue",
            1,
            "Adam: `clipnorm` must be the only kind of clipping; got `clipvalue` as well.",
        ),
        (AdamW, "weight_decay", None, "AdamW: `weight_decay` must be a finite number"),
        (Adam, "iterations", -1, "Adam: `iterations` must be an integer of at least 0; got -1."),
        (Adam, "name", None, "Adam: `name` must be a string; got None."),
        (
            lambda: running(SGD()),
            "momentum",
            0.9,
            "SGD: `momentum` must stay 0.0 once training has begun, because it decides what is "
            "kept for each weight; got 0.9. Compile with a new optimizer.",
        ),
        (lambda: running(Adam()), "amsgrad", True, "Adam: `amsgrad` must stay False once training"),
        (lambda: running(RMSprop()), "centered", True, "RMSprop: `centered` must stay False once"),
    ],
)
def test_what_cannot_be_set_is_refused_and_nothing_changes(make, name, value, text):
    optimizer = make()
    before = dict(vars(optimizer))
    with pytest.raises(ArgumentError, match=re.escape(text)):
        setattr(optimizer, name, value)
    assert vars(optimizer) == before


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: SGD(0), ArgumentError, "SGD: `learning_rate` must be positive; got 0."),
        (lambda: SGD(-0.1), ArgumentError, "SGD: `learning_rate` must be positive; got -0.1."),
        (
            lambda: Adam("fast"),
            ArgumentError,
            "Adam: `learning_rate` must be a finite number; got 'fast'.",
        ),
        (
            lambda: set_rate(SGD(), -1),
            ArgumentError,
            "SGD: `learning_rate` must be a finite number and at least 0; got -1.",
        ),
        (
            lambda: set_rate(SGD(lambda t: 0.1), 0.2),
            ArgumentError,
            "SGD: `learning_rate` must stay a schedule, which it was made with; got 0.2.",
        ),
        (
            lambda: Adam(clipnorm=1.0, global_clipnorm=1.0),
            ArgumentError,
            "Adam: `clipnorm` must be the only kind of clipping; got `global_clipnorm` as well."
            " Drop one of them.",
        ),
        (
            lambda: Adam(clipvalue=0.0),
            ArgumentError,
            "Adam: `clipvalue` must be positive; got 0.0. Leave it None not to clip.",
        ),
        (
            lambda: SGD(momentum=1.5),
            ArgumentError,
            "SGD: `momentum` must be a finite number and at least 0 and at most 1; got 1.5.",
        ),
        (
            lambda: Adam(beta_1=-1),
            ArgumentError,
            "Adam: `beta_1` must be a finite number and at least 0 and at most 1; got -1.",
        ),
        (
            lambda: AdamW(weight_decay=None),
            ArgumentError,
            "AdamW: `weight_decay` must be a number; got None. Use `Adam`.",
        ),
        (
            lambda: SGD(weight_decay=-1),
            ArgumentError,
            "SGD: `weight_decay` must be a finite number and at least 0; got -1.",
        ),
        (
            lambda: Adam(learning_rat=0.1),
            ArgumentError,
            "Adam: `learning_rat` must be an argument that Adam has. Did you mean 'learning_rate'?",
        ),
        (
            lambda: Adam.from_config({"beta1": 0.9}),
            ArgumentError,
            "Adam: `beta1` must be an argument that Adam has. Did you mean 'beta_1'?",
        ),
        (
            lambda: SGD(lambda t: 0.1).get_config(),
            UnsupportedError,
            "learning_rate: `<lambda>` must be registered to be saved, because it has no name by",
        ),
        (
            lambda: optimizers.get("adm"),
            ArgumentError,
            "optimizer: `identifier` must be one of 'adadelta', 'adafactor', 'adagrad', 'adam',"
            " 'adamw', 'adamax', 'ftrl', 'lamb', 'lion', 'muon', 'nadam', 'rmsprop', 'sgd'; got"
            " 'adm'."
            " Did you mean 'adam'?",
        ),
        (lambda: optimizers.get(None), ArgumentError, "optimizer: `identifier` must be one of"),
        (
            lambda: Adam(lr=0.1),
            ArgumentError,
            "Adam: `lr` must be an argument that Adam has. Did you mean 'learning_rate'?",
        ),
        (lambda: SGD(nesterov=3), ArgumentError, "SGD: `nesterov` must be True or False; got 3."),
        (
            lambda: Adam().load_state({}),
            NotBuiltError,
            "Adam: slots must be made before `load_state`; there are none. Call `build(variables)`",
        ),
        (
            lambda: built().load_state(without("velocity/layer/bias")),
            ArgumentError,
            "Adam: `state` must hold exactly this optimizer's arrays; got 'velocity/layer/bias'"
            " missing.",
        ),
        (
            lambda: built().load_state(built().state() | {"x": np.zeros(1)}),
            ArgumentError,
            "got 'x' unknown.",
        ),
        (
            lambda: built().load_state(built().state() | {"velocity/layer/bias": np.zeros(1)}),
            ShapeError,
            "Adam: `state` must hold 'velocity/layer/bias' of shape (4,); got (1,).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(call, error, text):
    with pytest.raises(error, match=re.escape(text)):
        call()
