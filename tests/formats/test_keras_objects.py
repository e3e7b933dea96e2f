"""What can be said of models of Keras without Keras; `round_trips` runs the rest with it."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers, optimizers
from elman.errors import (
    ArgumentError,
    FormatError,
    MissingDependencyError,
    NotBuiltError,
    UnsupportedError,
)
from elman.formats import keras_config
from tests.formats.models import assert_same_weights, make, train


def named(**options):
    return Sequential([Input((2,)), layers.Dense(1, name="d", **options)], name="s")


@pytest.mark.parametrize("given", [None, 5, "model.keras", named()])
def test_what_is_no_model_of_keras(given):
    text = f"from_keras: `model` must be a model of Keras; got {type(given).__name__} of "
    with pytest.raises(ArgumentError, match=text):
        elman.from_keras(given)


def like(**options):
    """Return what a model of Keras shows of itself, with a mistake in it."""
    found = {"built": True, "layers": [], "get_weights": list, "optimizer": None}
    return SimpleNamespace(**(found | {"to_json": named().to_json} | options))


def test_a_model_that_is_not_built():
    with pytest.raises(NotBuiltError, match=r"from_keras: `model` must be built; it is not. Call"):
        elman.from_keras(like(built=False))


def test_a_class_of_its_own():
    def to_json():
        raise NotImplementedError("no get_config")

    text = "`model` must be Sequential or functional; got SimpleNamespace, of which Keras says: no"
    with pytest.raises(UnsupportedError, match=text):
        elman.from_keras(like(to_json=to_json))


def test_weights_that_are_not_those_that_the_model_describes():
    with pytest.raises(FormatError, match="from_keras: the file must hold the weights of Sequen"):
        elman.from_keras(like())


def test_a_layer_that_elman_does_not_have():
    config = json.loads(named().to_json())
    config["config"]["layers"][1]["class_name"] = "Conv2D"
    with pytest.raises(UnsupportedError, match="from_keras: deserialize: layer 'd' has class Conv"):
        elman.from_keras(like(to_json=lambda: json.dumps(config)))


def test_only_built_models_of_elman_become_models_of_keras():
    with pytest.raises(ArgumentError, match="to_keras: `model` must be a model of elman's; got 5"):
        elman.to_keras(5)
    with pytest.raises(NotBuiltError, match=r"to_keras: `model` must be built; it is not. Call it"):
        elman.to_keras(Sequential([layers.Dense(1)]))


def test_keras_is_needed_to_make_its_models(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", None)
    text = "keras is needed to make models of Keras. Install it with `pip install keras`"
    with pytest.raises(MissingDependencyError, match=text):
        elman.to_keras(named())


def keras_without(monkeypatch, **parts):
    monkeypatch.setitem(sys.modules, "keras", SimpleNamespace(**parts))


def test_a_layer_that_keras_does_not_have(monkeypatch):
    keras_without(monkeypatch, Sequential=None, layers=SimpleNamespace(InputLayer=None))
    with pytest.raises(UnsupportedError, match="every layer must be one that Keras has too; got D"):
        elman.to_keras(named())


def test_what_keras_makes_nothing_of(monkeypatch):
    def model_from_json(text):
        raise TypeError("no")

    known = SimpleNamespace(InputLayer=None, Dense=None)
    models = SimpleNamespace(model_from_json=model_from_json)
    keras_without(monkeypatch, Sequential=None, layers=known, models=models)
    with pytest.raises(UnsupportedError, match="`model` must be one that Keras can make; it says"):
        elman.to_keras(named())


def test_other_weights_than_keras_gives_the_layer(monkeypatch):
    layer = SimpleNamespace(weights=[])
    made = SimpleNamespace(get_layer=lambda name: layer)
    known = SimpleNamespace(InputLayer=None, Dense=None)
    models = SimpleNamespace(model_from_json=lambda text: made)
    keras_without(monkeypatch, Sequential=None, layers=known, models=models)
    with pytest.raises(FormatError, match="Dense 'd' must have the weights that Keras gives it; i"):
        elman.to_keras(named())


def test_a_functional_model_has_no_class_among_keras_s_layers(monkeypatch):
    x = Input((2,))
    keras_without(monkeypatch, layers=SimpleNamespace(InputLayer=None))
    with pytest.raises(UnsupportedError, match="every layer must be one that Keras has too; got D"):
        elman.to_keras(Model(x, layers.Dense(1)(x)))


# ---------------------------------------------------------------------- what compile chose


class Variable:
    """A weight of Keras."""

    def __init__(self, array, trainable=True):
        self.array, self.trainable = np.array(array), trainable

    def numpy(self):
        return self.array


class Layer:
    """A layer of Keras that has the weights of one of elman's."""

    def __init__(self, layer):
        self.name = layer.name
        self.weights = [Variable(w.array, w.trainable) for w in layer.weights]


def live(model, arrays=None, **lost):
    """Return what a compiled model of Keras with the numbers of one of elman's shows of itself."""
    if arrays is None:
        arrays = [each.array for each in model.optimizer.variables]
    config = keras_config.compile_config(model) | lost
    optimizer = type(type(model.optimizer).__name__, (), {})()
    optimizer.variables = list(map(Variable, arrays))
    optimizer.get_config = model.optimizer.get_config
    return like(
        to_json=model.to_json,
        layers=list(map(Layer, model.layers)),
        optimizer=optimizer,
        get_compile_config=lambda: {k: v for k, v in config.items() if v != "lost"},
    )


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "schedule"])
def test_the_optimizer_goes_on_from_where_it_is(optimizer):
    falling = optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)
    model = make(optimizers.SGD(falling) if optimizer == "schedule" else optimizer)
    train(model)
    for other in (live(model), live(model, optimizer="lost")):  # as Keras's `save("m.h5")` does
        again = elman.from_keras(other)
        assert again.optimizer.iterations == model.optimizer.iterations == 4
        assert again.optimizer.learning_rate == model.optimizer.learning_rate
        assert_same_weights(again, model)
    train(model)
    train(again)
    assert_same_weights(again, model)


def test_a_single_weight_that_is_frozen_stays_so():
    model = make()
    model.get_layer("middle").kernel.trainable = False
    train(model)
    again = elman.from_keras(live(model))
    assert [w.trainable for w in again.weights] == [w.trainable for w in model.weights]
    for each in (again, model):
        train(each)
    assert_same_weights(again, model)


def test_what_compile_chose_may_be_left():
    other = live(make(), metrics=["a function of Keras's"])
    text = r"from_keras: 'get_compile_config' must say what .* Load the model with `compile=False`"
    with pytest.raises(FormatError, match=text):
        elman.from_keras(other)
    assert elman.from_keras(other, compile=False).compiled is None
    with pytest.raises(ArgumentError, match=r"from_keras: `compile` must be True or False; got 3"):
        elman.from_keras(other, compile=3)


@pytest.mark.parametrize("trained", [True, False])
def test_of_an_optimizer_that_scales_the_loss_the_one_inside_is_taken(trained):
    model = make()
    inside = [np.array(0), np.float32(0.001)]
    if trained:
        train(model)
        inside = [each.array for each in model.optimizer.variables]
    own = [np.array(9), np.float32(0), *([np.array(7), np.float32(2**15)] if trained else [])]
    config = {"inner_optimizer": optimizers.serialize(model.optimizer), "initial_scale": 2.0**15}
    scaled = {"class_name": "LossScaleOptimizer", "config": config}
    again = elman.from_keras(live(model, [*own, *inside], optimizer=scaled))
    assert again.optimizer.iterations == model.optimizer.iterations
    for each in (model, again):
        train(each)
    assert_same_weights(again, model)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("policy", [True, False])
def test_what_computes_in_halves_is_not_what_elman_has(dtype, policy):
    config = json.loads(named().to_json())
    given = {"class_name": "DTypePolicy", "config": {"name": dtype}} if policy else dtype
    config["config"]["layers"][1]["config"]["dtype"] = given
    text = f"from_keras: every layer must compute in float32 or float64; got '{dtype}' of Dense 'd'"
    with pytest.raises(UnsupportedError, match=text):
        elman.from_keras(like(to_json=lambda: json.dumps(config)))
