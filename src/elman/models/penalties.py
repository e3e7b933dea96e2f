"""What is added to the loss beside the losses of the outputs, and what becomes of weights after.

L = sum of the outputs' losses
  + sum of regularizer(w) over the weights that are trained
  + sum of what layers say: activity regularizers, and `add_loss` of your own layers

after the optimizer's step      w <- constraint(w)
"""

from typing import NamedTuple

import numpy as np

from elman.layers import Layer
from elman.layers.parts import penalty
from elman.layers.parts.passes import Mode
from elman.parameters import Weight


class Penalties(NamedTuple):
    """The penalties and constraints of a model, found once and right until layers change.

    Attributes:
        weights: those with a regularizer.
        constrained: those with a constraint.
        of_layers: whether a layer may have something to say.
        none: whether there is nothing of all this.
    """

    weights: list[Weight]
    constrained: list[Weight]
    of_layers: bool
    none: bool

    @classmethod
    def of(cls, model: Layer) -> "Penalties":
        """Return the penalties of a model."""
        trained = model.trainable_weights
        regularized = [weight for weight in trained if weight.regularizer is not None]
        constrained = [weight for weight in trained if weight.constraint is not None]
        of_layers = model.may_penalize
        none = not (regularized or constrained or of_layers)
        return cls(regularized, constrained, of_layers, none)

    @property
    def any(self) -> bool:
        """Whether anything may be added to the loss."""
        return self.of_layers or bool(self.weights)

    def mode(self, mode: Mode) -> Mode:
        """Return a mode that collects what layers say, where one may."""
        return mode._replace(penalties=[]) if self.of_layers else mode

    def total(self, mode: Mode) -> float:
        """Return the sum of all penalties, after a pass in this mode."""
        found = sum(penalty.value(weight.regularizer, weight.array) for weight in self.weights)
        return found + sum(float(np.sum(said)) for said in mode.penalties or ())

    def add_gradients(self) -> None:
        """Add the gradients of the regularizers to those of the weights."""
        for weight in self.weights:
            assert weight.gradient is not None
            weight.gradient += penalty.gradient(weight.regularizer, weight.array)

    def constrain(self) -> None:
        """Put the weights through their constraints."""
        for weight in self.constrained:
            weight.array[...] = np.asarray(weight.constraint(weight.array))
