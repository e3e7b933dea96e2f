"""Pictures of the state space: trajectories, and the points at which a layer stands still."""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.inspection.pca import pca as components_of
from elman.inspection.pictures.spectra import eigenvalues, unit_circle
from elman.inspection.pictures.style import (
    COLOURS,
    MISSING,
    figure,
    heading,
    legend_below,
    marker,
    ranks,
    whole_numbers,
)

NOTHING = 1e-12  # share of the variance that is but rounding
LINES, COLOURED = 30, 7  # trajectories that are drawn at most, grey and in colours
LOOK = {  # of each kind of fixed point: colour and marker
    "stable": (COLOURS[0], "o"),
    "marginal": (COLOURS[2], "D"),
    "saddle": (COLOURS[1], "X"),
    "unstable": (COLOURS[3], "^"),
}


def pca(found: Any) -> Any:
    """Draw a `PCA`: the states in the plane of two components, and what each explains."""
    drawn, [[left, right]] = figure(1, 2, size=(11, 4.6))
    paths = found.projections
    if paths.ndim == 3 and paths.shape[2] == 1:
        _by_timestep(left, paths[:, :, 0], found.shares[0])
    else:
        _trajectories(left, paths if paths.ndim == 3 else None, paths.reshape(-1, paths.shape[-1]))
        _name_axes(left, found.shares)
        left.set_title("States in the plane in which they move most")
    _shares(right, found.shares[:20])
    return drawn


def _by_timestep(axes: Any, paths: Array, share: float) -> None:
    """Draw trajectories (batch, timesteps) along the only component there is."""
    for path in paths[:COLOURED]:
        axes.plot(path, lw=1, marker=marker(len(path)))
    axes.set_xlabel("timestep")
    axes.set_ylabel(f"principal component 1 ({share:.0%} of the variance)")
    many = f" ({COLOURED} of {len(paths)})" if len(paths) > COLOURED else ""
    axes.set_title(f"States along the only direction kept, a line a sample{many}")
    whole_numbers(axes.xaxis)


def _shares(axes: Any, shares: Array) -> None:
    """Draw what each component explains."""
    at = np.arange(1, len(shares) + 1)
    axes.bar(at, 100 * shares, color=COLOURS[5], label="of each component")
    axes.plot(at, 100 * np.cumsum(shares), "o-", ms=3, color=COLOURS[0], label="of all up to it")
    ranks(axes, len(shares), first=1)
    axes.set_xlabel("principal component")
    axes.set_ylabel("share of the variance (%)")
    axes.set_ylim(0, 105)
    axes.set_title("How many directions the states move in")
    legend_below(axes)


def fixed_points(found: Any, visited: Array | None) -> Any:
    """Draw `FixedPoints`: where they are among the states visited, and their eigenvalues."""
    drawn, [[left, right]] = figure(1, 2, size=(11.5, 5.6))
    plane = components_of(_spanning(found, visited), None)
    if visited is None:
        at = plane.project(found.initial_state)
        left.plot(at[:, 0], _second(at), ".", color=MISSING, ms=3, label=f"starts ({len(at)})")
    else:
        _trajectories(left, plane.project(visited), None)
    unit_circle(right)
    if len(found.slow.states):
        at = plane.project(found.slow.states)
        left.plot(
            at[:, 0], _second(at), ".", color=COLOURS[4], ms=5, zorder=3,
            label=f"slow points ({len(at)})",
        )  # fmt: skip
    for kind, (colour, shape) in LOOK.items():
        points = found.fixed.of_kind(kind)
        if not len(points.states):
            continue
        at = plane.project(points.states)
        look = {"color": colour, "marker": shape, "ls": "", "mec": "white", "zorder": 4}
        left.plot(at[:, 0], _second(at), ms=9, label=f"{kind} points ({len(at)})", **look)
        eigenvalues(right, points.eigenvalues, color=colour, label=f"at {kind} points")
    _name_axes(left, plane.shares)
    none = not len(found.fixed.states) and not len(found.slow.states)
    left.set_title("Where a timestep changes nothing" + (": nowhere found" if none else ""))
    if none:
        text = "no fixed or slow point found:\ntry other states, `noise`,\n`adam_steps` or `slow`"
        right.text(0, 0, text, ha="center", va="center")
    right.set_title("Outside the circle: directions that lead away")
    for axes in (left, right):
        legend_below(axes)
    heading(drawn, f"Fixed points of {found.owner}")
    return drawn


def _spanning(found: Any, visited: Array | None) -> Array:
    """Return the states that the plane of the picture is that of."""
    if visited is not None:
        known = np.asarray(visited).reshape(-1, found.initial_state.shape[1])
    else:
        known = np.concatenate([found.fixed.states, found.slow.states, found.initial_state])
    return known if len(known) > 1 else np.repeat(known, 2, axis=0)  # one alone spans nothing


def _trajectories(axes: Any, paths: Array | None, dots: Array | None) -> None:
    """Draw sequences of states as lines from a circle on, and states without order as dots."""
    if paths is not None:
        drawn = paths[: LINES if dots is None else COLOURED]
        many = f"{len(drawn)} of {len(paths)} " if len(paths) > len(drawn) else ""
        for i, path in enumerate(drawn):
            label = f"{many}trajectories (ring = start)" if i == 0 else None
            colour = "#767676" if dots is None else COLOURS[i % len(COLOURS)]
            axes.plot(path[:, 0], _second(path), "o-", color=colour, lw=0.7, alpha=0.6, mfc="white",
                      mec=colour, ms=5, markevery=[0], label=label)  # fmt: skip
        if dots is not None:
            legend_below(axes)
    elif dots is not None:
        axes.plot(dots[:, 0], _second(dots), ".", ms=3, color=COLOURS[0])


def _second(points: Array) -> Array:
    """Return the second coordinate, zeros where there is one alone."""
    return points[:, 1] if points.shape[1] > 1 else np.zeros(len(points))


def _name_axes(axes: Any, shares: Array) -> None:
    axes.set_xlabel(f"principal component 1 ({shares[0]:.0%} of the variance)")
    if len(shares) > 1:
        axes.set_ylabel(f"principal component 2 ({shares[1]:.0%})")
        if shares[1] < NOTHING:
            half = np.ptp(axes.get_xlim()) / 2
            axes.set_ylim(-half, half)
    else:
        axes.yaxis.set_visible(False)
