"""What can be said of models of Keras without Keras; `round_trips` runs the rest with it."""

import json
import sys
from types import SimpleNamespace

import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import (
    ArgumentError,
    FormatError,
    MissingDependencyError,
    NotBuiltError,
    UnsupportedError,
)


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
    layer = SimpleNamespace(trainable_weights=[], non_trainable_weights=[])
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
