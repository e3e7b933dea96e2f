"""Which weights does weight decay pass by?"""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from elman.optimizers import options
from elman.parameters import Weight

if TYPE_CHECKING:
    from elman.optimizers.base import Optimizer


class Excluded(NamedTuple):
    """Weights without decay: these, and those in whose name one of the expressions is found."""

    weights: tuple[Weight, ...] = ()
    names: tuple[str, ...] = ()

    def has(self, weight: Weight) -> bool:
        """Say whether a weight is among them."""
        return any(weight is each for each in self.weights) or any(
            re.search(name, weight.name) for name in self.names
        )


NONE = Excluded()


def of(owner: str, var_list: Iterable[Weight] | None, var_names: Sequence[str] | None) -> Excluded:
    """Return what the arguments of `exclude_from_weight_decay` say."""
    weights = options.weights(owner, "var_list", var_list) if var_list is not None else []
    return Excluded(tuple(weights), tuple(options.expressions(owner, "var_names", var_names)))


def decaying(optimizer: "Optimizer", weights: Iterable[Weight]) -> list[bool] | None:
    """Return whether each weight decays, as far as it is for exclusions; None if there are none."""
    excluded = optimizer._excluded
    return None if excluded == NONE else [not excluded.has(weight) for weight in weights]
