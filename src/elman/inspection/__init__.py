"""Looking inside: one file a question.

All of it is here. At the top of `elman` stands besides what one asks while a model learns: does it
learn, and if not, why? That is `trace`, `gradients`, `check_gradients`, `gradient_flow` and
`diagnose`. What one asks of a model that has learned, what it does and by what, is here alone.

Arguments have one name and one order: what is looked at, `x`, `y`, `mask`; then by name
`output_gradients`, `initial_state`, `sample_weight`, `reset_mask`, `lengths`, and `layer`, which of
several is meant. How many of a thing there shall be is said by its name, as `timesteps`, `samples`,
`starts`, `exponents` or `components`; `steps` are those of a method.
"""

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
