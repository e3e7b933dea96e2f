"""The recurrent layers by name: `SimpleRNN`, `LSTM` and others are `RNN` of the cell of that name.

    LSTM(8, return_sequences=True)   is   RNN(LSTMCell(8, name="lstm_cell"), return_sequences=True)

What the cell has, the layer has as well: `layer.units`, `layer.kernel`, `layer.activation = …`.
"""

from functools import partial
from typing import Any, ClassVar

from elman import _check
from elman._config import snake_case
from elman._typing import Shape
from elman.layers.base import Layer
from elman.layers.parts import settings
from elman.layers.recurrence.stock_cell import StockCell
from elman.layers.rnn import RNN


class OfCell:
    """An attribute that the layer's cell keeps."""

    def __set_name__(self, kind: type, name: str) -> None:
        self._name = name

    def __get__(self, layer: Any, kind: Any = None) -> Any:
        """Return what the cell has."""
        if layer is None:
            return self
        cell = vars(layer).get("cell")
        if cell is None:
            raise AttributeError(self._name)
        return getattr(cell, self._name)

    def __set__(self, layer: Any, value: Any) -> None:
        """Set it on the cell; before there is one, its constructor's argument will stand."""
        cell = vars(layer).get("cell")
        if cell is not None:
            setattr(cell, self._name, value)


class Recurrent(RNN):
    """What `SimpleRNN`, `GRU`, `LSTM` and the layers of other cells share.

    Args:
        options: the arguments of the cell and of `RNN`, by name.
        layer: `name`, `dtype`, `trainable`.
    """

    cell_class: ClassVar[Any]  # a class of `StockCell`
    checks = StockCell.checks
    fixed = StockCell.fixed

    units = OfCell()
    functions = OfCell()
    activation = OfCell()
    use_bias = OfCell()
    kernel_initializer = OfCell()
    recurrent_initializer = OfCell()
    bias_initializer = OfCell()
    kernel_regularizer = OfCell()
    recurrent_regularizer = OfCell()
    bias_regularizer = OfCell()
    kernel_constraint = OfCell()
    recurrent_constraint = OfCell()
    bias_constraint = OfCell()
    dropout = OfCell()
    recurrent_dropout = OfCell()
    seed = OfCell()
    cell_name = OfCell()
    maths = OfCell()
    gates = OfCell()
    cell_weights = OfCell()
    kernel = OfCell()
    recurrent_kernel = OfCell()
    bias = OfCell()

    def __init__(self, options: dict[str, Any], layer: dict[str, Any]) -> None:
        Layer.__init__(self, activity_regularizer=options["activity_regularizer"], **layer)
        own = self.cell_class.checks.keys() - Layer.checks.keys()
        arguments = {
            name: settings.checked(self, name, options[name])
            for name in self.cell_class.checks
            if name in own and name in options
        }
        name = snake_case(self.cell_class.__name__)
        cell = self.cell_class(**arguments, name=name, dtype=self.dtype, trainable=self.trainable)
        if "use_cudnn" in options:
            self.use_cudnn = options["use_cudnn"]
        self._keep(cell, options)

    def create_weights(self, shapes: list[Shape]) -> None:
        """Make the cell's weights; what is wrong with them is this layer's to say."""
        self.cell.speaks_for = self.owner
        super().create_weights(shapes)


class GatedRecurrent(Recurrent):
    """What `GRU`, `LSTM` and other layers of gated cells share beyond `Recurrent`."""

    checks = {
        "recurrent_activation": settings.activation,
        "use_cudnn": partial(_check.one_of, choices=("auto", True, False)),
    }
    recurrent_activation = OfCell()
