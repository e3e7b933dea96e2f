"""Which layers have a bound form, and for how long it may stand in for them; see `elman.bound`."""

from typing import Any

from elman._typing import Shape
from elman.bound import Bound
from elman.parameters import changed

COMPUTES = {"forward", "backward", "run", "cast", "output_masks"}


class Bindable:
    """A layer that may have a bound form, good for as long as what it was made with stays."""

    _arguments: frozenset[str] = frozenset()  # of the constructor

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        code = getattr(cls.__init__, "__code__", None)
        if code is not None:
            count = code.co_argcount + code.co_kwonlyargcount
            cls._arguments = frozenset(code.co_varnames[1:count])
        if COMPUTES & vars(cls).keys() and "bind" not in vars(cls):
            cls.bind = Bindable.bind  # type: ignore[method-assign]  # what it inherits is not its own

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in self._arguments:
            changed()

    def bind(self, shape: Shape, training: bool) -> Bound | None:
        """Return what computes the same for a single input of this shape without a mask.

        Where there is none, because something has to be drawn, carried or looked at in each call,
        it returns None, and the layer's own `forward` runs.
        """
        return None
