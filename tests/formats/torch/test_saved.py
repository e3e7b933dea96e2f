"""How files of weights for PyTorch are written: whole or not at all, the same bytes each time."""

import pytest

import elman
from elman import layers
from elman.errors import ArgumentError
from elman.formats.torch import save_state_dict


def model_of_two():
    inside = layers.GRU(3, return_sequences=True, name="one"), layers.GRU(3, name="two")
    return elman.Sequential([elman.Input((None, 3)), *inside])


def test_a_path_of_another_ending_or_in_no_folder_is_an_error(tmp_path):
    model = model_of_two()
    said = r"Sequential '.*': `filepath` must end in '.safetensors' or '.pt' or '.pth'; got .*safet"
    with pytest.raises(ArgumentError, match=said):
        save_state_dict(model, tmp_path / "m.h5")
    (tmp_path / "folder.pt").mkdir()
    with pytest.raises(ArgumentError, match="`filepath` must be in a directory that exists"):
        save_state_dict(model, tmp_path / "none" / "m.pt")
    with pytest.raises(ArgumentError, match="`filepath` must be a file; got the folder"):
        save_state_dict(model, tmp_path / "folder.pt")
    save_state_dict(model.layers[0], tmp_path / "m.pt")
    with pytest.raises(ArgumentError, match="`filepath` must not exist yet with overwrite=False"):
        save_state_dict(model.layers[0], tmp_path / "m.pt", overwrite=False)


def test_a_file_that_cannot_be_completed_leaves_the_old_one(tmp_path, monkeypatch):
    model, path = model_of_two(), tmp_path / "m.pt"
    save_state_dict(model, path)
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda number: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(ArgumentError, match="disk full"):
        save_state_dict(model, path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["m.pt"]


def test_the_same_weights_make_the_same_file(tmp_path):
    model = model_of_two()
    for name in ("a.pt", "b.pt"):
        save_state_dict(model, tmp_path / name)
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()
