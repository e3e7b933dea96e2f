"""Looking inside: one file a question."""

from elman.inspection.check import check_gradients
from elman.inspection.gradients import gradients
from elman.inspection.pictures.curves import plot_history
from elman.inspection.trace import trace
from elman.inspection.weights import weights

__all__ = ["check_gradients", "gradients", "plot_history", "trace", "weights"]
