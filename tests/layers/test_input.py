import re

import numpy as np
import pytest

from elman import Input, Model, layers, utils
from elman.errors import ArgumentError


def test_the_batch_is_open_unless_given():
    assert Input((5, 3)).shape == (None, 5, 3)
    assert Input((None, 3), batch_size=4).shape == (4, None, 3)
    assert Input(batch_shape=(4, 5, 3)).shape == (4, 5, 3)
    assert Input(()).shape == (None,)


def test_it_has_a_dtype_and_a_name():
    utils.clear_session()
    assert (Input((1,)).dtype, Input((1,)).name) == ("float32", "input_layer_1")
    assert Input((1,), dtype="int32", name="words").dtype == "int32"
    assert Input((1,), name="words").name == "words"


def test_integers_reach_an_embedding_unharmed():
    x = Input((1,), dtype="int32")
    layer = layers.Embedding(2**24 + 2, 1)
    model = Model(x, layer(x))
    layer.embeddings.array[2**24 + 1] = 7
    assert model.predict(np.array([[2**24 + 1]]), verbose=0).item() == 7


@pytest.mark.parametrize("dtype", [np.float64, np.dtype("float64"), "float64"])
def test_a_dtype_is_given_as_a_name_or_as_numpy_s(dtype):
    assert Input((3,), dtype=dtype).dtype == "float64"


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (
            lambda: Input(name="i"),
            "InputLayer 'i': one of `shape` and `batch_shape` must be given; got shape=None, "
            "batch_shape=None. For sequences of 8 features of any length: Input((None, 8)).",
        ),
        (
            lambda: Input((3,), batch_size="a", name="i"),
            "InputLayer 'i': `batch_size` must be a positive integer; got 'a'.",
        ),
        (
            lambda: Input((3,), dtype=np.complex64, name="i"),
            "'int64', 'bool'; got 'complex64'.",
        ),
        (lambda: Input((1,), batch_shape=(1, 1), name="i"), "must be given; got shape=(1,),"),
        (
            lambda: Input(5, name="i"),
            "InputLayer 'i': `shape` must be a tuple of sizes; got 5. Did you mean (5,)?",
        ),
        (
            lambda: Input((5, -1), name="i"),
            "InputLayer 'i': `shape` must be a positive integer; got -1.",
        ),
        (
            lambda: Input(batch_shape=3, name="i"),
            "InputLayer 'i': `batch_shape` must be a tuple of sizes; got 3. Did you mean (3,)?",
        ),
        (
            lambda: Input((5,), dtype="float46", name="i"),
            "InputLayer 'i': `dtype` must be one of 'float32', 'float64', 'int32', 'int64', "
            "'bool'; got 'float46'. Did you mean 'float64'?",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()


@pytest.mark.parametrize("name", ["sparse", "ragged", "tensor", "optional"])
def test_inputs_are_plain_arrays(name):
    from elman.errors import UnsupportedError

    assert Input((3,), **{name: False}).shape == (None, 3)
    assert Input((3,), **{name: None}).shape == (None, 3)
    text = f"Input: `{name}` must be None or False, because inputs are plain arrays; got True."
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        Input((3,), **{name: True})


def test_a_layer_of_keras_s_arguments_is_a_plain_input_too():
    from elman.errors import UnsupportedError

    assert layers.InputLayer((3,), sparse=False, ragged=None).output.shape == (None, 3)
    with pytest.raises(UnsupportedError, match="`input_tensor` must be None or False"):
        layers.InputLayer((3,), input_tensor=[1.0])
