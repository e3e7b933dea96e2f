"""PyTorch in and out, without PyTorch: state_dicts, recurrent modules, and live modules."""

from elman.formats.torch.filling import load_weights, state_dict
from elman.formats.torch.modules import from_torch
from elman.formats.torch.recurrent import TorchRecurrent, load_torch
from elman.formats.torch.saving import save_state_dict
from elman.formats.torch.state_dicts import load_state_dict

__all__ = [
    "TorchRecurrent", "from_torch", "load_state_dict", "load_torch", "load_weights",
    "save_state_dict", "state_dict",
]  # fmt: skip
