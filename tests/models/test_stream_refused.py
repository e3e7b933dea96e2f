"""What cannot be a stream, and what a stream does not take: each error with its fix."""

import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, NotBuiltError, ShapeError, UnsupportedError
from tests.models.stream_models import NEED, lstm

pytestmark = pytest.mark.usefixtures("kernels_restored")


def end_to_end():
    x = Input((None, 3))
    return Model(x, layers.Concatenate(1, name="both")([x, x]), name="m")


def with_call(*arguments, **options):
    x, layer = Input((None, 3)), layers.LSTM(2, name="l", **options)
    return Model(x, layer(x, *arguments), name="m")


def of_state():
    x = Input((None, 3))
    return Model(x, layers.LSTM(2, return_state=True, name="l")(x)[1], name="m")


def with_mask():
    x = Input((None, 3))
    mask = Input((None,), dtype="bool")
    return Model([x, mask], layers.LSTM(2, name="l")(x, mask=mask), name="m")


def stack(*stack_):
    return Sequential([Input((4, 3)), *stack_], name="m")


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: stack(layers.Bidirectional(layers.LSTM(2), name="b")).stream(),
            UnsupportedError,
            f": {NEED}Bidirectional 'b', which also reads the sequence from its end.",
        ),
        (
            lambda: stack(layers.GRU(2, go_backwards=True, name="g")).stream(),
            UnsupportedError,
            f": {NEED}GRU 'g', which reads the sequence from its end (`go_backwards=True`).",
        ),
        (
            lambda: stack(layers.Masking(name="k"), layers.GRU(2)).stream(),
            UnsupportedError,
            f"{NEED}Masking 'k', which skips timesteps; leave those out.",
        ),
        (
            lambda: (
                Sequential([Input((4,)), layers.Embedding(5, 2, mask_zero=True, name="e")])
                .stream(2)
                .step([3, 0])
            ),
            ArgumentError,
            "Embedding 'e': `x` must hold no 0 in a stream, because `mask_zero=True` makes it a "
            "timestep that is skipped; got one. Leave it out of the stream.",
        ),
        (
            lambda: stack(layers.LSTM(2), layers.RepeatVector(3, name="r")).stream(),
            UnsupportedError,
            f"{NEED}RepeatVector 'r', which makes a sequence of what the last timestep gave.",
        ),
        (
            lambda: stack(layers.Flatten(name="f")).stream(),
            UnsupportedError,
            f"{NEED}Flatten 'f', which puts all timesteps into one row.",
        ),
        (
            lambda: stack(layers.Reshape((3, 4), name="r")).stream(),
            UnsupportedError,
            f"{NEED}Reshape 'r', which may move values between timesteps.",
        ),
        (
            lambda: end_to_end().stream(),
            UnsupportedError,
            f"Model 'm': {NEED}Concatenate 'both', which puts sequences end to end.",
        ),
        (
            lambda: of_state().stream(),
            UnsupportedError,
            f"{NEED}LSTM 'l', which hands on its final state.",
        ),
        (
            lambda: with_call(None, None, True).stream(),
            UnsupportedError,
            f"{NEED}LSTM 'l', which is called with `training=True`.",
        ),
        (
            lambda: with_mask().stream(),
            UnsupportedError,
            f"{NEED}LSTM 'l', which is given a mask; leave masked steps out.",
        ),
        (
            lambda: Sequential([Input((3,)), layers.Dense(2)], name="m").stream(),
            UnsupportedError,
            "Sequential 'm': the input of a stream must have the shape (batch, timesteps, "
            "features), or (batch, timesteps) before an Embedding; got (None, 3).",
        ),
        (
            lambda: Sequential(
                [
                    Input((None,)),
                    layers.Activation("relu", name="a"),
                    layers.Embedding(5, 2, name="e"),
                ],
                name="m",
            ).stream(),
            UnsupportedError,
            "Sequential 'm': an Embedding must stand first in a stream; got Embedding 'e' behind "
            "Activation 'a'.",
        ),
        (
            lambda: Sequential([layers.LSTM(2)], name="m").stream(),
            NotBuiltError,
            "Sequential 'm': it must be built to have inputs and outputs; it is not.",
        ),
        (
            lambda: lstm().stream(batch=0),
            ArgumentError,
            "Sequential 's': stream: `batch` must be a positive integer; got 0.",
        ),
        (
            lambda: lstm().stream().step(np.zeros((2, 3))),
            ShapeError,
            "Sequential 's': `x` must have shape (batch=1, features=3); got (2, 3).",
        ),
        (
            lambda: lstm().stream(2).step(np.zeros(3)),
            ShapeError,
            "Sequential 's': `x` must have shape (batch=2, features=3); got (3,).",
        ),
        (
            lambda: lstm().stream().step(np.zeros((1, 4, 3))),
            ShapeError,
            "Sequential 's': `x` must have shape (batch=1, features=3); got (1, 4, 3). "
            "Give several timesteps to `process`.",
        ),
        (
            lambda: lstm().stream().step("abc"),
            ArgumentError,
            "Sequential 's': `x` must be an array of real numbers; got str of dtype <U3.",
        ),
        (
            lambda: lstm().stream().process(np.zeros((4, 3))),
            ShapeError,
            "Sequential 's': `block` must have shape (batch=1, timesteps, features=3); got (4, 3). "
            "Add the batch axis with `block[None]`.",
        ),
        (
            lambda: lstm().stream().process(np.zeros((1, 0, 3))),
            ShapeError,
            "Sequential 's': `block` must have at least one timestep; got none.",
        ),
        (
            lambda: lstm().stream().process(np.zeros((1, 4, 3)), out=np.zeros((1, 4, 5))),
            ArgumentError,
            "Sequential 's': `out` must be a writable array of float32 in C order; got float64, "
            "in C order, writable.",
        ),
        (
            lambda: lstm().stream(batch=10**9),
            ArgumentError,
            "Sequential 's': stream: `batch` must be at most 16777216; got 1000000000.",
        ),
        (
            lambda: lstm().stream().process(np.zeros((1, 4, 3)), out=np.zeros((1, 4, 4), "f4")),
            ShapeError,
            "Sequential 's': `out` must have shape (batch=1, timesteps=4, features=5); "
            "got (1, 4, 4).",
        ),
        (
            lambda: setattr(lstm().stream(), "state", [np.zeros((1, 5))]),
            ShapeError,
            "Sequential 's': `state` must hold a tuple for each recurrent layer, of arrays of the "
            "shapes (((1, 5), (1, 5)),); got ((1, 5),).",
        ),
        (
            lambda: setattr(lstm().stream(), "state", [[np.zeros((1, 5))]]),
            ShapeError,
            "arrays of the shapes (((1, 5), (1, 5)),); got (((1, 5),),).",
        ),
        (
            lambda: setattr(lstm().stream(), "state", [[np.zeros((1, 5)), np.zeros((1, 4))]]),
            ShapeError,
            "arrays of the shapes (((1, 5), (1, 5)),); got (((1, 5), (1, 4)),).",
        ),
        (
            lambda: setattr(lstm().stream(2), "state", np.zeros((2, 5))),
            ShapeError,
            "arrays of the shapes (((2, 5), (2, 5)),); got (2, 5).",
        ),
        (
            lambda: lstm().stream(2).reset([0, 2]),
            ArgumentError,
            "Sequential 's': `rows` must be below batch=2; got 2.",
        ),
        *(
            (
                lambda marks=marks: lstm().stream(3).reset(marks),
                ShapeError,
                "Sequential 's': `rows` must be numbers of sequences, or one bool for each of "
                f"them, batch=3; got bools of shape {np.shape(marks)}.",
            )
            for marks in (
                np.array([True, False]),
                [True, False],
                [False] * 4,
                np.ones((1, 3), bool),
                np.zeros(0, bool),
                np.True_,
            )
        ),
        (
            lambda: lstm().stream(2).reset([True, 1]),
            ArgumentError,
            "Sequential 's': `rows` must be an integer of at least 0; got True.",
        ),
        (
            lambda: lstm().stream(2).reset(-1),
            ArgumentError,
            "Sequential 's': `rows` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: Sequential([Input((None,)), layers.Embedding(5, 2, name="e")]).stream().step(5),
            ArgumentError,
            "Embedding 'e': `x` must hold indices from 0 to 4; got 5.",
        ),
        (
            lambda: (
                Sequential([Input((None,)), layers.Embedding(5, 2, name="e")])
                .stream()
                .step(np.array([-1]))
            ),
            ArgumentError,
            "Embedding 'e': `x` must hold indices from 0 to 4; got -1.",
        ),
    ],
)
def test_errors_name_the_layer_or_the_argument_and_the_fix(attempt, error, text, implementation):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_an_initial_state_or_a_mask_from_outside_is_named():
    x, h = Input((None, 3)), Input((2,))
    model = Model([x, h], layers.GRU(2, name="g")(x, initial_state=h), name="m")
    inner = Model(x, model([x, layers.GRU(2)(x)]), name="outer")
    text = "GRU 'g', which is given an initial state; set the stream's `state` in its place."
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        inner.stream()
    given_ = Model(x, layers.GRU(2, name="g")(x, initial_state=layers.GRU(2)(x)), name="m")
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        given_.stream()
    words = Input((None,))
    mask, vectors = layers.Activation("relu")(words), layers.Embedding(5, 2)(words)
    masked = Model(words, layers.GRU(2, name="g")(vectors, mask=mask), name="m")
    text = "GRU 'g', which is given a mask; leave masked steps out."
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        masked.stream()
