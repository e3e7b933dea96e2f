"""InputSpec: what a layer says of its inputs, and what it tells of itself."""

import re

import numpy as np
import pytest

import elman
from elman import Input, InputSpec, layers, metrics
from elman.errors import ArgumentError, ShapeError


class Own(layers.Layer):
    """Checks what it is told to."""

    def __init__(self, spec=None, **options):
        super().__init__(name="own", **options)
        self.input_spec = spec

    def call(self, inputs):
        return inputs[0] if isinstance(inputs, list) else inputs


@pytest.mark.parametrize(
    ("spec", "shape", "text"),
    [
        (InputSpec(ndim=2), (2, 3, 4), "`inputs` must have 2 axes; got shape (2, 3, 4)."),
        (InputSpec(min_ndim=3), (2, 3), "`inputs` must have at least 3 axes; got shape (2, 3)."),
        (InputSpec(max_ndim=2), (2, 3, 4), "must have at most 2 axes; got shape (2, 3, 4)."),
        (InputSpec(axes={-1: 3}), (2, 4), "must have size 3 on axis -1; got shape (2, 4)."),
        (InputSpec(axes={2: 3}), (2, 4), "must have size 3 on axis 2; got shape (2, 4)."),
        (InputSpec(shape=(None, 3)), (2, 4), "must have shape (None, 3); got (2, 4)."),
        (InputSpec(shape=(None, 3), name="x"), (2, 4), "`x` must have shape (None, 3);"),
        ([InputSpec(), InputSpec()], (2, 4), "`inputs` must be 2 arrays; got 1."),
    ],
)
def test_an_input_that_is_not_as_a_layer_says_is_refused(spec, shape, text):
    symbolic = text.replace("(2,", "(None,")
    for x, said in ((np.ones(shape, "float32"), text), (Input(shape[1:]), symbolic)):
        with pytest.raises(ShapeError, match=re.escape(said)):
            Own(spec)(x)


def test_an_input_that_is_as_a_layer_says_goes_through():
    x = np.ones((2, 3), "float32")
    specs = (InputSpec(ndim=2, axes={-1: 3}), InputSpec(shape=(None, None)), None,
             InputSpec("float32", min_ndim=1, max_ndim=2),
             InputSpec(shape=(None, 3, 1), allow_last_axis_squeeze=True))  # fmt: skip
    for spec in specs:
        assert Own(spec)(x).shape == (2, 3)
        assert Own(spec)(Input((3,))).shape == (None, 3)


def test_several_inputs_are_checked_each_by_its_own():
    x = np.ones((2, 3), "float32")
    layer = Own([InputSpec(ndim=2), InputSpec(ndim=3)])
    with pytest.raises(ShapeError, match=re.escape("`inputs[1]` must have 3 axes; got shape")):
        layer([x, x])


def test_inputs_are_found_by_name_in_a_dictionary():
    layer = Own([InputSpec(name="a"), InputSpec(name="b")])
    with pytest.raises(ArgumentError, match=re.escape("must have the key 'b'; got ['a', 'c'].")):
        layer({"a": np.ones((1, 2)), "c": np.ones((1, 2))})


def test_a_dtype_is_checked():
    text = "Own 'own': `inputs` must have the dtype 'int32'; got 'float32'."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        Own(InputSpec("int32"))(np.ones((2, 3), "float32"))


def test_stock_layers_check_what_they_are_given_too():
    layer = layers.Dense(2, name="d")
    layer.input_spec = InputSpec(min_ndim=3)
    with pytest.raises(ShapeError, match="Dense 'd': `inputs` must have at least 3 axes;"):
        layer(np.ones((2, 3)))


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (lambda: InputSpec(ndim=0), "InputSpec: `ndim` must be a positive integer; got 0."),
        (lambda: InputSpec(dtype="x"), "InputSpec: `dtype` must be a dtype such as 'int32'; got"),
        (lambda: InputSpec(axes=[1]), "InputSpec: `axes` must be a dictionary from axes to sizes,"),
        (lambda: InputSpec(ndim=2, axes={2: 3}),
         "InputSpec: `axes` must be among the 2 axes that there are; got 2."),
        (lambda: Own(3), "Own 'own': `input_spec` must be an InputSpec, or a list or dictionary"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()


def test_a_specification_goes_into_a_configuration_and_back():
    spec = InputSpec("int32", shape=(None, 3), axes={1: 3})
    again = InputSpec.from_config({**spec.get_config(), "ndim": None})
    assert (
        repr(again) == repr(spec) == "InputSpec(dtype=int32, shape=(None, 3), ndim=2, axes={1: 3})"
    )


# ---------------------------------------------------------------------- what a layer tells


def test_a_layer_tells_where_it_stands_and_its_dtypes():
    layer = layers.LSTM(2, name="l", dtype="float64")
    assert layer.path is None
    model = elman.Sequential([Input((3, 2), dtype="float64"), layer], name="m")
    assert (model.layers[0].path, layer.weights[0].path) == ("m/l", "m/l/lstm_cell/kernel")
    assert {layer.compute_dtype, layer.variable_dtype, layer.input_dtype} == {"float64"}
    assert layer.dtype_policy == elman.DTypePolicy("float64")


def test_a_layer_tells_the_metrics_that_it_holds():
    class Counting(Own):
        def __init__(self):
            super().__init__()
            self.seen = metrics.Mean(name="seen")
            self.more = [metrics.Sum(name="sum")]
            self.inner = Own()

    layer = Counting()
    assert [metric.name for metric in layer.metrics] == ["seen", "sum"]
    assert len(layer.metrics_variables) == 3
