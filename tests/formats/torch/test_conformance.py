"""The files of real PyTorch: their weights, and what elman's layers make of them."""

import numpy as np
import pytest

import elman
from elman import layers
from elman.formats.torch import load_weights, safetensors
from tests.formats.torch.pack import unpack
from tests.tolerances import HALF_WEIGHTS, TORCH_OUTPUT

MODULES = unpack()
FILES = [(name, ending) for name, module in MODULES.items() for ending in module.files]
PLAIN = [(name, ending) for name, ending in FILES if "kwargs" in MODULES[name].about]
NETWORKS = {  # what the modules that somebody wrote are in elman
    "net_tagger": lambda: [
        elman.Input((None,)),
        layers.Embedding(8, 4),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
        layers.Dense(3),
        layers.Activation("log_softmax"),
    ],
    "net_last_gru": lambda: [
        elman.Input((None, 3)),
        layers.GRU(5, return_sequences=True),
        layers.GRU(5),
        layers.LayerNormalization(epsilon=1e-5),
        layers.Dense(2),
    ],
}


def written(folder, name, ending):
    path = folder / f"{name}{ending}"
    path.write_bytes(MODULES[name].files[ending])
    return path


def assert_close(have, want, tolerance=TORCH_OUTPUT):
    assert have.shape == want.shape
    assert np.abs(have - want).max() <= tolerance * max(1, np.abs(want).max())


@pytest.mark.parametrize(("name", "ending"), FILES)
def test_weights_are_read_to_the_bit(tmp_path, name, ending):
    found = elman.load_state_dict(written(tmp_path, name, ending))
    assert sorted(found) == sorted(MODULES[name].about["keys"])
    for key, array in found.items():
        want = MODULES[name].arrays[f"w_{key}"]
        half = ending.startswith(".half")
        assert array.dtype == (np.float16 if half else np.float32)
        assert_close(array, want, HALF_WEIGHTS if half else 0)


@pytest.mark.parametrize(("name", "ending"), PLAIN)
def test_recurrent_modules_put_out_the_same(tmp_path, name, ending):
    about, arrays = MODULES[name].about, MODULES[name].arrays
    module = elman.load_torch(written(tmp_path, name, ending), about["class"], **about["kwargs"])
    found = module(arrays["x"], *(arrays[key] for key in ("h0", "c0") if key in arrays))
    wanted = [arrays[key] for key in ("y", "hn", "cn") if key in arrays]
    for have, want in zip(found, wanted, strict=True):
        assert_close(have, want)


@pytest.mark.parametrize(
    ("name", "ending"), [(name, end) for name in NETWORKS for end in MODULES[name].files]
)
def test_networks_put_out_the_same(tmp_path, name, ending):
    model = elman.Sequential(NETWORKS[name]())
    load_weights(model, written(tmp_path, name, ending))
    half = ending.startswith(".half")
    x, want = (MODULES[name].arrays[key] for key in "xy")
    assert_close(model(x), want, HALF_WEIGHTS if half else TORCH_OUTPUT)


@pytest.mark.parametrize("name", NETWORKS)
def test_safetensors_are_written_as_the_format_s_own_library_writes_them(tmp_path, name):
    path = written(tmp_path, name, ".safetensors")
    with open(tmp_path / "again", "wb") as file:
        safetensors.write(file, elman.load_state_dict(path))
    assert (tmp_path / "again").read_bytes() == path.read_bytes()
