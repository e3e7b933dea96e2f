"""Settings of the process: `elman.config`, and what `elman.backend` says of dtypes."""

import logging
import re

import numpy as np
import pytest

import elman
from elman import Input, Sequential, _settings, backend, config, layers, ops, utils
from elman.errors import ArgumentError, UnsupportedError


@pytest.fixture(autouse=True)
def as_it_was():
    """Put every setting back."""
    yield
    _settings._floatx, _settings._policy, _settings._interactive = "float32", None, True


def test_floatx_is_the_dtype_of_all_that_is_made_after_it():
    before = layers.Dense(2)
    config.set_floatx("float64")
    assert config.floatx() == backend.floatx() == elman.config.floatx() == "float64"
    model = Sequential([Input((3, 2)), layers.LSTM(4), layers.Dense(1)])
    assert model.inputs[0].dtype == "float64"
    assert {weight.dtype for weight in model.weights} == {np.dtype("float64")}
    assert model.predict(np.ones((2, 3, 2)), verbose=0).dtype == np.float64
    model.compile("adam", "mse")
    model.fit(np.ones((2, 3, 2)), np.ones((2, 1)), verbose=0)
    assert {weight.dtype for weight in model.weights} == {np.dtype("float64")}
    assert elman.initializers.Ones()((2,)).dtype == np.float64
    assert ops.zeros((2,)).dtype == np.float64
    assert before.dtype == "float32"


def test_a_policy_is_for_layers_alone():
    config.set_dtype_policy("float64")
    assert config.dtype_policy() == config.DTypePolicy("float64") == elman.DTypePolicy("float64")
    assert layers.GRU(2).dtype == "float64"
    assert Input((3,)).dtype == config.floatx() == "float32"
    config.set_dtype_policy(config.DTypePolicy("float32"))
    assert layers.GRU(2).dtype == "float32"


def test_a_policy_goes_into_a_configuration_and_back():
    policy = config.DTypePolicy("float64")
    assert config.DTypePolicy.from_config(policy.get_config()) == policy
    assert hash(policy) == hash(config.DTypePolicy("float64"))
    assert policy != config.DTypePolicy("float32")
    assert policy.quantization_mode is None
    assert layers.Dense(2, dtype=policy).dtype == "float64"
    assert config.DTypePolicy().name == "float32"


def test_what_elman_has_one_of_may_be_set_to_it():
    config.set_epsilon(1e-7)
    config.set_image_data_format("channels_last")
    config.set_backend("numpy")
    assert config.epsilon() == backend.epsilon() == 1e-7
    assert config.image_data_format() == "channels_last"
    assert config.backend() == backend.backend() == "numpy"


def test_messages_go_to_a_logger_where_they_are_not_to_be_printed(capsys, caplog):
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    config.disable_interactive_logging()
    assert not utils.is_interactive_logging_enabled()
    with caplog.at_level(logging.INFO, "elman"):
        model.fit([[0, 0]], [[0]], verbose=2)
    assert capsys.readouterr().out == ""
    assert "epoch 1/1" in caplog.text
    utils.enable_interactive_logging()
    model.fit([[0, 0]], [[0]], verbose=2)
    assert "epoch 1/1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (lambda: config.set_floatx("float16"), UnsupportedError,
         "set_floatx: `value` must be 'float32' or 'float64', because elman computes in no other; "
         "got 'float16'."),
        (lambda: config.set_floatx("float"), ArgumentError,
         "set_floatx: `value` must be one of 'float32', 'float64'; got 'float'."),
        (lambda: config.set_floatx(None), ArgumentError, "got None"),
        (lambda: config.set_epsilon(1e-6), UnsupportedError,
         "set_epsilon: `value` must be 1e-07, which is compiled into elman; got 1e-06."),
        (lambda: config.set_epsilon("1e-7"), ArgumentError,
         "set_epsilon: `value` must be a finite number and at least 0; got '1e-7'."),
        (lambda: config.set_image_data_format("channels_first"), UnsupportedError,
         "set_image_data_format: `data_format` must be 'channels_last'; got 'channels_first'. Put "
         "the features last with a `Permute` layer, or `np.moveaxis`."),
        (lambda: config.set_image_data_format("last"), ArgumentError, "must be one of"),
        (lambda: config.set_backend("torch"), ArgumentError,
         "set_backend: `backend` must be 'numpy', because elman runs on no framework; got "
         "'torch'."),
        (lambda: config.DTypePolicy("mixed_float16"), UnsupportedError,
         "DTypePolicy: `name` must be 'float32' or 'float64', because elman computes in the dtype "
         "of the weights; got 'mixed_float16'."),
        (lambda: config.set_dtype_policy("int8"), ArgumentError,
         "DTypePolicy: `name` must be 'float32' or 'float64'; got 'int8'."),
        (lambda: config.set_max_epochs, AttributeError,
         "module 'elman.config' has no attribute 'set_max_epochs'. Give `epochs` to `fit`."),
        (lambda: config.flotx, AttributeError,
         "module 'elman.config' has no attribute 'flotx'. Did you mean 'floatx'?"),
    ],
)  # fmt: skip
def test_what_elman_has_not_is_said(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


# ---------------------------------------------------------------------- backend


@pytest.mark.parametrize(
    ("dtype", "name"),
    [(None, "float32"), (np.float64, "float64"), (int, "int64"), (float, "float32"),
     (bool, "bool"), (np.dtype("int8"), "int8"), ("uint16", "uint16")],
)  # fmt: skip
def test_a_dtype_has_one_name(dtype, name):
    assert backend.standardize_dtype(dtype) == utils.standardize_dtype(dtype) == name


def test_a_dtype_is_one_of_floats_or_of_integers():
    for name, floats, integers in (("float16", True, False), ("int64", False, True),
                                   ("uint8", False, True), ("bool", False, False)):  # fmt: skip
        assert backend.is_float_dtype(name) == floats
        assert backend.is_int_dtype(name) == integers


def test_a_result_is_of_the_widest_float_that_enters():
    assert backend.result_type("int64", "float32") == "float32"
    assert backend.result_type("float32", "float64", "int8") == "float64"
    assert backend.result_type("int8", "int32") == "int32"
    assert backend.result_type() == "float32"


def test_a_symbolic_tensor_is_known_from_an_array():
    assert utils.is_keras_tensor(Input((2,)))
    assert not backend.is_keras_tensor(np.zeros(2))


def test_a_prefix_is_counted_until_the_session_is_cleared():
    backend.clear_session()
    assert [backend.get_uid("a"), backend.get_uid("a"), backend.get_uid("b")] == [1, 2, 1]
    backend.clear_session()
    assert backend.get_uid("a") == 1


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (lambda: backend.standardize_dtype("flaot32"), ArgumentError,
         "standardize_dtype: `dtype` must be a dtype of numbers, such as 'float32'; got "
         "'flaot32'. Did you mean 'float32'?"),
        (lambda: backend.standardize_dtype("U3"), ArgumentError, "must be a dtype of numbers"),
        (lambda: backend.is_float_dtype(object), ArgumentError, "must be a dtype of numbers"),
        (lambda: backend.get_uid(3), ArgumentError,
         "get_uid: `prefix` must be a string; got 3."),
        (lambda: backend.sum, AttributeError,
         "module 'elman.backend' has no attribute 'sum'. `elman.ops` has it: `ops.sum`."),
        (lambda: backend.floatxx, AttributeError, "Did you mean 'floatx'?"),
    ],
)  # fmt: skip
def test_what_backend_has_not_is_said(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
