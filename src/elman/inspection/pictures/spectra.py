"""Pictures of spectra: eigenvalues in the complex plane, and Lyapunov exponents."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from elman._typing import Array
from elman.inspection.pictures.style import (
    COLOURS,
    figure,
    heading,
    heatmap,
    legend_below,
    whole_numbers,
)


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
    names = _places(found.state_names, n)
    left.set_xlabel(f"unit before the timestep ({names})")
    left.set_ylabel(f"unit after it ({names})")
    for k in range(1, len(found.state_names)):
        between = k * n // len(found.state_names) - 0.5
        left.axvline(between, color="#767676", lw=0.8)
        left.axhline(between, color="#767676", lw=0.8)
    for axis in (left.xaxis, left.yaxis):
        whole_numbers(axis)
    over = f" (mean of {count} states)" if count > 1 else ""
    left.set_title(f"Effect of each unit on each{over}")
    unit_circle(right)
    eigenvalues(right, found.eigenvalues, color=COLOURS[0])
    right.set_title("Eigenvalues: inside the circle a change shrinks")
    heading(drawn, f"Jacobian of {found.owner}")
    return drawn


def _places(names: Sequence[str], n: int) -> str:
    """Return which rows of a Jacobian are which state's.

    >>> _places(("h", "c"), 6), _places(("h",), 3)
    ('h: 0 to 2, c: 3 to 5', 'h')
    """
    units = n // len(names)
    if len(names) == 1:
        return names[0]
    return ", ".join(
        f"{name}: {k * units} to {(k + 1) * units - 1}" for k, name in enumerate(names)
    )


def lyapunov(found: Any) -> Any:
    """Draw a `LyapunovSpectrum`: the exponents, and how they have settled."""
    drawn, [[left, right]] = figure(1, 2, size=(11, 4.8))
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
    legend_below(right)
    heading(drawn, f"Lyapunov spectrum of {found.owner}")
    return drawn
