"""Files of weights take what the optimizer keeps with them, as Keras's do."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import elman
from elman import layers, optimizers

X = np.random.default_rng(0).normal(size=(8, 5, 2)).astype("float32")
Y = np.random.default_rng(1).normal(size=(8, 1)).astype("float32")


def made(optimizer="adam"):
    elman.utils.set_random_seed(0)
    model = elman.Sequential([elman.Input((None, 2)), layers.GRU(3), layers.Dense(1)])
    model.compile(optimizer, "mse")
    return model


def trained(model, epochs=2):
    model.fit(X, Y, batch_size=4, epochs=epochs, shuffle=False, verbose=0)
    return model


@pytest.mark.parametrize("name", ["adam", "sgd", "nadam", "rmsprop"])
def test_training_goes_on_from_a_file_of_weights(name, tmp_path):
    path, whole = tmp_path / "m.weights.h5", trained(made(name), epochs=4)
    trained(made(name)).save_weights(path)
    again = made(name)
    again.load_weights(path)
    assert again.optimizer.iterations == 4
    for one, other in zip(trained(again).get_weights(), whole.get_weights(), strict=True):
        assert_array_equal(one, other)


def test_a_checkpoint_of_weights_alone_goes_on(tmp_path):
    path = tmp_path / "m.weights.h5"
    keep = elman.callbacks.ModelCheckpoint(path, save_weights_only=True)
    model = made()
    model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0, callbacks=[keep])
    again = made()
    again.load_weights(path)
    for one, other in zip(trained(again).get_weights(), trained(model).get_weights(), strict=True):
        assert_array_equal(one, other)


def test_another_optimizer_begins_anew_with_a_warning(tmp_path):
    path, model = tmp_path / "m.weights.h5", trained(made())
    model.save_weights(path)
    other = made(optimizers.SGD(0.1))
    text = r"m.weights.h5: the weights are taken, and 'optimizer/vars' is left out: it has 12 array"
    with pytest.warns(UserWarning, match=text):
        other.load_weights(path)
    assert other.optimizer.iterations == 0
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        assert_array_equal(one, two)


def test_what_is_not_compiled_or_has_not_learned_takes_and_gives_weights_alone(tmp_path):
    path = tmp_path / "m.weights.h5"
    made().save_weights(path)
    model = trained(made())
    model.load_weights(path)
    assert model.optimizer.iterations == 4
    model.save_weights(path)
    plain = elman.Sequential([elman.Input((None, 2)), layers.GRU(3), layers.Dense(1)])
    plain.load_weights(path)
    assert plain.compiled is None
