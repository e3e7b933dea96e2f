"""What a constructor says to arguments that it does not take, and to a missing `super()`."""

import copy
import dataclasses
import inspect
import pickle
import re
from abc import ABC

import numpy as np
import pytest

import elman
from elman import (
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
)
from elman.errors import ArgumentError, KeywordError, NotBuiltError, UnsupportedError
from elman.layers.cell import Cell
from elman.layers.merging import Merge
from elman.optimizers import Adam, schedules


class Scaled(losses.Loss):
    def __init__(self, scale=1.0, **options):
        super().__init__(**options)
        self.scale = scale

    def call(self, y_true, y_pred):
        return self.scale * np.mean(abs(y_true - y_pred), axis=-1)


class Affine(layers.Layer):
    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: callbacks.EarlyStopping(patince=3),
         "EarlyStopping: `patince` must be an argument that EarlyStopping has. "
         "Did you mean 'patience'?"),
        (lambda: callbacks.CSVLogger("a.csv", appnd=True),
         "CSVLogger: `appnd` must be an argument that CSVLogger has. Did you mean 'append'?"),
        (lambda: losses.Huber(dleta=1.0),
         "Huber: `dleta` must be an argument that Huber has. Did you mean 'delta'?"),
        (lambda: metrics.AUC(num_tresholds=9),
         "AUC: `num_tresholds` must be an argument that AUC has. Did you mean 'num_thresholds'?"),
        (lambda: schedules.CosineDecay(0.1, decay_step=9),
         "CosineDecay: `decay_step` must be an argument that CosineDecay has. "
         "Did you mean 'decay_steps'?"),
        (lambda: regularizers.L2(l1=0.1),
         "L2: `l1` must be an argument that L2 has. It has l2."),
        (lambda: constraints.MaxNorm(max=2),
         "MaxNorm: `max` must be an argument that MaxNorm has. Did you mean 'max_value'?"),
        (lambda: initializers.GlorotUniform(sed=1),
         "GlorotUniform: `sed` must be an argument that GlorotUniform has. Did you mean 'seed'?"),
        (lambda: Adam(lr=0.1),
         "Adam: `lr` must be an argument that Adam has. Did you mean 'learning_rate'?"),
        (lambda: layers.LSTM(unit=4),
         "LSTM: `unit` must be an argument that LSTM has. Did you mean 'units'?"),
        (lambda: layers.LSTM(hidden_size=4),
         "LSTM: `units` must be given; got no value for it. Write `LSTM(units=…)`."),
        (lambda: layers.LSTM(4, hidden_size=4),
         "LSTM: `hidden_size` must be an argument that LSTM has. Did you mean 'units'?"),
        (lambda: elman.Sequential(layer=[]),
         "Sequential: `layer` must be an argument that Sequential has. Did you mean 'layers'?"),
        (lambda: elman.Input(shap=(3,)),
         "Input: `shap` must be an argument that Input has. Did you mean 'shape'?"),
        (lambda: Affine(unit=4),
         "Affine: `unit` must be an argument that Affine has. Did you mean 'units'?"),
        (lambda: Scaled(scal=2.0),
         "Scaled: `scal` must be an argument that Scaled has. Did you mean 'scale'?"),
        (lambda: Scaled(reducton="sum"),
         "Scaled: `reducton` must be an argument that Scaled has. Did you mean 'reduction'?"),
    ],
)  # fmt: skip
def test_a_keyword_that_is_none_is_named_with_the_one_that_was_meant(make, text):
    with pytest.raises(KeywordError, match=re.escape(text)) as caught:
        make()
    assert isinstance(caught.value, (ArgumentError, TypeError))


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: callbacks.ModelCheckpoint(),
         "ModelCheckpoint: `filepath` must be given; got no value for it. "
         "Write `ModelCheckpoint(filepath=…)`."),
        (lambda: layers.Dense(input_shape=(3,)),
         "Dense: `units` must be given; got no value for it. Write `Dense(units=…)`."),
        (lambda: layers.LSTM(4, units=4),
         "LSTM: `units` must be given once; got it by position and by name."),
        (lambda: regularizers.L2(0.1, 0.2),
         "L2: at most 1 argument must be given by position (l2); got 2."),
        (lambda: losses.MeanSquaredError("sum", "mse", None, 4),
         "MeanSquaredError: at most 3 arguments must be given by position (reduction, name, dtype);"
         " got 4."),
        (lambda: initializers.Zeros(3), "Zeros: there must be no arguments; got 1."),
        (lambda: layers.Add(3),
         "Add: there must be no arguments; got 1."),
        (lambda: layers.Layer("name"),
         "Layer: arguments must be given by name; got 1. "
         "Give the others by name: activity_regularizer, trainable, dtype, name."),
    ],
)  # fmt: skip
def test_an_argument_that_is_missing_or_too_many_is_named(make, text):
    with pytest.raises(KeywordError, match=re.escape(text)):
        make()


def test_a_type_error_of_the_constructor_itself_stays_what_it_is():
    class Broken(callbacks.Callback):
        def __init__(self, value=1):
            self.value = value + "x"

    with pytest.raises(TypeError, match="unsupported operand") as caught:
        Broken()
    assert not isinstance(caught.value, KeywordError)


@pytest.mark.parametrize(
    "base", [layers.Layer, losses.Loss, metrics.Metric, callbacks.EarlyStopping, layers.Dense]
)
def test_a_super_that_is_not_called_is_said_where_the_object_is_made(base):
    class Mine(base):
        def __init__(self):
            self.rate = 0.5

    text = (
        "Mine: `super().__init__()` must be called first in its `__init__`; it was not. "
        "Make `super().__init__(**kwargs)` its first line."
    )
    with pytest.raises(NotBuiltError, match=re.escape(text)):
        Mine()


def test_what_is_used_before_super_says_that_super_is_missing():
    class Mine(layers.Layer):
        def __init__(self):
            self.w = self.add_weight((2,), name="w")
            super().__init__()

    with pytest.raises(NotBuiltError, match=r"Mine: `super\(\).__init__\(\)` must be called first"):
        Mine()


@pytest.mark.parametrize(
    "base",
    [callbacks.Callback, initializers.Initializer, regularizers.Regularizer,
     constraints.Constraint, schedules.LearningRateSchedule],
)  # fmt: skip
def test_bases_that_keep_nothing_need_no_super(base):
    class Mine(base):
        def __init__(self):
            self.rate = 0.5

    class Other(base, ABC):
        def __init__(self):
            super().__init__()
            self.rate = 0.5

    assert vars(Mine()) == vars(Other()) == {"rate": 0.5}


def test_attributes_may_be_set_before_super():
    class Mine(layers.Layer):
        def __init__(self, rate, **options):
            self.rate = rate
            super().__init__(**options)

    assert Mine(0.5, name="mine").rate == 0.5


def test_an_attribute_that_an_array_lacks_is_no_matter_of_super():
    class Asks(layers.Layer):
        def __init__(self):
            np.zeros(3).foo  # noqa: B018

    with pytest.raises(AttributeError, match="ndarray' object has no attribute 'foo'"):
        Asks()


def test_a_dataclass_keeps_its_fields_alone():
    @dataclasses.dataclass
    class Kept(callbacks.Callback):
        rate: float = 0.5

        def __post_init__(self):
            super().__init__()

    assert "_made_by_elman" not in vars(Kept())


def test_constructors_are_seen_as_they_are_written():
    names = ["delta", "reduction", "name", "dtype"]
    assert list(inspect.signature(losses.Huber).parameters) == names
    assert list(inspect.signature(Affine).parameters) == ["units", "options"]
    assert str(inspect.signature(initializers.Zeros)) == "() -> None"
    assert Affine.__init__.__qualname__ == "Affine.__init__"


def test_objects_keep_nothing_of_their_making_and_are_copied_and_pickled():
    scaled = Scaled(2.0)
    assert "_made_by_elman" not in vars(scaled)
    for other in (copy.deepcopy(scaled), pickle.loads(pickle.dumps(scaled))):
        assert (other.scale, other.name) == (2.0, scaled.name)


def test_other_bases_beside_elmans_have_their_constructors_called():
    class Named:
        def __init__(self):
            self.called = True

    class Mine(callbacks.Callback, Named):
        def __init__(self):
            super().__init__()

    assert Mine().called


@pytest.mark.parametrize(
    ("base", "call", "text"),
    [
        (losses.Loss, lambda own: own.call(0, 0),
         "Own: `call` must be defined by the class; it is not. Define `call(self, y_true, y_pred)`,"
         " which returns one value an entry."),
        (metrics.Metric, lambda own: own.update_state(0, 0),
         "Own: `update_state` must be defined by the class; it is not."),
        (metrics.Metric, lambda own: own.result(),
         "Own: `result` must be defined by the class; it is not. Define `result(self)`, which "
         "returns the metric of all batches."),
        (initializers.Initializer, lambda own: own((2,)),
         "Own: `__call__` must be defined by the class; it is not. Define `__call__(self, shape, "
         "dtype)`, which returns an array."),
        (schedules.LearningRateSchedule, lambda own: own(0),
         "Own: `__call__` must be defined by the class; it is not."),
        (optimizers.Optimizer, lambda own: own.slots,
         "Own: `slots` must be defined by the class; it is not."),
        (optimizers.Optimizer, lambda own: own.step(0, 0, {}, (), 0),
         "Own: `step` must be defined by the class; it is not."),
        (optimizers.Optimizer, lambda own: own.numbers(),
         "Own: `numbers` must be defined by the class; it is not."),
        (Cell, lambda own: own.state_size,
         "Own 'own': `state_size` must be defined by the class; it is not."),
        (Cell, lambda own: own.output_size,
         "Own 'own': `output_size` must be defined by the class; it is not."),
        (Cell, lambda own: own.get_initial_state(2),
         "Own 'own': `get_initial_state` must be defined by the class; it is not."),
        (Merge, lambda own: own.merge((), ()),
         "Own 'own': `merge` must be defined by the class; it is not."),
        (Merge, lambda own: own.unmerge(None, 0),
         "Own 'own': `unmerge` must be defined by the class; it is not."),
    ],
)  # fmt: skip
def test_what_a_class_of_your_own_has_to_define_is_said_with_its_arguments(base, call, text):
    class Own(base):
        pass

    options = {"name": "own"} if issubclass(base, layers.Layer) else {}
    given = (0.1,) if issubclass(base, optimizers.Optimizer) else ()
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        call(Own(*given, **options))
