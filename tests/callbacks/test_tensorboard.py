import json
import os
import re
import subprocess
import sys

import pytest

import elman
from elman.callbacks import TensorBoard
from elman.errors import ArgumentError, MissingDependencyError, UnsupportedError
from tests.callbacks.problem import Break, X, Y, fit, make
from tests.golden.callback_cases import events

pytest.importorskip("tensorboardX")


def read(folder):
    """Return (part, tag, step) -> number of all event files in a folder."""
    from tensorboardX.proto.event_pb2 import Event

    return {
        (file.parent.name, tag, step): number
        for file in folder.rglob("events.*")
        for tag, step, number in events(Event, file)
    }


def test_every_epoch_is_written_by_keras_s_tags(tmp_path):
    history = fit(TensorBoard(tmp_path), validation_data=(X, Y)).history
    found = read(tmp_path)
    for epoch in range(3):
        for name in ("loss", "mae"):
            for part, prefix in (("train", ""), ("validation", "val_")):
                number = found[part, f"epoch_{name}", epoch]
                assert number == pytest.approx(history[prefix + name][epoch], rel=1e-6)
        assert found["train", "epoch_learning_rate", epoch] == pytest.approx(0.01)
        assert ("validation", "evaluation_loss_vs_iterations", epoch + 1) in found
    assert not [key for key in found if key[1].startswith("batch_")]


@pytest.mark.parametrize(("freq", "steps"), [("batch", [1, 2, 3, 4]), (1, [1, 2, 3, 4]), (3, [3])])
def test_batches_are_written_as_often_as_asked_for(tmp_path, freq, steps):
    fit(TensorBoard(tmp_path, update_freq=freq), epochs=2, batch_size=2)
    found = read(tmp_path)
    assert sorted(step for _, tag, step in found if tag == "batch_loss") == steps
    assert ("train", "epoch_loss", 1) in found


def test_weights_are_written_as_histograms_after_every_so_many_epochs(tmp_path):
    fit(TensorBoard(tmp_path, histogram_freq=2), model=make("h"))
    found = [key for key in read(tmp_path) if key[1].endswith("histogram")]
    assert sorted(found) == [
        ("train", f"h/d/{name}/histogram", epoch) for name in ("bias", "kernel") for epoch in (0, 2)
    ]


def test_the_architecture_is_written_for_the_graph(tmp_path):
    from tensorboardX.proto.event_pb2 import Event

    model = make()
    fit(TensorBoard(tmp_path), model=model)
    (file,) = (tmp_path / "train").iterdir()
    assert ["keras", 0, None] in events(Event, file)
    text = json.dumps(json.loads(model.to_json()))[:60].encode()
    assert text in file.read_bytes()
    fit(TensorBoard(tmp_path / "none", write_graph=False))
    (file,) = (tmp_path / "none" / "train").iterdir()
    assert "keras" not in [tag for tag, *_ in events(Event, file)]


def test_speed_is_written_if_asked_for(tmp_path):
    fit(TensorBoard(tmp_path, write_steps_per_second=True, update_freq=1), epochs=1)
    tags = {tag for _, tag, _ in read(tmp_path)}
    assert {"epoch_steps_per_second", "batch_steps_per_second"} <= tags


def test_an_evaluation_is_written_by_the_steps_that_training_has_taken(tmp_path):
    model = make()
    fit(model=model)
    model.evaluate(X, Y, callbacks=[TensorBoard(tmp_path)], verbose=0)
    assert set(read(tmp_path)) == {
        ("validation", f"evaluation_{name}_vs_iterations", 3) for name in ("loss", "mae")
    }


def test_files_are_closed_and_whole_when_training_is_broken_off(tmp_path):
    board = TensorBoard(tmp_path)
    with pytest.raises(ZeroDivisionError):
        fit(board, Break(2))
    assert board._writers == {}
    assert ("train", "epoch_loss", 1) in read(tmp_path)


def test_nothing_is_written_before_training(tmp_path):
    TensorBoard(tmp_path / "logs")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"update_freq": "never"}, ArgumentError, "`update_freq` must be a positive integer"),
        ({"update_freq": 0}, ArgumentError, "`update_freq` must be a positive integer; got 0."),
        ({"histogram_freq": -1}, ArgumentError, "`histogram_freq` must be an integer of at least"),
        ({"write_graph": 1}, ArgumentError, "`write_graph` must be True or False; got 1."),
        (
            {"write_images": True},
            UnsupportedError,
            "`write_images` must be False; got True. Keras has this option, elman does not.",
        ),
        ({"profile_batch": 2}, UnsupportedError, "`profile_batch` must be 0; got 2."),
        ({"embeddings_freq": 1}, UnsupportedError, "`embeddings_freq` must be 0; got 1."),
        ({"embeddings_metadata": "a"}, UnsupportedError, "`embeddings_metadata` must be None"),
    ],
)
def test_errors_name_the_argument_and_the_fix(options, error, text):
    with pytest.raises(error, match=re.escape(f"TensorBoard: {text}")):
        TensorBoard("logs", **options)


def test_without_tensorboardx_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    text = (
        "tensorboardX is needed to write for TensorBoard. Install it with "
        "`pip install 'elman[tensorboard]'`."
    )
    with pytest.raises(MissingDependencyError, match=re.escape(text)):
        TensorBoard("logs")


def test_elman_does_not_import_it():
    code = "import sys, elman; assert 'tensorboardX' not in sys.modules, elman"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert elman.callbacks.TensorBoard is TensorBoard
