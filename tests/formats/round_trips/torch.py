"""elman -> PyTorch -> elman: `.pt` there and back, and models of live modules.

Where the package safetensors is there, `.safetensors` goes there too.
"""

import importlib.util
import warnings

import torch
from torch import nn

import elman
from elman.formats.torch import load_weights, save_state_dict
from tests.formats.round_trips.cases import check_same_weights, distance
from tests.formats.round_trips.cases import outputs as ours
from tests.formats.round_trips.torch_chain import LackingError, grouped, outputs, part
from tests.formats.round_trips.torch_modules import beside as beside

warnings.filterwarnings("ignore", ".*holds no epsilon")  # modules are given the layer's

FORMS = ("torch",)
MASKED = False  # modules take no masks: layers are tried without


def load_safetensors(path):
    """Return what the format's own library reads."""
    from safetensors.torch import load_file

    return load_file(path)


LOADERS = {".pt": lambda path: torch.load(path, weights_only=True)}
if importlib.util.find_spec("safetensors"):
    LOADERS[".safetensors"] = load_safetensors


def versions():
    """Return what was used."""
    return {"torch": torch.__version__}


def trip(model, xs, y, form, folder):
    """Return the largest difference: in PyTorch, back, and of a model of the live modules."""
    groups = grouped(model)
    if not groups:
        raise LackingError("no such module")
    names = [
        str(i) for i, group in enumerate(groups) for layer in group if getattr(layer, "weights", ())
    ]
    if names:
        save_state_dict(model, folder / "refused.pt", names)  # says what PyTorch has not
    parts = [part(group) for group in groups]
    modules = nn.Sequential(*(each.module for each in parts)).eval()
    found = [0.0]
    for ending, load in LOADERS.items() if names else ():
        save_state_dict(model, folder / f"ours{ending}", names)
        modules.load_state_dict(load(folder / f"ours{ending}"))
        found.append(distance(y, outputs(parts, xs)))
    for new in (True, False) if names else ():
        torch.save(modules.state_dict(), folder / "m.pt", _use_new_zipfile_serialization=new)
        again = elman.models.clone_model(model)
        load_weights(again, folder / "m.pt", names)
        check_same_weights(model, again)
        found.append(distance(y, ours(again, xs)))
    live = elman.from_torch(modules, model.inputs[0].shape[1:])
    found.append(distance(outputs(parts, xs[:1], plain=True), ours(live, xs[:1])))
    if not names:
        found.append(distance(y, outputs(parts, xs)))
    return max(found)
