"""Files of weights take what the optimizer keeps with them, as Keras's do."""

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal

import elman
from elman import layers, optimizers
from elman.errors import FormatError

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
    text = (
        r"m.weights.h5: what the optimizer kept is left out. 'optimizer/vars' has 12 arrays, of "
        r"which those of SGD, 2 for the weights that are trainable now, differ in number or shape. "
        r"Compile the model as it was to go on."
    )
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


def replaced(place, array):
    def change(group):
        del group[place]
        group[place] = array

    return change


DAMAGED = {
    "no number of steps": (
        replaced("0", np.float32(np.nan)),
        "'iteration' in 'optimizer/vars' must be a number of steps; got float32 nan.",
    ),
    "fewer steps than none": (
        replaced("0", np.int64(-3)),
        "'iteration' in 'optimizer/vars' must be a number of steps; got int64 -3.",
    ),
    "no learning rate": (
        replaced("1", np.float32(np.nan)),
        "'learning_rate' in 'optimizer/vars' must be at least 0 and finite; got nan.",
    ),
    "a slot of texts": (replaced("4", b"texts"), "'optimizer/vars/4' must"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_state_of_the_optimizer_changes_nothing(case, tmp_path):
    change, text = DAMAGED[case]
    path, model = tmp_path / "m.weights.h5", trained(made(), epochs=1)
    trained(made()).save_weights(path)
    with h5py.File(path, "r+") as file:
        change(file["optimizer/vars"])
    before = [*model.get_weights(), *model.optimizer.state().values()]
    with pytest.raises(FormatError, match=text):
        model.load_weights(path)
    after = [*model.get_weights(), *model.optimizer.state().values()]
    for one, other in zip(before, after, strict=True):
        assert_array_equal(one, other)


# ---------------------------------------------------------------------- files of Keras 2

SCHEDULE = optimizers.schedules.ExponentialDecay(0.01, 2, 0.5)
OF_KERAS_2 = {
    "Adam": lambda: optimizers.Adam(0.01),
    "Adam, a schedule": lambda: optimizers.Adam(SCHEDULE),
    "SGD": lambda: optimizers.SGD(0.01),
    "SGD, a schedule": lambda: optimizers.SGD(SCHEDULE),
    "Nadam": lambda: optimizers.Nadam(0.01),
    "Nadam, a schedule": lambda: optimizers.Nadam(SCHEDULE),
}


def as_keras_2(group, optimizer):
    """Make what an optimizer keeps what tf.keras 2.15 writes: no name, rate or momenta of Nadam."""
    arrays = {variable.name: variable.array for variable in optimizer.variables}
    slots = [a for name, a in arrays.items() if "momentum" in name or "velocity" in name]
    if isinstance(optimizer, optimizers.SGD):  # which kept momenta even where it had none
        slots = [np.zeros((2, 9)), np.zeros((3, 9)), np.zeros((2, 9)), np.zeros((3, 1)), [0.0]]
    del group.attrs["name"]
    for name in list(group):
        del group[name]
    for i, array in enumerate([arrays["iteration"], *slots]):
        group[str(i)] = array


@pytest.mark.parametrize("case", OF_KERAS_2)
def test_training_goes_on_from_a_file_of_weights_of_keras_2(case, tmp_path):
    path, model = tmp_path / "m.weights.h5", trained(made(OF_KERAS_2[case]()))
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        as_keras_2(file["optimizer/vars"], model.optimizer)
    again = made(OF_KERAS_2[case]())
    again.load_weights(path)
    assert again.optimizer.iterations == 4
    for one, other in zip(trained(again).get_weights(), trained(model).get_weights(), strict=True):
        assert_array_equal(one, other)


def test_what_keras_3_kept_of_a_schedule_is_not_taken_for_keras_2_s(tmp_path):
    path, other = tmp_path / "m.weights.h5", made()
    trained(made(optimizers.Adam(SCHEDULE))).save_weights(path)
    with pytest.warns(UserWarning, match="has 11 arrays, of which those of Adam, 12 for"):
        other.load_weights(path)
    assert other.optimizer.iterations == 0


def test_slots_of_keras_2_are_not_those_of_an_optimizer_without(tmp_path):
    path, model = tmp_path / "m.weights.h5", trained(made())
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        as_keras_2(file["optimizer/vars"], model.optimizer)
    other = made("sgd")
    with pytest.warns(UserWarning, match="has 12 arrays, of which those of SGD, 2 for"):
        other.load_weights(path)
    assert other.optimizer.iterations == 0
