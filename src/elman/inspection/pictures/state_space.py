"""Pictures of the state space: trajectories, and the points at which a layer stands still."""

from typing import Any

import numpy as np

from elman._typing import Array
from elman.inspection.pca import pca as components_of
from elman.inspection.pictures.spectra import eigenvalues, unit_circle
from elman.inspection.pictures.style import COLOURS, figure, whole_numbers

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
    _trajectories(left, paths if paths.ndim == 3 else None, paths.reshape(-1, paths.shape[-1]))
    _name_axes(left, found.shares)
    left.set_title("States in the plane in which they move most")
    shares = found.shares[:20]
    ranks = np.arange(1, len(shares) + 1)
    right.bar(ranks, 100 * shares, color=COLOURS[5], label="each")
    right.plot(ranks, 100 * np.cumsum(shares), "o-", ms=3, color=COLOURS[0], label="up to it")
    right.set_xlabel("principal component")
    right.set_ylabel("share of the variance (%)")
    right.set_ylim(0, 105)
    whole_numbers(right.xaxis)
    right.set_title("How many directions there are")
    right.legend(frameon=False)
    return drawn


def fixed_points(found: Any, visited: Array | None) -> Any:
    """Draw `FixedPoints`: where they are among the states visited, and their eigenvalues."""
    drawn, [[left, right]] = figure(1, 2, size=(11.5, 5))
    plane = components_of(_spanning(found, visited), None)
    paths = None if visited is None else plane.project(visited)
    _trajectories(left, paths, None)
    unit_circle(right)
    if len(found.slow.states):
        at = plane.project(found.slow.states)
        left.plot(
            at[:, 0], _second(at), ".", color=COLOURS[4], ms=5, zorder=3,
            label=f"slow points ({len(at)})",
        )  # fmt: skip
    for kind, (colour, marker) in LOOK.items():
        points = found.fixed.of_kind(kind)
        if not len(points.states):
            continue
        at = plane.project(points.states)
        look = {"color": colour, "marker": marker, "ls": "", "mec": "white", "zorder": 4}
        left.plot(at[:, 0], _second(at), ms=9, label=f"{kind} points ({len(at)})", **look)
        eigenvalues(right, points.eigenvalues, color=colour, label=f"at {kind} points")
    _name_axes(left, plane.shares)
    left.set_title("Where a timestep changes nothing")
    if left.get_legend_handles_labels()[0]:
        left.legend(frameon=True, fontsize="small", loc="best")
    else:
        left.text(0.5, 0.5, "no fixed or slow point found", ha="center", transform=left.transAxes)
    right.set_title("Outside the circle: directions that lead away")
    right.legend(frameon=True, fontsize="small", loc="best")
    drawn.suptitle(f"Fixed points of {found.owner}")
    return drawn


def _spanning(found: Any, visited: Array | None) -> Array:
    """Return the states that the plane of the picture is that of."""
    if visited is not None:
        return np.asarray(visited).reshape(-1, found.initial_state.shape[1])
    return np.concatenate([found.fixed.states, found.slow.states, found.initial_state])


def _trajectories(axes: Any, paths: Array | None, dots: Array | None) -> None:
    """Draw sequences of states as lines from a circle on, and states without order as dots."""
    if paths is not None:
        for i, path in enumerate(paths[: LINES if dots is None else COLOURED]):
            label = "trajectories, from the ring on" if i == 0 else None
            colour = "#767676" if dots is None else COLOURS[i % len(COLOURS)]
            axes.plot(path[:, 0], _second(path), color=colour, lw=0.7, alpha=0.6, label=label)
            axes.plot(path[:1, 0], _second(path[:1]), "o", mfc="white", mec=colour, ms=5)
        if dots is not None:
            axes.legend(frameon=False, fontsize="small")
    elif dots is not None:
        axes.plot(dots[:, 0], _second(dots), ".", ms=3, color=COLOURS[0])


def _second(points: Array) -> Array:
    """Return the second coordinate, zeros where there is one alone."""
    return points[:, 1] if points.shape[1] > 1 else np.zeros(len(points))


def _name_axes(axes: Any, shares: Array) -> None:
    axes.set_xlabel(f"principal component 1 ({shares[0]:.0%} of the variance)")
    if len(shares) > 1:
        axes.set_ylabel(f"principal component 2 ({shares[1]:.0%})")
