"""What an operator takes, as its function's signature says it."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from elman.errors import FormatError, UnsupportedError
from elman.formats.onnx.file import Node

NO_ATTRIBUTES = ("kept", "opset", "outputs", "room", "run")
Room = Callable[..., None]


class Operator(NamedTuple):
    """A function and what may be given to it.

    Attributes:
        function: see `elman.formats.onnx.operators`.
        least, most: how many inputs; `most` is None for any number.
        attributes: the defaults by name.
        extras: which of `NO_ATTRIBUTES` it takes.
    """

    function: Callable[..., Any]
    least: int
    most: int | None
    attributes: Mapping[str, Any]
    extras: frozenset[str]

    def check(self, node: Node) -> None:
        """Check that a node gives it inputs and attributes that it takes.

        Raises:
            FormatError: a number of inputs that it cannot take, or an attribute of another kind.
            UnsupportedError: an attribute that elman does not know.
        """
        count = len(node.inputs)
        if count < self.least or (self.most is not None and count > self.most):
            rule = str(self.least) if self.most == self.least else f"{self.least} to {self.most}"
            raise FormatError(f"{node.owner} must have {rule} inputs; got {count}.")
        if "" in node.inputs[: self.least]:
            raise FormatError(f"{node.owner} must have its first {self.least} inputs; got ''.")
        for name, value in node.attributes.items():
            if name not in self.attributes:
                raise UnsupportedError(
                    f"{node.owner} must have attributes that elman knows; got '{name}'."
                )
            default = self.attributes[name]
            if default is not None and type(value) is not type(default):
                raise FormatError(
                    f"{node.owner} must have attribute '{name}' as "
                    f"{type(default).__name__}; got {value!r}."
                )


def operator(function: Callable[..., Any]) -> Operator:
    """Return what a function takes."""
    parameters = inspect.signature(function).parameters.values()
    placed = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    any_number = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    keywords = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    return Operator(
        function,
        sum(p.default is p.empty for p in placed),
        None if any_number else len(placed),
        {name: value for name, value in keywords.items() if name not in NO_ATTRIBUTES},
        frozenset(keywords) & frozenset(NO_ATTRIBUTES),
    )
