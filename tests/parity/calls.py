"""The calls of layers that are compared: those of `layer_cases.py`, and of the golden files."""

import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from tests.golden import layer_cases, sequence_layers
from tests.parity.layer_cases import CASES


class Call(NamedTuple):
    """A layer, and a call of it.

    Attributes:
        make: makes the layer of either library.
        xs: its inputs.
        masks: theirs, None where there is none.
        states: the initial states.
        options: further arguments of the call.
        training: as the call is told; None is nothing.
    """

    make: Callable[[Any], Any]
    xs: list[Any]
    masks: list[Any]
    states: list[Any] = []  # noqa: RUF012 - never changed
    options: Mapping[str, Any] = {}
    training: bool | None = None


def draw(label):
    """Return a generator of a case's own."""
    return np.random.default_rng(zlib.crc32(label.encode()))


def calls():
    """Return (class, case, call) of all cases, those of the golden files among them."""
    for (name, label), case in CASES.items():
        generator = draw(name + label)
        xs = [
            generator.normal(size=shape).astype("float32")
            if not case.classes
            else generator.integers(0, case.classes, shape).astype("int32")
            for shape in case.shapes
        ]
        masks = [None] * len(xs)
        for i, shape in case.masks.items():
            masks[i] = generator.random(shape) < 0.6
        states = [generator.normal(size=shape).astype("float32") for shape in case.states]
        yield name, label, Call(case.make, xs, masks, states, case.options, case.training)
    for label, case in layer_cases.CASES.items():
        yield (
            label.split("/")[0],
            label,
            Call(case.make, *layer_cases.inputs(label), options=case.options),
        )
    for label, case in sequence_layers.CASES.items():
        training = case.training if case.layer == "BatchNormalization" else None
        x = sequence_layers.input_of(case)

        def make(k, case=case):
            return getattr(k.layers, case.layer)(**case.options)

        yield case.layer, label, Call(make, [x], [case.mask], training=training)
