"""What goes round: every layer in each of its ways, and the models of `tests/golden`."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import elman
from elman import layers
from elman._tree import flatten
from tests.golden.models import ARCHITECTURES, example_inputs
from tests.parity.calls import Call, calls, draw
from tests.parity.layer_cases import SEQUENCES, U, X, around, of, rnn

WHOLE = "whole models"
OWN = (
    "CoupledLSTM", "GRUD", "IndRNN", "LayerNormGRU", "LayerNormLSTM", "LeakyRNN", "MinGRU",
    "MinLSTM", "PeepholeLSTM", "ZoneoutLSTM",
)  # fmt: skip
MORE = 8  # units of elman's own: a layer normalised over few numbers divides by next to nothing
UNUSED = {  # without a row: models, what is in all of them, and what has no form outside
    "Functional", "GRUDCell", "InputLayer", "Lambda", "Model", "Sequential", "Wrapper",
}  # fmt: skip
RECURRENT = {
    "Bidirectional", "GRU", "LSTM", "RNN", "SimpleRNN", "StackedRNNCells", *OWN,
    *(f"{name}Cell" for name in ("GRU", "LSTM", "SimpleRNN", *OWN)),
}  # fmt: skip


class Case(NamedTuple):
    """A model of one layer, or a whole one.

    Attributes:
        row: the class, or `WHOLE`.
        label: a few words.
        make: returns the model and its inputs, of one layer with its masks or without.
    """

    row: str
    label: str
    make: Callable[[bool], tuple[elman.Model, list[Any]]]


def cases() -> list[Case]:
    """Return all cases."""
    found = [
        Case(name, label, partial(modelled, call))
        for name, label, call in (*calls(), *own_calls(), *chains())
    ]
    found += [Case(WHOLE, name, partial(whole, make)) for name, make in models().items()]
    missing = set(layers.CLASSES) - {case.row for case in found} - UNUSED
    assert not missing, f"no case has {missing}"
    return found


def modelled(call: Call, masked: bool) -> tuple[elman.Model, list[Any]]:
    """Return a model of one layer, and its inputs.

    What a mask leaves out is zero, and `Masking` in front of the layer finds it; a mask of another
    shape, or beside states, where Keras hears of no other, is an input by itself.
    """
    xs = [np.array(x) for x in call.xs]
    states = [np.asarray(state) for state in call.states]
    entries = [elman.Input(batch_shape=x.shape, dtype=str(x.dtype)) for x in (*xs, *states)]
    given, by_hand, arrays = entries[: len(xs)], [None] * len(xs), []
    for i, (x, mask) in enumerate(zip(xs, call.masks, strict=True)):
        if mask is None or not masked:
            continue
        if not call.states and mask.ndim == x.ndim - 1 > 1:
            x[~mask] = 0
            given[i] = layers.Masking()(given[i])
        else:
            by_hand[i] = elman.Input(batch_shape=mask.shape, dtype="bool")
            arrays.append(mask)
    more: dict[str, Any] = dict(call.options)
    if arrays:
        more["mask"] = by_hand if len(xs) > 1 else by_hand[0]
    if states:
        more["initial_state"] = entries[len(xs) :]
    y = call.make(elman)(given if len(xs) > 1 else given[0], **more)
    masks = [each for each in by_hand if each is not None]
    return elman.Model([*entries, *masks], y), [*xs, *states, *arrays]


def own_calls() -> list[tuple[str, str, Call]]:
    """Return the calls of what elman has and Keras has not."""
    found = []
    for name in OWN:
        x = draw(name).normal(size=X).astype("float32")
        mask = draw(name + " mask").random(X[:2]) < 0.6
        if name == "GRUD":
            x[draw(name + " missing").random(X) < 0.3] = np.nan
        ways = {
            "plain": (of(name, MORE), None),
            "sequences, mask": (of(name, MORE, **SEQUENCES), mask),
            "backwards, states": (of(name, MORE, go_backwards=True, return_state=True), None),
            "both directions": (
                around("Bidirectional", inner=(name, MORE), inner_options=SEQUENCES), mask,
            ),
        }  # fmt: skip
        found += [(name, label, Call(make, [x], [m])) for label, (make, m) in ways.items()]
        if f"{name}Cell" not in UNUSED:
            cell = rnn((f"{name}Cell", MORE, {}), **SEQUENCES)
            found.append((f"{name}Cell", "in RNN", Call(cell, [x], [None])))
    for name in ("SimpleRNN", "GRU", "LSTM"):
        x = draw(name).normal(size=X).astype("float32")
        learned = of(name, U, initial_state="learned", **SEQUENCES)
        found.append((name, "learned start", Call(learned, [x], [None])))
    x = draw("activations").normal(size=X).astype("float32")
    found += [
        ("Activation", name, Call(of("Activation", name), [x], [None]))
        for name in sorted({*elman.activations.ACTIVATIONS} - {"tanh", "gelu"})
    ]
    return found


def chains() -> list[tuple[str, str, Call]]:
    """Return calls of layers of which PyTorch has one module for several."""
    found = []
    x = draw("chains").normal(size=X).astype("float32")
    for name in ("SimpleRNN", "GRU", "LSTM"):

        def stack(k: Any, name: str = name, both: bool = False) -> Any:
            parts = [getattr(k.layers, name)(U, **SEQUENCES) for _ in range(3)]
            return k.Sequential([k.layers.Bidirectional(p) if both else p for p in parts])

        def both_ways(k: Any, stack: Any = stack) -> Any:
            return stack(k, both=True)

        found.append((name, "three in a stack", Call(stack, [x], [None])))
        found.append(("Bidirectional", f"three {name} in a stack", Call(both_ways, [x], [None])))
    return found


def models() -> dict[str, Callable[[Any], Any]]:
    """Return the whole models, by name."""
    return {**ARCHITECTURES, "words": words, "numbers": numbers}


def words(k: Any) -> Any:
    """Return a model of words, as PyTorch has its like."""
    L = k.layers
    return k.Sequential([
        k.Input((5,), dtype="int32"), L.Embedding(7, 4), L.LayerNormalization(epsilon=1e-5),
        L.Bidirectional(L.GRU(5, return_sequences=True)), L.LSTM(4), L.Dense(3, "relu"),
        L.Dropout(0.5), L.Dense(2, "softmax"),
    ])  # fmt: skip


def numbers(k: Any) -> Any:
    """Return a model of numbers at timesteps, as a device has its like."""
    L = k.layers
    return k.Sequential([
        k.Input((None, 3)), L.LSTM(8, return_sequences=True), L.GRU(5, return_sequences=True),
        L.TimeDistributed(L.Dense(4, "tanh")), L.Dense(1),
    ])  # fmt: skip


def whole(make: Callable[[Any], Any], masked: bool) -> tuple[elman.Model, list[Any]]:
    """Return a whole model, its masks with it, and its inputs."""
    model = make(elman)
    return model, example_inputs(model, np.random.default_rng(1))


def drawn(case: Case, seed: int, masked: bool = True) -> tuple[elman.Model, list[Any]]:
    """Return a model with weights of its own, biases too, and its inputs.

    A little less than 1 of what a layer begins with keeps a recurrence without bounds from growing
    over thousands of timesteps. Seed 0 has the inputs of the case, others have their own.
    """
    elman.utils.clear_session()
    elman.utils.set_random_seed(seed)
    model, xs = case.make(masked)
    rng = np.random.default_rng(seed)
    model.set_weights([0.7 * w + rng.uniform(-0.15, 0.15, w.shape) for w in model.get_weights()])
    if seed:
        xs = [np.where(x == 0, x, other(rng, x)) if x.dtype.kind == "f" else x for x in xs]
    return model, xs


def other(rng: np.random.Generator, x: Any) -> Any:
    """Return other numbers, missing where these are."""
    return np.where(np.isnan(x), x, rng.normal(size=x.shape).astype(x.dtype))


def outputs(model: elman.Model, xs: list[Any]) -> list[Any]:
    """Return all that a model puts out, of no state before."""
    model.reset_state()
    return flatten(model(xs if len(xs) > 1 else xs[0]))


def distance(one: list[Any], other: list[Any]) -> float:
    """Return the largest difference, relative to the larger of 1 and the largest number.

    What is no number in both, the mean of nothing, is no difference; in one it makes NaN of all.
    """
    assert [np.shape(a) for a in one] == [np.shape(b) for b in other], "shapes differ"
    found = []
    for a, b in zip(one, other, strict=True):
        apart = np.where(np.isnan(a) & np.isnan(b), 0, np.abs(a - b))
        found.append(float(apart.max(initial=0) / np.abs(np.nan_to_num(a)).max(initial=1)))
    return float(np.max(found))


def check_same_weights(model: elman.Model, again: elman.Model) -> None:
    """Check that two models have the same weights to the bit."""
    for a, b in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
