"""What cannot be trained on in chunks is refused before anything is."""

import re

import numpy as np
import pytest

from elman import Input, Sequential, layers
from elman.errors import ArgumentError, ShapeError
from tests.layers.checks import F64, normal
from tests.models.test_truncated import B, F, K, T, X, Y, make


@pytest.mark.parametrize("width", [4, 7, 8, 17])
@pytest.mark.parametrize("beside", [{}, {"lengths": [T] * B}, {"mask": np.ones((B, T), bool)}])
def test_what_is_cut_beside_the_sequences_is_refused_before_anything_is_trained(width, beside):
    model = make()
    before = model.get_weights()
    for name, value in (
        ("sample_weight", np.ones((B, width))),
        ("reset_mask", np.zeros((B, width), bool)),
    ):
        text = f"Sequential 's': `{name}` must have as many timesteps as `x`, {T}; got {width}."
        with pytest.raises(ShapeError, match=re.escape(text)):
            model.fit(X, Y, bptt_steps=K, verbose=0, **beside, **{name: value})
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def started(nested, **options):
    given = {"initial_state": "learned", **F64, **options}
    inner = Sequential([Input((None, F), dtype="float64"), layers.GRU(3, name="g", **given)])
    model = Sequential([Input((None, F), dtype="float64"), *([inner] if nested else inner.layers)],
                       name="s")  # fmt: skip
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("nested", [False, True])
def test_a_learned_state_that_no_gradient_comes_to_is_refused(nested):
    model, y = started(nested), normal(B, 3)
    text = (
        "Sequential 's': `bptt_steps` must be at least 10, the timesteps of `x`, to train the "
        "learned initial state of GRU 'g' where there is one output a sequence; got 4. Give "
        "`bptt_steps=10`, or an output per step with `return_sequences=True`."
    )
    before = model.get_weights()
    with pytest.raises(ArgumentError, match=re.escape(text)):
        model.fit(X, y, bptt_steps=K, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    per_step = started(nested, return_sequences=True)
    for trained, target, steps in ((model, y, T), (per_step, normal(B, T, 3), K)):
        first = trained.get_weights()[0]
        trained.fit(X, target, bptt_steps=steps, verbose=0)
        assert (trained.get_weights()[0] != first).any()
    model.trainable = False
    model.fit(X, y, bptt_steps=K, verbose=0)
