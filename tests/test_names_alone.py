"""`serialize`, `deserialize` and `get` of names, configurations and what is your own."""

import re

import numpy as np
import pytest

from elman import (
    activations,
    constraints,
    initializers,
    losses,
    metrics,
    ops,
    optimizers,
    regularizers,
    saving,
)
from elman.errors import ArgumentError, UnsupportedError


@pytest.mark.parametrize(
    ("module", "name", "kind"),
    [(losses, "mse", losses.MeanSquaredError), (metrics, "mae", metrics.MeanAbsoluteError),
     (initializers, "zeros", initializers.Zeros), (regularizers, "l2", regularizers.L2),
     (constraints, "non_neg", constraints.NonNeg)],
)  # fmt: skip
def test_a_name_alone_is_a_configuration(module, name, kind):
    assert type(module.deserialize(name)) is kind
    assert type(module.deserialize(module.serialize(kind()))) is kind


class Mine(initializers.Zeros):
    """A class of one's own."""


@pytest.mark.parametrize("module", [initializers, regularizers, constraints, metrics])
def test_a_class_of_one_s_own_is_known_by_its_name(module):
    found = module.deserialize({"class_name": "Mine", "config": {}}, custom_objects={"Mine": Mine})
    assert type(found) is Mine
    assert type(module.deserialize("Mine", custom_objects={"Mine": Mine})) is Mine


def test_an_optimizer_of_one_s_own_is_known_by_its_name():
    class Own(optimizers.SGD):
        pass

    config = {"class_name": "Own", "config": {"learning_rate": 0.5}}
    assert type(optimizers.deserialize(config, custom_objects={"Own": Own})) is Own


@pytest.mark.parametrize("name", ["relu", "glu", "sparsemax", "hard_silu"])
def test_an_activation_is_its_name(name):
    function = getattr(activations, name)
    assert activations.serialize(function) == name
    assert activations.deserialize(name) is function
    assert activations.get(name) is function
    assert activations.deserialize({"class_name": "function", "config": name}) is function


def test_swish_is_silu():
    assert activations.swish is ops.silu


def test_an_activation_of_one_s_own_is_known_once_it_is_registered_or_given():
    def twice(x):
        return 2 * x

    assert activations.deserialize("twice", custom_objects={"twice": twice})(3) == 6
    text = "activations: `<lambda>` must be registered to be saved, because it has no name by which"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        activations.serialize(lambda x: x)
    with pytest.raises(UnsupportedError, match="activation: `twice` must be registered or given"):
        activations.deserialize(activations.serialize(twice))
    with saving.custom_object_scope({"twice": twice}):
        assert activations.deserialize("twice") is twice


def test_what_is_no_activation_is_refused():
    text = "activations: `config` must describe a function; got the class 'ReLU'. Make a layer of"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        activations.deserialize({"class_name": "ReLU", "config": {}})
    with pytest.raises(AttributeError, match=r"no attribute 'rellu'\. Did you mean 'relu'\?"):
        activations.rellu  # noqa: B018 - for its error


def test_an_optimizer_is_given_what_another_one_keeps():
    from elman import Input, Sequential, layers

    def trained():
        model = Sequential([Input((2,)), layers.Dense(1, kernel_initializer="ones")])
        model.compile(optimizers.Adam(0.1), "mse")
        model.fit(np.ones((4, 2)), np.zeros((4, 1)), verbose=0)
        return model

    one, other = trained(), trained()
    one.fit(np.ones((4, 2)), np.zeros((4, 1)), verbose=0)
    kept = [variable.numpy() for variable in one.optimizer.variables]
    other.optimizer.set_weights(kept)
    for variable, value in zip(other.optimizer.variables, kept, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    assert other.optimizer.iterations == 2
    text = f"Adam: `weights` must be {len(kept)} arrays; got 1."
    with pytest.raises(ValueError, match=re.escape(text)):
        other.optimizer.set_weights(kept[:1])
    kept[-1] = np.zeros(7)
    with pytest.raises(ValueError, match=r"Adam: `weights\[\d\]` must have shape \(1,\), that of"):
        other.optimizer.set_weights(kept)
    with pytest.raises(RuntimeError, match="Adam: the optimizer must be built before weights are"):
        optimizers.Adam().set_weights(kept)


def test_a_clone_of_an_initializer_draws_the_same():
    one = initializers.GlorotUniform(seed=3)
    np.testing.assert_array_equal(one.clone()((3, 2)), one((3, 2)))
