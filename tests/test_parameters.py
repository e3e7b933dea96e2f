import copy
import pickle
import re

import numpy as np
import pytest

from elman import Input, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from elman.parameters import Buffer, Weight, gather, pack, packed, version


def make(*shapes, dtype="float32"):
    return [
        Weight(np.full(shape, i, dtype), name=f"w{i}", path=f"layer/w{i}")
        for i, shape in enumerate(shapes)
    ]


def test_a_value_is_a_copy_and_may_be_called():
    (weight,) = make((2, 3))
    value = weight.value
    np.testing.assert_array_equal(value, np.zeros((2, 3)))
    assert type(weight.value()) is np.ndarray
    np.testing.assert_array_equal(weight.value(), value)
    value[...] = 9
    weight.numpy()[...] = 9
    weight.value()[...] = 9
    assert not weight.array.any()


def test_the_notebook_s_way_to_look_at_weights():
    model = Sequential([Input((2, 2)), layers.SimpleRNN(2, return_state=True, activation="relu")])
    for weight, shape in zip(model.weights, [(2, 2), (2, 2), (2,)], strict=True):
        assert weight.shape == weight.value.shape == weight.value().shape == shape
    assert model.weights[1].name == "recurrent_kernel"
    np.testing.assert_array_equal(model.weights[1].value(), model.get_weights()[1])


def test_a_weight_behaves_as_an_array():
    (weight,) = make((2, 3))
    assert np.asarray(weight).dtype == weight.dtype == "float32"
    assert np.asarray(weight, "float64").dtype == "float64"
    assert (weight.shape, np.sum(weight)) == ((2, 3), 0)
    weight.assign(np.full((2, 3), -2.0))
    assert np.array_equal(abs(weight), -weight)
    assert repr(weight) == "<Weight 'layer/w0' shape=(2, 3) dtype=float32>"


def test_assign_replaces_the_numbers_and_keeps_the_dtype():
    (weight,) = make((2,))
    array = weight.array
    weight.assign([1, 2.5])
    assert weight.array is array
    np.testing.assert_array_equal(array, np.array([1, 2.5], "float32"))
    text = "Weight 'layer/w0': `value` must have shape (2,); got (3,)."
    with pytest.raises(ShapeError, match=re.escape(text)):
        weight.assign([1, 2, 3])
    text = "Weight 'layer/w0': `value` must be an array of real numbers; got 'a'."
    for wrong in ("a", [[1], [1, 2]], None):
        with pytest.raises(ArgumentError, match=re.escape(text.replace("'a'", repr(wrong)))):
            weight.assign(wrong)
    with pytest.raises(ShapeError, match=re.escape("got ().")):
        weight.assign(1)
    np.testing.assert_array_equal(array, np.array([1, 2.5], "float32"))


def test_packed_weights_are_views_into_one_buffer_and_keep_their_numbers():
    weights = make((2, 3), (4,), ())
    (buffer,) = pack(weights)
    np.testing.assert_array_equal(buffer.values, [0] * 6 + [1] * 4 + [2])
    for weight, part in zip(weights, buffer.slices, strict=True):
        assert buffer.holds(weight)
        assert np.shares_memory(weight.array, buffer.values)
        assert weight.gradient.shape == weight.shape
        weight.gradient[...] = 5
        np.testing.assert_array_equal(buffer.gradients[part], 5)
    weights[0].assign(np.ones((2, 3)))
    assert buffer.values[:6].all()
    assert [g.size for g in buffer.each_gradient()] == [6, 4, 1]


def test_each_dtype_has_a_buffer_of_its_own():
    weights = [*make((2,)), *make((3,), dtype="float64"), *make((4,))]
    buffers = pack(weights)
    assert [(b.values.dtype.name, b.values.size) for b in buffers] == [
        ("float32", 6),
        ("float64", 3),
    ]
    assert packed(buffers, weights)


def test_packing_again_moves_weights_and_says_so():
    weights = make((2,), (3,))
    first = pack(weights)
    assert packed(first, weights)
    assert not packed(first, weights[:1])
    second = Buffer(weights[:1])
    assert not packed(first, weights)
    assert not first[0].holds(weights[0])
    assert second.holds(weights[0])
    assert packed([], [])


def test_a_model_s_weights_lie_in_one_buffer_once_it_trains():
    model = Sequential([Input((3, 2)), layers.LSTM(2), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.train_on_batch(np.ones((1, 3, 2)), np.ones((1, 1)))
    (buffer,) = model.compiled.buffers
    assert buffer.values.size == model.count_params()
    model.set_weights([np.ones(w.shape) for w in model.weights])
    assert (buffer.values == 1).all()


def test_the_version_changes_with_arrays_and_what_is_trainable_and_not_with_numbers():
    (weight,) = make((2,))
    seen = [version()]
    weight.assign([1, 2])
    assert version() is seen[-1]
    for change in (
        lambda: setattr(weight, "trainable", False),
        lambda: pack([weight]),
        lambda: make((1,)),
        lambda: Sequential([Input((3, 2))]).add(layers.Flatten()),
    ):
        change()
        assert version() is not seen[-1]
        seen.append(version())


def test_gathering_finds_the_buffers_of_exactly_these_weights_or_packs():
    weights = [*make((2,)), *make((3,), dtype="float64"), *make((4,))]
    buffers = gather(weights)
    assert gather(weights) == gather(weights[::-1]) == buffers
    (fewer,) = gather(weights[:1])
    assert [weight.buffer for weight in weights] == [fewer, buffers[1], buffers[0]]
    assert gather([]) == []
    assert packed(gather(weights), weights)


def test_a_copy_of_a_weight_does_not_take_its_neighbours_along():
    weights = make((2,), (1000,))
    pack(weights)
    for twin in (copy.deepcopy(weights[0]), pickle.loads(pickle.dumps(weights[0]))):
        assert (twin.buffer, twin.shape) == (None, (2,))
    assert len(pickle.dumps(weights[0])) < 1000
