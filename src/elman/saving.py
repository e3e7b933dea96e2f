"""Saving and loading of models, under Keras's module name."""

from elman.models import load_model

__all__ = ["load_model"]
