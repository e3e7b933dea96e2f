"""Pictures of spectra: eigenvalues in the complex plane, and Lyapunov exponents."""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.inspection.pictures.style import COLOURS, figure, heatmap, whole_numbers


def unit_circle(axes: Any) -> None:
    """Draw the circle that parts what shrinks from what grows, and name the axes."""
    angle = np.linspace(0, 2 * np.pi, 200)
    axes.plot(np.cos(angle), np.sin(angle), color="#767676", lw=1, label="unit circle")
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel("real part of the eigenvalue (per timestep)")
    axes.set_ylabel("imaginary part")


def eigenvalues(axes: Any, values: Array, **style: Any) -> None:
    """Draw eigenvalues (…, n) as dots."""
    flat = values.reshape(-1)
    axes.plot(flat.real, flat.imag, "o", **{"ms": 4, "alpha": 0.7, "mec": "none", **style})


def jacobian(found: Any) -> Any:
    """Draw a `Jacobian`: its matrices, averaged over what was given, and its eigenvalues."""
    drawn, [[left, right]] = figure(1, 2, size=(11, 4.6))
    n = found.state.shape[-1]
    count = found.state.reshape(-1, n, n).shape[0]
    mean = found.state.reshape(-1, n, n).mean(axis=0)
    heatmap(left, mean, signed=True, label="derivative")
    names = " and ".join(found.state_names)
    left.set_xlabel(f"unit before the timestep ({names})")
    left.set_ylabel(f"unit after it ({names})")
    over = f" (mean of {count} states)" if count > 1 else ""
    left.set_title(f"What each unit does to each{over}")
    unit_circle(right)
    eigenvalues(right, found.eigenvalues, color=COLOURS[0])
    right.set_title("Eigenvalues: inside the circle a change shrinks")
    drawn.suptitle(f"Jacobian of {found.owner}")
    return drawn


def lyapunov(found: Any) -> Any:
    """Draw a `LyapunovSpectrum`: the exponents, and how they have settled."""
    drawn, [[left, right]] = figure(1, 2, size=(11, 4.2))
    exponents, errors = found.exponents, np.nan_to_num(found.standard_errors)
    ranks = np.arange(1, len(exponents) + 1)
    left.axhline(0, color="#767676", lw=1)
    left.errorbar(ranks, exponents, yerr=errors, fmt="o", ms=4, capsize=2, color=COLOURS[0])
    left.set_xlabel("rank of the exponent")
    left.set_ylabel("exponent (nats per timestep)")
    whole_numbers(left.xaxis)
    left.set_title("Above 0 neighbouring states part, below 0 they meet")
    history = found.history
    steps = np.arange(1, len(history) + 1)
    right.axhline(0, color="#767676", lw=1)
    for k in range(min(3, history.shape[1])):
        right.plot(steps, history[:, k], color=COLOURS[k], label=f"exponent {k + 1}")
    right.set_xlabel("timesteps averaged")
    right.set_ylabel("mean so far (nats per timestep)")
    right.set_title("Settled, if flat at the end")
    right.legend(frameon=False)
    drawn.suptitle(f"Lyapunov spectrum of {found.owner}")
    return drawn
