import os
import re

import numpy as np
import pytest

import elman
from elman.callbacks import LambdaCallback, ModelCheckpoint
from elman.errors import ArgumentError
from tests.callbacks.problem import Feed, fit, make


def test_files_are_named_by_epoch_and_logs(tmp_path):
    pattern = tmp_path / "deep" / "{epoch:02d}-{loss:.1f}.keras"
    history = fit(ModelCheckpoint(pattern), epochs=2)
    names = [f"{i + 1:02d}-{loss:.1f}.keras" for i, loss in enumerate(history.history["loss"])]
    assert sorted(os.listdir(tmp_path / "deep")) == names


def test_a_file_holds_the_model_as_it_was_after_the_epoch(tmp_path):
    model = make()
    weights = []
    remember = LambdaCallback(on_epoch_end=lambda epoch, logs: weights.append(model.get_weights()))
    fit(ModelCheckpoint(tmp_path / "{epoch}.keras"), remember, model=model)
    for i, expected in enumerate(weights):
        again = elman.models.load_model(tmp_path / f"{i + 1}.keras")
        np.testing.assert_array_equal(again.get_weights()[0], expected[0])
        assert again.optimizer.iterations == i + 1


def test_weights_may_be_saved_alone(tmp_path):
    model, other = make(), make()
    fit(ModelCheckpoint(tmp_path / "a.weights.h5", save_weights_only=True), model=model)
    other.load_weights(tmp_path / "a.weights.h5")
    np.testing.assert_array_equal(model.get_weights()[0], other.get_weights()[0])


@pytest.mark.parametrize(
    ("options", "saved"),
    [
        ({}, [1, 3]),
        ({"mode": "max"}, [1, 2, 4]),
        ({"initial_value_threshold": 2}, [3]),
    ],
)
def test_of_the_best_only_what_is_better_is_saved(tmp_path, options, saved):
    path = tmp_path / "{epoch}.keras"
    own = ModelCheckpoint(path, "score", save_best_only=True, **{"mode": "min", **options})
    fit(Feed([3, 4, 1, 5]), own, epochs=4)
    assert sorted(os.listdir(tmp_path)) == [f"{i}.keras" for i in saved]
    assert own.best == (5 if options.get("mode") == "max" else 1)


def test_batches_are_counted_on_from_epoch_to_epoch(tmp_path):
    path = tmp_path / "{epoch}-{batch}-{loss:.0f}.keras"
    fit(ModelCheckpoint(path, save_freq=3), batch_size=1, epochs=2)
    assert sorted(os.listdir(tmp_path)) == ["1-3-0.keras", "2-2-0.keras"]


def test_a_number_that_is_not_there_is_warned_of_and_the_model_saved_as_in_keras(tmp_path):
    text = "ModelCheckpoint: `monitor` must be among the logs, loss, mae; got 'val_loss'."
    with pytest.warns(UserWarning, match=re.escape(text)):
        fit(ModelCheckpoint(tmp_path / "a.keras", save_best_only=True), epochs=1)
    assert os.listdir(tmp_path) == ["a.keras"]


@pytest.mark.parametrize("pattern", ["{loss:d}", "{}", "{epoch", "{loss.x}"])
def test_a_pattern_that_cannot_be_filled_in_is_refused(tmp_path, pattern):
    text = "ModelCheckpoint: `filepath` must be a pattern such as 'at{epoch:02d}_{loss:.2f}'; got"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        fit(ModelCheckpoint(tmp_path / f"{pattern}.keras"))
    assert os.listdir(tmp_path) == []


def test_names_that_there_are_not_are_refused(tmp_path):
    text = "ModelCheckpoint: `filepath` must name only epoch, batch, loss, mae; got 'val_loss'."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        fit(ModelCheckpoint(tmp_path / "{val_loss}.keras"))


def test_a_folder_is_no_file(tmp_path):
    path = tmp_path / "a.keras"
    path.mkdir()
    text = f"ModelCheckpoint: `filepath` must name a file; got {str(path)!r}, which is a folder."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        fit(ModelCheckpoint(path))


def test_it_says_so_if_asked(tmp_path, capsys):
    path = tmp_path / "a.keras"
    fit(ModelCheckpoint(path, verbose=1), epochs=1)
    assert capsys.readouterr().out == f"Epoch 1: saved to {path}\n"
    own = ModelCheckpoint(path, "score", 1, save_best_only=True, mode="min")
    fit(Feed([3, 4, 1]), own)
    assert capsys.readouterr().out.splitlines() == [
        f"Epoch 1: score improved from nothing to 3.00000, saved to {path}",
        "Epoch 2: score did not improve from 3.00000",
        f"Epoch 3: score improved from 3.00000 to 1.00000, saved to {path}",
    ]


@pytest.mark.parametrize(
    ("path", "options", "text"),
    [
        ("a", {}, "`filepath` must end in '.keras' or '.h5' or '.hdf5'; got 'a'. Use 'a.keras'."),
        (3, {}, "`filepath` must be a path; got 3."),
        (
            "a.keras",
            {"save_weights_only": True},
            "`filepath` must end in '.weights.h5'; got 'a.keras'.",
        ),
        ("a.keras", {"save_freq": "batch"}, "`save_freq` must be a positive integer; got 'batch'."),
        ("a.keras", {"save_freq": 0}, "`save_freq` must be a positive integer; got 0."),
        ("a.keras", {"mode": "up"}, "`mode` must be one of 'auto', 'min', 'max'; got 'up'."),
        ("a.keras", {"save_best_only": 1}, "`save_best_only` must be True or False; got 1."),
        (
            "a.keras",
            {"initial_value_threshold": "a"},
            "`initial_value_threshold` must be a finite number; got 'a'.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(path, options, text):
    with pytest.raises(ArgumentError, match=re.escape(f"ModelCheckpoint: {text}")):
        ModelCheckpoint(path, **options)


@pytest.mark.parametrize(
    ("path", "options", "name"),
    [
        ("best.pt", {}, "best.keras"),
        ("{epoch}.weights.h5", {}, "{epoch}.keras"),
        ("w.keras", {"save_weights_only": True}, "w.weights.h5"),
    ],
)
def test_another_ending_is_refused_with_the_name_to_use(path, options, name):
    ending = "'.weights.h5'" if options else "'.keras' or '.h5' or '.hdf5'"
    text = f"ModelCheckpoint: `filepath` must end in {ending}; got '{path}'. Use '{name}'."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        ModelCheckpoint(path, **options)
