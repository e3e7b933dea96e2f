"""Looking inside: one file a question."""

from elman.inspection.attribution import gradient_times_input, input_gradients, integrated_gradients
from elman.inspection.check import check_gradients
from elman.inspection.contributions import contributions
from elman.inspection.diagnose import diagnose
from elman.inspection.fixed_points import fixed_points
from elman.inspection.gradient_flow import gradient_flow
from elman.inspection.gradients import gradients
from elman.inspection.jacobian import jacobian
from elman.inspection.lyapunov import lyapunov_spectrum
from elman.inspection.occlusion import occlusion
from elman.inspection.pca import pca
from elman.inspection.perturb import ablate, clamp, perturb
from elman.inspection.pictures.curves import plot_history
from elman.inspection.trace import trace
from elman.inspection.weights import weights

__all__ = [
    "ablate", "check_gradients", "clamp", "contributions", "diagnose", "fixed_points",
    "gradient_flow", "gradient_times_input", "gradients", "input_gradients",
    "integrated_gradients", "jacobian", "lyapunov_spectrum", "occlusion", "pca", "perturb",
    "plot_history", "trace", "weights",
]  # fmt: skip
