"""Lambda: a function of your own as a layer."""

from collections.abc import Callable, Mapping
from typing import Any

from elman import _check, _custom, activations
from elman._typing import Shape
from elman.errors import ArgumentError, UnsupportedError
from elman.layers.base import Layer
from elman.layers.parts import arguments as shapes_of
from elman.layers.saved import serialization as serial


def _function(owner: str, name: str, value: Any) -> Any:
    """Return a function, which a saved model may give by its name in `elman.ops`."""
    if isinstance(value, str):
        from elman import ops

        known = value in ops.__all__ or value in activations.ACTIVATIONS
        if not known:
            raise ArgumentError(
                f"{owner}: `{name}` must be a function, or one of `elman.ops` by its name; got "
                f"{value!r}. Give a function of your own by `custom_objects={{{value!r}: …}}`."
            )
        return getattr(ops, value) if value in ops.__all__ else activations.get(value)
    if isinstance(value, Mapping) and value.get("class_name") == "__lambda__":
        raise UnsupportedError(
            f"{owner}: `{name}` must be a function with a name; got the code of a lambda of "
            "Keras's, which elman does not run. Build the layer in Python and load its weights."
        )
    if not callable(value):
        raise ArgumentError(f"{owner}: `{name}` must be a function; got {_check.shown(value)}.")
    return value


def _arguments(owner: str, name: str, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ArgumentError(
            f"{owner}: `{name}` must be a dictionary from names to values; got {value!r:.60}."
        )
    return dict(value)


def _output_shape(owner: str, name: str, value: Any) -> Any:
    if value is None or callable(value):
        return value
    if isinstance(value, (str, Mapping)):
        return _function(owner, name, value)
    return _check.sizes(owner, name, value, 0)


def _mask(owner: str, name: str, value: Any) -> Any:
    return _function(owner, name, value) if isinstance(value, (str, Mapping)) else value


class Lambda(Layer):
    """Compute what a function returns.

    Args:
        function: of an array, or a list of them, written with `elman.ops`, so that a gradient can
            follow. It may take `mask` and `training` besides.
        output_shape: that of a sample of the output, without the batch; or a function from the
            input's shape to the output's. By default what comes out for an example.
        mask: that of the output, or a function of the inputs and their mask.
        arguments: what else the function is given, by name.
        options: `name`, `dtype`, `trainable`.

    A lambda has no name under which a saved model could find it again: a model that is to be saved
    takes a function of `elman.ops`, one that was registered by
    `elman.saving.register_keras_serializable`, or a `Layer` subclass.

    >>> import elman, numpy as np
    >>> elman.layers.Lambda(lambda x: x**2)(np.array([[1.0, 3.0]])).tolist()
    [[1.0, 9.0]]
    """

    checks = {
        "function": _function,
        "output_shape": _output_shape,
        "mask": _mask,
        "arguments": _arguments,
    }

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        mask: Any = None,
        arguments: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.function, self.output_shape = function, output_shape
        self.mask, self.arguments = mask, arguments

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        """Return what the function returns."""
        given: dict[str, Any] = dict(self.arguments or {})
        takes = _takes(self.function)
        given |= {"mask": mask} if "mask" in takes else {}
        given |= {"training": training} if "training" in takes else {}
        return self.function(inputs, **given)

    def output_shapes(self, shapes: list[Shape], *given: Any) -> list[Shape]:
        """Return the shapes that were given, or those that come out for an example."""
        from elman.layers.own import methods

        if self.output_shape is None:
            return methods.output_shapes(self, shapes, *given)
        if callable(self.output_shape):
            found = self.output_shape(shapes[0] if len(shapes) == 1 else shapes)
            return shapes_of.as_shapes(self.owner, found)
        return [(shapes[0][0], *self.output_shape)]

    @property
    def supports_masking(self) -> bool:  # type: ignore[override]
        """Whether the output has a mask: where one was given."""
        return self.mask is not None

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return the mask that was given, or what the function that was given returns."""
        return self.mask(inputs, previous_mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments in Keras's form.

        Raises:
            UnsupportedError: the function has no name under which it can be found again.
        """
        forms: dict[str, Any] = {}
        for name in ("function", "output_shape", "mask"):
            value = getattr(self, name)
            if not callable(value):
                continue
            known = activations.is_known(value) or serial.of_elman(value)
            if not known and not _custom.has_name(value):
                raise UnsupportedError(
                    f"{self.owner}: `{name}` must be a function of `elman.ops` or "
                    f"`elman.activations` to be saved, or one with a name; got "
                    f"{getattr(value, '__name__', value)!r}. Write a `Layer` subclass, or the "
                    "function with `def`."
                )
            if known:
                forms[name] = serial.KERAS_FUNCTION | {"config": value.__name__}
        return {**serial.get_config(self), **forms}


def _takes(function: Any) -> list[str]:
    """Return the names of the arguments of a function that may be given by name."""
    import inspect

    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # a compiled function without a signature
        return []
