"""Which inputs, at which timesteps, made an output what it is?

    input gradients          dy/dx                                      what a small change would do
    gradient x input         x dy/dx
    integrated gradients     (x - b) * mean of dy/dx on the line from b to x
    occlusion                y(x) - y(x with a part replaced by b)
    contributions            y(b ... b x_t x_{t+1} ...) - y(b ... b b x_{t+1} ...)

    y  a number that the model puts out      b  the baseline, an input that means nothing

Integrated gradients and contributions are complete: they sum up to y(x) - y(b). How far the former
are off, because the mean is one of some points alone, is `completeness_error`.

Sources: K. Simonyan, A. Vedaldi and A. Zisserman, "Deep inside convolutional networks" (2014); M.
Sundararajan, A. Taly and Q. Yan, "Axiomatic attribution for deep networks", ICML 2017; M. Zeiler
and R. Fergus, "Visualizing and understanding convolutional networks" (2014).
"""

from typing import Any

import numpy as np

from elman import _check
from elman._typing import Array
from elman.inspection import one_sample
from elman.inspection.explained import Explained


class Attribution:
    """What each input has to do with an output.

    Attributes:
        method: such as "integrated gradients".
        values: (batch, timesteps, features), in the unit of the output; of input gradients, in that
            a unit of the input. With one feature where all were taken together.
        x: the input.
        mask: where its timesteps count, (batch, timesteps); None where all do.
        target: the output, in words.
        output: y of each sample, (batch,).
        baseline_output: y of the baseline, (batch,); None where a method has none.
    """

    def __init__(
        self, method: str, explained: Explained, values: Array, output: Array,
        baseline_output: Array | None = None,
    ) -> None:  # fmt: skip
        self.method, self.target = method, explained.target
        self.x, self.mask = explained.x, explained.mask
        self.values = values if values.ndim == 3 else values[:, :, None]
        self.output, self.baseline_output = output, baseline_output

    def by_timestep(self) -> Array:
        """Return the sum over the features, (batch, timesteps)."""
        return np.asarray(self.values.sum(axis=2))

    def by_feature(self) -> Array:
        """Return the sum over the timesteps, (batch, features)."""
        return np.asarray(self.values.sum(axis=1))

    @property
    def completeness_error(self) -> Array | None:
        """By how much the sum of all values misses y(x) - y(baseline), (batch,)."""
        if self.baseline_output is None:
            return None
        total = self.values.sum(axis=(1, 2), dtype=np.float64)
        return np.asarray(total - (self.output - self.baseline_output))

    def __repr__(self) -> str:
        _, T, F = self.values.shape
        error, largest, missed = self.completeness_error, "", ""
        if self.values.size:
            t, f = np.unravel_index(np.abs(self.values).mean(axis=0).argmax(), (T, F))
            largest = f", largest at timestep {t}" + (f", feature {f}" if F > 1 else "")
        if error is not None and len(error):
            missed = f"; completeness error {np.abs(error).max():.1e}"
        return f"<{self.method} of {self.target}: {self.values.shape}{largest}{missed}>"

    def plot(self, sample: int = 0) -> Any:
        """Draw the input of a sample, what each of it has to do with the output, and the sums.

        Args:
            sample: which of the batch.

        Returns:
            The figure.
        """
        from elman.inspection.pictures import attributed

        number = one_sample.index(self.method, sample, len(self.values))
        return attributed.attribution(self, number)


def input_gradients(
    model_or_layer: Any,
    x: Any,
    output: int | None = None,
    timestep: int | None = None,
    **given: Any,
) -> Attribution:
    """Return the exact gradient of an output by every input.

    Stateful layers begin anew, whatever they carry, and carry the same afterwards.

    Args:
        model_or_layer: a model, or a layer.
        x: its input, as for a call, (batch, timesteps, features).
        output: which entry of the last axis of the output; may be left out where there is one.
        timestep: at which timestep of the output; the last by default. Left out where it has none.
        given: `mask`, (batch, timesteps); `output_name` and `input_name`, which of several outputs
            is explained, and by which of several inputs.

    Raises:
        ShapeError: `x` is no sequence, or does not fit; or the output has neither shape (batch,
            features) nor (batch, timesteps, features).
        ArgumentError: there is no such output or timestep; or the input has no gradient.
        KeywordError: there is no such argument.

    >>> import elman, numpy as np
    >>> from elman.inspection import input_gradients
    >>> model = elman.Sequential([elman.Input((5, 2)), elman.layers.GRU(3), elman.layers.Dense(2)])
    >>> found = input_gradients(model, np.ones((4, 5, 2)), output=1)
    >>> found.values.shape, found.by_timestep().shape
    ((4, 5, 2), (4, 5))
    """
    explained = Explained(input_gradients, model_or_layer, x, output, timestep, given)
    y, dx = explained.gradient(explained.x)
    return Attribution("input gradients", explained, dx, y)


def gradient_times_input(
    model_or_layer: Any,
    x: Any,
    output: int | None = None,
    timestep: int | None = None,
    **given: Any,
) -> Attribution:
    """Return the gradient of an output by every input, times the input: its part, were all linear.

    See `input_gradients` for arguments and errors.

    >>> import elman, numpy as np
    >>> from elman.inspection import gradient_times_input
    >>> model = elman.Sequential([elman.Input((5, 2)), elman.layers.GRU(3), elman.layers.Dense(2)])
    >>> gradient_times_input(model, np.zeros((4, 5, 2)), output=1).values.any()
    np.False_
    """
    explained = Explained(gradient_times_input, model_or_layer, x, output, timestep, given)
    y, dx = explained.gradient(explained.x)
    return Attribution("gradient x input", explained, explained.x * dx, y)


def integrated_gradients(
    model_or_layer: Any,
    x: Any,
    output: int | None = None,
    timestep: int | None = None,
    *,
    baseline: Any = 0.0,
    steps: int = 32,
    **given: Any,
) -> Attribution:
    """Return the part of y(x) - y(baseline) that each input has, along the straight line.

    The mean of the gradients is taken by Gauss and Legendre's points, of which a few dozen do where
    a model is smooth. Look at `completeness_error`, and take more where it is not small. Where a
    `Masking` layer skips the baseline itself, as it does zeros, y jumps at the beginning of the
    line, and no number of points makes that small: a warning says so.

    Args:
        baseline: an input that means nothing: a number, or an array that goes with `x`.
        steps: at how many points of the line.
        model_or_layer, x, output, timestep, given: see `input_gradients`.

    Raises:
        ShapeError, ArgumentError: see `input_gradients`; `baseline` does not go with `x`; or `x`
            enters as integers, between which there are no points.

    Source: M. Sundararajan, A. Taly and Q. Yan (2017).

    >>> import elman, numpy as np
    >>> from elman.inspection import integrated_gradients
    >>> model = elman.Sequential([elman.Input((5, 2)), elman.layers.GRU(3), elman.layers.Dense(2)])
    >>> found = integrated_gradients(model, np.ones((4, 5, 2)), output=1)
    >>> bool(np.abs(found.completeness_error).max() < 1e-5)
    True
    """
    explained = Explained(integrated_gradients, model_or_layer, x, output, timestep, given)
    _check.integer(explained.owner, "steps", steps)
    explained.check_has_points_between()
    whole, begin = explained.x, explained.baseline(baseline)
    explained.warn_of_a_jump(begin)
    points, weights = np.polynomial.legendre.leggauss(steps)
    points, weights = (points + 1) / 2, weights / 2  # from [-1, 1] to [0, 1]
    mean = np.zeros(whole.shape)
    for some in explained.in_batches(steps):
        rows = [begin + share * (whole - begin) for share in points[some]]
        _, dx = explained.gradient(np.concatenate(rows).astype(whole.dtype, copy=False))
        versions = dx.reshape(-1, *whole.shape)
        mean += np.tensordot(weights[some], versions, axes=1)
    y, y_begin = explained.value(whole), explained.value(begin)
    with np.errstate(invalid="ignore"):  # what is not finite is shown as such
        parts = (whole - begin) * mean
    return Attribution("integrated gradients", explained, parts, y, y_begin)
