"""Where does a layer stand still under a constant input, and is it drawn there or driven away?"""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.errors import ArgumentError, ShapeError
from elman.inspection import slowest
from elman.inspection.jacobian import eigenvalues
from elman.inspection.points import Points, apart, counts
from elman.inspection.step import Step

SHOWN = 12  # points that are listed of each kind
MOST = 1000  # points that are kept, with their Jacobians


class FixedPoints:
    """What `fixed_points` found.

    Attributes:
        fixed: the points at which a step changes nothing, the most stable first, `Points`:
            `.states`, `.speeds`, `.jacobians`, `.eigenvalues`, `.kinds`, `.unstable_modes`,
            `.marginal_modes`, `.of_kind("stable")`. A point is marginal where an eigenvalue has the
            size 1 to within 1e-6, and none is larger: whether it attracts, J does not say.
        slow: those at which it changes little, the slowest first, and q falls no further: places
            that a layer lingers at, where a fixed point has been or will be.
        x: the constant input, (features,).
        initial_state: where the search began, (N, n).
        lost: how many ended at neither, of the states that were left when many starts had met; also
            those from which the layer, or the search, went out of all bounds.
        visited: states that the layer went through, (sequences, timesteps, n); None where
            `initial_state` was not given by sequences.
        owner: how messages name the layer.
    """

    def __init__(
        self, owner: str, fixed: Points, slow: Points, x: Array, initial_state: Array,
        lost: int, visited: Array | None,
    ) -> None:  # fmt: skip
        self.owner, self.fixed, self.slow, self.x = owner, fixed, slow, x
        self.initial_state, self.lost, self.visited = initial_state, lost, visited

    def __repr__(self) -> str:
        return (
            f"<fixed points of {self.owner}: {counts(self.fixed)}; "
            f"{len(self.slow.states)} slow points; from {len(self.initial_state)} starts>"
        )

    def __str__(self) -> str:
        lines = [repr(self)[1:-1]]
        lines += _lines("fixed", self.fixed) + _lines("slow", self.slow)
        return "\n".join(lines)

    def plot(self, visited: Any = None) -> Any:
        """Draw the points among the states visited, and the eigenvalues at each.

        The plane is that of the first two principal components of the states visited (of the
        points, where none are known).

        Args:
            visited: states (sequences, timesteps, n) to draw as lines; those that the search
                began at by default.

        Returns:
            The figure.
        """
        from elman.inspection.pictures import state_space

        return state_space.fixed_points(self, self.visited if visited is None else visited)


def _lines(what: str, points: Points) -> list[str]:
    """Return a line a point, of the first dozen."""
    found = zip(
        points.kinds, points.unstable_modes, points.marginal_modes, points.speeds,
        points.eigenvalues, strict=True,
    )  # fmt: skip
    lines = [
        f"  {what} {i:<3} {kind:<8}  {away} of {len(values)} modes unstable"
        f"{f', {still} marginal' if still else ''}   "
        f"q {speed:.1e}   largest |eigenvalue| {abs(values[0]):.6f}"
        for i, (kind, away, still, speed, values) in enumerate(found)
    ]
    more = [f"  and {len(lines) - SHOWN} more {what} points"] if len(lines) > SHOWN else []
    return lines[:SHOWN] + more


def fixed_points(
    model_or_layer: Any,
    x: Any = None,
    *,
    initial_state: Any,
    layer: str | None = None,
    starts: int = 200,
    noise: float = 0.0,
    adam_steps: int = 300,
    newton_steps: int = 60,
    settle_timesteps: int = 1000,
    learning_rate: float = 0.05,
    tolerance: float = 1e-20,
    slow: float = 1e-5,
    distance: float = 1e-3,
    reach: float = 2.0,
    seed: Any = 0,
) -> FixedPoints:
    """Find the states at which a layer stands still under a constant input, from many starts.

    Each start goes down q = |F(x, s) - s|^2 / 2, F being the step: all at once by Adam, then by
    damped Newton steps with the exact Jacobian. What ends at q = 0 is a fixed point, what ends at a
    small q above it a slow one. All is computed in float64. At most 1000 points of all that were
    found are kept, with their Jacobians: 1000 n^2 numbers, n being the size of the state.

    Args:
        model_or_layer: a model, a recurrent layer, or a cell.
        x: the input, (features,); zeros by default.
        initial_state: states to begin at: what `trace` returned, or an array (…, n) or a list of
            the states of the cell. Those that the layer goes through when it works are good ones.
        layer: which recurrent layer of a model, by name, where there are several.
        starts: how many of them to begin at, at most, drawn at random.
        noise: the standard deviation of normal noise added to them, by which saddles between states
            visited are found more often.
        adam_steps, learning_rate: how long, and how far, to go by Adam.
        newton_steps: how many Newton steps to take at most.
        settle_timesteps: how long to let the layer itself go from each start, besides. Where it has
            come to by then are further states to take Newton steps from: slow memories are found
            so, to which q leads through long and narrow valleys.
        tolerance: q of a fixed point is at most this.
        slow: q of a slow point is at most this.
        distance: points nearer than this share of 1 + their size are one.
        reach: points farther from the mean of all starts than this many times the farthest start
            are left out: outside of where a layer can be, q has minima that mean nothing.
        seed: of the draws, an integer or a generator.

    Raises:
        ShapeError: a shape does not fit.
        ArgumentError: an argument is out of range, or there is no such layer.
        NotBuiltError: the layer has no weights yet.
        UnsupportedError: a GRUD, which goes on from more than its state.

    Source: D. Sussillo and O. Barak, "Opening the black box" (2013).

    A unit with tanh and a weight of 2 to itself rests at 0, from which everything leads away, and
    at two states which attract:

    >>> import elman, numpy as np
    >>> from elman.inspection import fixed_points
    >>> layer = elman.layers.SimpleRNN(1, name="unit")
    >>> layer.build((None, None, 1))
    >>> layer.set_weights([[[1.0]], [[2.0]], [0.0]])
    >>> found = fixed_points(layer, initial_state=np.linspace(-1, 1, 9)[:, None])
    >>> found
    <fixed points of SimpleRNN 'unit': 2 stable, 1 unstable; 0 slow points; from 9 starts>
    >>> found.fixed.of_kind("stable").states.round(4).ravel().tolist()
    [-0.9575, 0.9575]
    """
    step = Step("fixed_points", model_or_layer, layer)
    _check_options(
        step.owner,
        {"noise": noise, "learning_rate": learning_rate, "tolerance": tolerance, "slow": slow,
         "distance": distance, "reach": reach},
        {"adam_steps": adam_steps, "newton_steps": newton_steps,
         "settle_timesteps": settle_timesteps},
    )  # fmt: skip
    _check.integer(step.owner, "starts", starts)
    inputs = _constant(step, x)
    states = step.states("initial_state", initial_state)
    generator = np.random.default_rng(_check.seed(step.owner, "seed", seed))
    begun = _drawn(step.owner, states.reshape(-1, step.size), starts, noise, generator)
    x_all = _rows(inputs, begun)
    with np.errstate(over="ignore", invalid="ignore"):  # of starts that lead out of all bounds
        found = slowest.by_adam(step, x_all, begun, adam_steps, learning_rate)
        found = np.concatenate([step.settled(x_all, begun, settle_timesteps), found])
        bounded = np.isfinite((found * found).sum(axis=1))
        lost, found = int((~bounded).sum()), found[bounded]
        found = found[apart(found, distance)]  # many have met by now
        ended, q = slowest.by_newton(step, _rows(inputs, found), found, newton_steps)
        good = (q <= max(tolerance, slow)) & _within(reach, ended, begun)
    lost += int((~good).sum())
    points = _points(step, inputs, ended[good], q[good], distance)
    still = points.speeds <= tolerance
    fixed = points.at(still)
    fixed = fixed.at(np.lexsort((fixed.states[:, 0], fixed.marginal_modes, fixed.unstable_modes)))
    visited = states if states.ndim == 3 else None
    return FixedPoints(step.owner, fixed, points.at(~still), inputs, begun, lost, visited)


def _check_options(owner: str, numbers: dict[str, Any], steps: dict[str, Any]) -> None:
    """Check that numbers, and counts of steps, are at least 0."""
    for name, number in numbers.items():
        _check.number(owner, name, number, low=0)
    for name, whole in steps.items():
        _check.integer(owner, name, whole, minimum=0)


def _constant(step: Step, x: Any) -> Array:
    """Return the input, (features,)."""
    inputs = step.input("x", x)
    if inputs.ndim != 1:
        raise ShapeError(
            f"{step.owner}: `x` must have shape (features={step.features},), because it is "
            f"constant; got {inputs.shape}."
        )
    return inputs


def _drawn(owner: str, states: Array, starts: int, noise: float, generator: Any) -> Array:
    """Return the states to start from, (N, n)."""
    if not len(states):
        raise ArgumentError(f"{owner}: `initial_state` must be one state at least; got none.")
    if len(states) > starts:
        states = states[np.sort(generator.choice(len(states), starts, replace=False))]
    return states + noise * generator.standard_normal(states.shape)


def _points(step: Step, x: Array, states: Array, q: Array, distance: float) -> Points:
    """Return the points that are no copies, the slowest first."""
    order = np.argsort(q, kind="stable")
    kept = order[apart(states[order], distance)][:MOST]
    states, q = states[kept], q[kept]
    _, J, _ = step.jacobians(_rows(x, states), states)
    return Points(states, q, J, eigenvalues(J))


def _within(reach: float, states: Array, starts: Array) -> Array:
    """Say which states are not too far from the starts; all, where there is one start alone."""
    mean = starts.mean(axis=0)
    farthest = np.linalg.norm(starts - mean, axis=1).max()
    near: Array = np.linalg.norm(states - mean, axis=1) <= (reach * farthest or np.inf)
    return near


def _rows(x: Array, states: Array) -> Array:
    """Return the input of as many samples as there are states."""
    return np.repeat(x[None], len(states), axis=0)
