"""PyTorch in and out, without PyTorch: state_dicts, recurrent modules, and live modules."""

from elman.formats.torch.state_dicts import load_state_dict

__all__ = ["load_state_dict"]
