"""What the layers that are called inside a `call` of your own know of the call around them.

    training     as it was called, for a layer that is not told
    penalties    where `add_loss` and activity regularizers put what they add to the loss
    masks        of the arrays that come in, and that layers have put out, by `id`
    of_a_layer   False of a `train_step` of your own, in which layers are called by themselves
    notes        at a first call: the shapes that layers put out, for `summary`
    resets       before which steps recurrent layers reset a sample, unless they are told
    watch        who wants to see all that recurrent layers go through

Keras's tensors carry their masks themselves; arrays cannot, so the call around them does it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from elman._typing import Mask, Shape
from elman.errors import UnsupportedError
from elman.layers.parts.resets import Resets
from elman.layers.parts.watch import Watch


class Follow:
    """Stands for `training` where a `call` is drawn: what it is shows when the model runs."""

    def __bool__(self) -> bool:
        raise UnsupportedError("call: `training` must not be asked for to be drawn; it was.")


FOLLOW = Follow()


class Notes:
    """The shapes that the layers inside a call have put out, by layer."""

    def __init__(self) -> None:
        self.shapes: dict[Any, list[Shape]] = {}

    def opened(self, other: "Notes") -> "Notes":
        """Return these shapes, open where those of another call are different."""
        found = Notes()
        found.shapes = {
            layer: [
                tuple(n if n == m else None for n, m in zip(a, b, strict=False))
                for a, b in zip(shapes, other.shapes.get(layer, shapes), strict=False)
            ]
            for layer, shapes in self.shapes.items()
        }
        return found


class Context(NamedTuple):
    """A call of a layer of your own that is under way."""

    training: bool
    penalties: list[Any] | None
    masks: dict[int, tuple[Any, Mask]]
    of_a_layer: bool = True
    notes: Notes | None = None
    resets: Resets | None = None
    watch: Watch | None = None

    def masks_of(self, arrays: Sequence[Any]) -> tuple[Mask | None, ...]:
        """Return the mask that each of these arrays has, or None."""
        return tuple(self.masks.get(id(array), (None, None))[1] for array in arrays)

    def remember(self, arrays: Sequence[Any], masks: Sequence[Mask | None]) -> None:
        """Keep the masks of these arrays, and the arrays, so that no other gets their `id`."""
        for array, mask in zip(arrays, masks, strict=False):
            if mask is not None:
                self.masks[id(array)] = array, mask

    def note(self, layer: Any, outputs: Sequence[Any]) -> None:
        """Keep the shapes of what a layer has put out, if somebody wants to know."""
        if self.notes is not None:
            self.notes.shapes[layer] = [getattr(array, "shape", ()) for array in outputs]


_current: ContextVar[Context | None] = ContextVar("context", default=None)


def current() -> Context | None:
    """Return the call that is under way, if one is."""
    return _current.get()


@contextmanager
def around(
    training: bool,
    penalties: list[Any] | None,
    notes: Notes | None = None,
    resets: Resets | None = None,
    watch: Watch | None = None,
) -> Iterator[Context]:
    """Let this be the call that is under way meanwhile."""
    context = Context(training, penalties, {}, notes=notes, resets=resets, watch=watch)
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


@contextmanager
def around_step(resets: Resets | None = None) -> Iterator[None]:
    """Let a step of training, in which layers are called, be under way meanwhile."""
    token = _current.set(Context(False, None, {}, of_a_layer=False, resets=resets))
    try:
        yield
    finally:
        _current.reset(token)
