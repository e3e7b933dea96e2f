"""Looking inside: one file a question."""

from elman.inspection.check import check_gradients
from elman.inspection.diagnose import diagnose
from elman.inspection.gradient_flow import gradient_flow
from elman.inspection.gradients import gradients
from elman.inspection.pictures.curves import plot_history
from elman.inspection.trace import trace
from elman.inspection.weights import weights

__all__ = [
    "check_gradients", "diagnose", "gradient_flow", "gradients", "plot_history", "trace", "weights",
]  # fmt: skip
