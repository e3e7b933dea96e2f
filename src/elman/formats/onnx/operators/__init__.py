"""Which function of elman's does each operator of ONNX stand for?

An operator is a plain function: its positional parameters are the inputs, None where an optional
one is left out; its keywords are the attributes with their defaults. It returns an array, or a
tuple of them. Five keywords are no attributes: `opset`, the version of the operators; `outputs`,
how many the node has; `room`, which is called with the sizes of what is about to be made where
these may be larger than what came in; `run`, which computes a graph inside the node; and `kept`, a
dictionary for what is made of the node's weights once, None where these may change.

Source: https://onnx.ai/onnx/operators
"""

from elman.formats.onnx.operators import (
    convolutions,
    elementwise,
    joining,
    layers,
    loops,
    recurrent,
    reductions,
    shapes,
)
from elman.formats.onnx.operators.signature import Operator, operator

OPERATORS: dict[str, Operator] = {
    name: operator(function)
    for table in (
        convolutions.TABLE,
        elementwise.TABLE,
        joining.TABLE,
        layers.TABLE,
        loops.TABLE,
        recurrent.TABLE,
        reductions.TABLE,
        shapes.TABLE,
    )
    for name, function in table.items()
}
