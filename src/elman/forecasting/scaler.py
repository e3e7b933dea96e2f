"""How columns are brought to mean 0 and standard deviation 1, and predictions back to their units.

scaled = (x - mean) / std        mean and std of each column, over the training rows alone
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from elman import _check
from elman._check import one_of, shape
from elman._typing import Array
from elman.errors import ArgumentError, FormatError


@dataclass(frozen=True, eq=False)
class Scaler:
    """The mean and the standard deviation of each column.

    Attributes:
        names: the columns' names.
        mean: (columns,) float64, in the columns' units.
        std: (columns,) float64, positive.

    >>> scaler = Scaler.fit(np.array([[1.0], [3.0]]), ["load"])
    >>> scaler.transform(np.array([[1.0], [2.0], [5.0]])).tolist()
    [[-1.0], [0.0], [3.0]]
    >>> scaler.inverse(np.array([3.0]), "load").tolist()
    [5.0]
    """

    names: tuple[str, ...]
    mean: Array
    std: Array

    @classmethod
    def fit(cls, values: Array, names: Sequence[str]) -> "Scaler":
        """Measure the columns.

        Args:
            values: (rows, columns), finite.
            names: the columns' names.

        Raises:
            ShapeError: `values` has another number of columns than there are names.
            ArgumentError: there are no rows, or a column is constant.
        """
        shape("Scaler", "values", values, "rows columns", (None, len(names)))
        if not len(values):
            raise ArgumentError("Scaler: `values` must have at least 1 row; got 0.")
        for name, column in zip(names, values.T, strict=True):
            if column.min() == column.max():
                raise ArgumentError(
                    f"Scaler: column {name!r} must vary; got {column[0]:g} in all {len(column)} "
                    "rows. Leave it out."
                )
        return cls(tuple(names), values.mean(axis=0), values.std(axis=0))

    def transform(self, values: Array) -> Array:
        """Return values (..., columns), scaled."""
        return (values - self.mean) / self.std

    def inverse(self, values: Array, column: str | None = None) -> Array:
        """Return scaled values in the columns' units.

        Args:
            values: (..., columns), or any shape if `column` is given.
            column: the one column that all of `values` belong to.

        Raises:
            ArgumentError: there is no such column.
        """
        if column is None:
            return values * self.std + self.mean
        index = self.names.index(one_of("Scaler", "column", column, self.names))
        return np.asarray(values * self.std[index] + self.mean[index])

    def get_config(self) -> dict[str, Any]:
        """Return what `from_config` needs, in plain types that JSON keeps to the last bit."""
        return {
            "names": list(self.names),
            "mean": self.mean.tolist(),
            "std": self.std.tolist(),
        }

    @classmethod
    def from_config(cls, config: Any) -> "Scaler":
        """Build the scaler that `get_config` described.

        Raises:
            FormatError: the configuration is not one that `get_config` returns.
        """
        try:
            names = tuple(str(name) for name in config["names"])
            mean = np.array(config["mean"], dtype=float)
            std = np.array(config["std"], dtype=float)
            good = mean.shape == std.shape == (len(names),) and bool(
                np.all(np.isfinite(mean)) and np.all(np.isfinite(std)) and np.all(std > 0)
            )
        except (KeyError, TypeError, ValueError):
            good = False
        if not good:
            raise FormatError(
                "Scaler: `config` must have `names`, and for each of them a finite `mean` and a "
                f"positive `std`; got {_check.shown(config)}."
            )
        return cls(names, mean, std)
