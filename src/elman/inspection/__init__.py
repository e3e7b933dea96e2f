"""Looking inside: one file a question."""

from elman.inspection.check import check_gradients
from elman.inspection.fixed_points import fixed_points
from elman.inspection.gradients import gradients
from elman.inspection.jacobian import jacobian
from elman.inspection.lyapunov import lyapunov_spectrum
from elman.inspection.pca import pca
from elman.inspection.perturb import ablate, clamp, perturb
from elman.inspection.trace import trace

__all__ = [
    "ablate", "check_gradients", "clamp", "fixed_points", "gradients", "jacobian",
    "lyapunov_spectrum", "pca", "perturb", "trace",
]  # fmt: skip
