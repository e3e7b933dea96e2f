import os
import re

import numpy as np
import pytest

import elman
from elman import Input, Sequential, layers, optimizers
from elman.callbacks import BackupAndRestore, Callback, ReduceLROnPlateau
from elman.errors import ArgumentError, FormatError
from tests.callbacks.problem import Break
from tests.layers.checks import normal, scramble

X, Y = normal(12, 4, 2), normal(12, 1, seed=1)


def net(optimizer="adam", stateful=False, dropout=0.0, units=3):
    """Return the same model each time, with generators of dropout that go on."""
    x = Input(batch_shape=(4, 4, 2)) if stateful else Input((4, 2))
    rnn = layers.LSTM(units, dropout=dropout, recurrent_dropout=dropout, stateful=stateful)
    model = Sequential([x, rnn, layers.Dropout(dropout), layers.Dense(1)])
    scramble(model)
    model.compile(optimizers.get(optimizer), "mse", metrics=["mae"])
    return model


def train(model, *callbacks, **options):
    options = {"epochs": 6, "batch_size": 4, **options}
    return model.fit(X, Y, verbose=0, callbacks=list(callbacks), **options)


def interrupted(folder, at, make_net, options=(), **backup):
    """Return the model and the history of a training that was broken off and begun again."""
    model = make_net()
    with pytest.raises(ZeroDivisionError):
        train(model, BackupAndRestore(folder, **backup), Break(*at), **dict(options))
    model = make_net()
    return model, train(model, BackupAndRestore(folder, **backup), **dict(options))


def assert_same(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    states = [list(model.optimizer.state().values()) for model in (one, other)]
    for a, b in zip(*states, strict=True):
        np.testing.assert_array_equal(a, b)


# ---------------------------------------------------------------------- going on


@pytest.mark.parametrize("at", [(3, 0), (3, 2), (5, 1)])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_what_was_interrupted_ends_as_what_was_not(tmp_path, optimizer, at):
    """With samples in another order in each epoch, and no seed set."""
    folder = tmp_path / "backup"
    whole, model = net(optimizer), net(optimizer)
    order = np.random.default_rng(5)
    start = order.bit_generator.state

    class Order(Callback):  # stands for a script that begins with the same seed
        def on_train_begin(self, logs=None):
            self.model.shuffler.bit_generator.state = start

    expected = train(whole, Order())
    with pytest.raises(ZeroDivisionError):
        train(model, Order(), BackupAndRestore(folder), Break(*at))
    model = net(optimizer)
    history = train(model, Order(), BackupAndRestore(folder))
    assert_same(model, whole)
    assert history.epoch == list(range(at[0], 6))
    for name, values in expected.history.items():
        assert history.history[name] == values[at[0] :]
    assert not folder.exists()


def test_the_order_of_the_samples_needs_no_seed(tmp_path):
    orders = []

    class Order(Callback):
        def on_epoch_end(self, epoch, logs=None):
            orders.append(self.model.shuffler.bit_generator.state)

    train(net(), Order(), epochs=1)
    with pytest.raises(ZeroDivisionError):
        train(net(), BackupAndRestore(tmp_path / "b"), Order(), Break(2))
    before = orders[-1]

    class Look(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            orders.append(self.model.shuffler.bit_generator.state)
            self.model.stop_training = True

    train(net(), BackupAndRestore(tmp_path / "b"), Look())
    assert orders[-1] == before


def test_the_masks_of_dropout_go_on_and_so_do_the_states_of_layers(tmp_path):
    def stateful():
        elman.utils.set_random_seed(3)
        return net(stateful=True, dropout=0.3)

    whole = stateful()
    expected = train(whole, shuffle=False)
    options = {"shuffle": False}.items()
    model, history = interrupted(tmp_path / "backup", (4, 1), stateful, options)
    assert_same(model, whole)
    assert history.history["loss"] == expected.history["loss"][4:]
    for a, b in zip(model.layers[0].states, whole.layers[0].states, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_learning_rate_goes_on(tmp_path):
    folder = tmp_path / "backup"
    slower = ReduceLROnPlateau("loss", 0.5, patience=1, min_delta=9)
    with pytest.raises(ZeroDivisionError):
        train(net("sgd"), slower, BackupAndRestore(folder), Break(3))
    model = net("sgd")
    train(model, BackupAndRestore(folder))
    assert model.optimizer.learning_rate == 0.01 / 4


@pytest.mark.parametrize("frozen", [[0], [0, 2]])  # a layer, and all that learn
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_weights_that_were_frozen_learn_on_when_they_are_thawed(tmp_path, optimizer, frozen):
    def make():
        options = {"momentum": optimizers.SGD(0.05, momentum=0.9)}
        return net(options.get(optimizer, optimizer))

    def set_trainable(model, value):
        for i in frozen:
            model.layers[i].trainable = value

    def begun(model):
        train(model, epochs=2, shuffle=False)
        set_trainable(model, False)

    whole, broken = make(), make()
    for model in (whole, broken):
        begun(model)
    train(whole, shuffle=False)
    with pytest.raises(ZeroDivisionError):
        train(broken, BackupAndRestore(tmp_path / "b"), Break(3), shuffle=False)
    again = make()  # which has not seen the first epochs
    set_trainable(again, False)
    train(again, BackupAndRestore(tmp_path / "b"), shuffle=False)
    for model in (whole, again):
        set_trainable(model, True)
        train(model, epochs=2, shuffle=False)
    assert_same(again, whole)


def test_a_schedule_and_a_layer_of_one_s_own_are_no_hindrance(tmp_path):
    class Double(layers.Layer):
        takes_one = True

        def output_shapes(self, shapes):
            return shapes

        def forward(self, inputs, masks, mode):
            return (2 * inputs[0],), None

        def backward(self, tape, doutputs):
            return (2 * doutputs[0],), []

    def own():
        model = Sequential([Input((4, 2)), Double(), layers.LSTM(3), layers.Dense(1)])
        scramble(model)
        model.compile(optimizers.SGD(lambda step: 0.1 / (1 + step)), "mse")
        return model

    whole = own()
    train(whole, shuffle=False)
    options = {"shuffle": False}.items()
    model, _ = interrupted(tmp_path / "b", (3, 0), own, options)
    assert_same(model, whole)


def test_backups_of_batches_begin_with_the_epoch_that_was_under_way(tmp_path):
    model, history = interrupted(tmp_path / "b", (2, 2), net, save_freq=2)
    assert history.epoch == [2, 3, 4, 5]
    assert model.optimizer.iterations == 8 + 12


def test_a_model_trains_from_the_beginning_again_once_it_has_come_to_the_end(tmp_path):
    backup, model = BackupAndRestore(tmp_path / "b"), net()
    with pytest.raises(ZeroDivisionError):
        train(model, backup, Break(3))
    assert train(model, backup).epoch == [3, 4, 5]
    assert train(model, backup).epoch == list(range(6))
    assert train(model).epoch == list(range(6))


def test_a_backup_that_is_kept_ends_training_that_had_come_to_its_end(tmp_path):
    for expected in ([0, 1, 2, 3, 4, 5], []):
        backup = BackupAndRestore(tmp_path / "b", delete_checkpoint=False)
        assert train(net(), backup).epoch == expected
    assert os.listdir(tmp_path / "b") == ["latest.npz"]


def test_what_else_is_in_the_folder_stays_there(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    train(net(), BackupAndRestore(tmp_path))
    assert os.listdir(tmp_path) == ["mine.txt"]


# ---------------------------------------------------------------------- what goes wrong


def damaged(folder, **options):
    """Leave a backup of epoch 3 whose file is cut short."""
    with pytest.raises(ZeroDivisionError):
        train(net(), BackupAndRestore(folder, **options), Break(3))
    path = folder / "latest.npz"
    path.write_bytes(path.read_bytes()[:-400])
    return path


def test_a_damaged_backup_is_an_error_and_the_model_unchanged(tmp_path):
    path, model = damaged(tmp_path), net()
    with pytest.raises(FormatError, match=re.escape(f"{path}: it must be a whole backup; ")):
        train(model, BackupAndRestore(tmp_path))
    for a, b in zip(model.get_weights(), net().get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_of_two_backups_the_one_before_serves_when_the_last_is_damaged(tmp_path):
    damaged(tmp_path, double_checkpoint=True)
    text = r"BackupAndRestore: .*latest.npz: it must be a whole backup; .* goes on from the one"
    with pytest.warns(UserWarning, match=text):
        history = train(net(), BackupAndRestore(tmp_path))
    assert history.epoch == [2, 3, 4, 5]
    assert not tmp_path.exists()


def test_of_two_backups_the_one_before_serves_when_the_last_is_missing(tmp_path):
    damaged(tmp_path, double_checkpoint=True).unlink()
    with pytest.warns(UserWarning, match="it must be a whole backup"):
        assert train(net(), BackupAndRestore(tmp_path)).epoch == [2, 3, 4, 5]


def test_a_write_that_fails_leaves_the_backup_before(tmp_path, monkeypatch):
    backup = BackupAndRestore(tmp_path)
    with pytest.raises(ZeroDivisionError):
        train(net(), backup, Break(3))

    def full(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", full)
    text = (
        r"BackupAndRestore: the backup must be a file that may be written; got '.*latest.npz': disk"
    )
    with pytest.raises(ArgumentError, match=text):
        train(net(), backup)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["latest.npz"]
    assert train(net(), backup).epoch == [3, 4, 5]


@pytest.mark.parametrize("other", [lambda: net(units=4), lambda: net("sgd")])
def test_a_backup_of_another_model_is_refused(tmp_path, other):
    with pytest.raises(ZeroDivisionError):
        train(net(), BackupAndRestore(tmp_path), Break(3))
    model = other()
    before = model.get_weights()
    with pytest.raises(FormatError, match="got that of another"):
        train(model, BackupAndRestore(tmp_path))
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_model_that_is_not_built_cannot_go_on(tmp_path):
    with pytest.raises(ZeroDivisionError):
        train(net(), BackupAndRestore(tmp_path), Break(3))
    model = Sequential([layers.LSTM(3), layers.Dense(1)])
    model.compile("adam", "mse")
    text = "BackupAndRestore: the model must be built before `fit` to go on from a backup."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        model.fit(iter([(X, Y)]), callbacks=BackupAndRestore(tmp_path), verbose=0)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "b").write_text("mine")
    text = f"`backup_dir` must name a folder; got {str(tmp_path / 'b')!r}, which is a file."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        train(net(), BackupAndRestore(tmp_path / "b"))


def test_a_model_that_has_nothing_to_train_is_backed_up_too(tmp_path):
    def frozen():
        model = net()
        model.trainable = False
        return model

    model, history = interrupted(tmp_path / "b", (2, 0), frozen)
    assert history.epoch == [2, 3, 4, 5]
    assert_same(model, frozen())


@pytest.mark.parametrize(
    ("folder", "options", "text"),
    [
        ("", {}, "`backup_dir` must be a path; got ''."),
        ("b", {"save_freq": 0}, "`save_freq` must be a positive integer; got 0."),
        ("b", {"save_freq": False}, "`save_freq` must be a positive integer; got False."),
        ("b", {"save_freq": "batch"}, "`save_freq` must be a positive integer; got 'batch'."),
        ("b", {"double_checkpoint": 1}, "`double_checkpoint` must be True or False; got 1."),
        ("b", {"delete_checkpoint": None}, "`delete_checkpoint` must be True or False; got None."),
    ],
)
def test_errors_name_the_argument_and_the_fix(folder, options, text):
    with pytest.raises(ArgumentError, match=re.escape(f"BackupAndRestore: {text}")):
        BackupAndRestore(folder, **options)
