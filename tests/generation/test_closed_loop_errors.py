"""What the closed loop does not take, and what it says of it."""

import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError, KeywordError, ShapeError, UnsupportedError
from elman.generation import BeamSearch, Greedy, Sampler, generate, rollout
from tests.generation.test_closed_loop import STARTS, V, numbers, one_hot, tokens


def bad(weight, **options):
    model = tokens(**options)
    model.get_layer("d").bias.assign(np.full(V, weight))
    return model


def growing():
    model = Sequential([Input((None, 1)), layers.Dense(1)], name="m")
    model.set_weights([[[1e30]], [0.0]])
    return model


X, NAN = np.zeros((1, 3, 2)), np.array([[[0.0, 1.0], [np.nan, 0.0]]])
A, S, U = ArgumentError, ShapeError, UnsupportedError


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (lambda: generate(3, X, 1), A, "int: generate: `model` must be a model; got 3."),
        (
            lambda: generate(numbers(), X, 0),
            A,
            "Sequential 'm': generate: `steps` must be a positive integer; got 0.",
        ),
        (
            lambda: generate(numbers(), X[0], 3),
            S,
            "`start` must have shape (batch, timesteps, features=2); got (3, 2). Add the batch "
            "axis with `start[None]`.",
        ),
        (
            lambda: generate(tokens(), [1, 2], 3),
            S,
            "`start` must have shape (batch, timesteps); got (2,). Add the batch axis with "
            "`start[None]`.",
        ),
        (
            lambda: generate(numbers(), X[:, :0], 3),
            S,
            "`start` must have at least one sequence and one timestep; got (1, 0, 2).",
        ),
        (
            lambda: generate(numbers(), NAN, 3),
            A,
            "`start` must hold finite numbers; got nan at (0, 1, 0).",
        ),
        (
            lambda: generate(numbers(5, 3), np.zeros((1, 3, 5)), 3),
            S,
            "Sequential 'm': generate: outputs must have as many features as the model takes in, "
            "5, to be fed back; got 3. Give the other 2 by `inputs`, or make a `sampler` that "
            "returns 5 features.",
        ),
        (
            lambda: generate(numbers(2, 3), X, 3),
            S,
            "got 3. Make a `sampler` that returns 2 features of them.",
        ),
        (
            lambda: generate(numbers(5, 3), np.zeros((1, 3, 5)), 3, inputs=np.zeros((1, 3, 1))),
            S,
            "to be fed back; got 3 and 1 of `inputs`. Give the other 2 by `inputs`",
        ),
        (
            lambda: generate(numbers(), X, 3, lambda y: y[:, :1]),
            S,
            "what `sampler` returns must have as many features as the model takes in, 2",
        ),
        (
            lambda: generate(numbers(), X, 3, lambda y: y[0]),
            S,
            "`sampler's values` must have shape (batch=1, features); got (2,).",
        ),
        (
            lambda: generate(numbers(3, 2), np.zeros((1, 3, 3)), 3, inputs=np.zeros((1, 5, 1))),
            S,
            "`inputs` must have 3 timesteps, one a step, or 2, because the last is not read; "
            "got 5.",
        ),
        (
            lambda: generate(numbers(3, 2), np.zeros((1, 3, 3)), 3, inputs=np.zeros((3, 1))),
            S,
            "`inputs` must have shape (batch=1, timesteps, features); got (3, 1). Repeat them for "
            "each sequence.",
        ),
        (
            lambda: generate(numbers(3, 2), np.zeros((1, 3, 3)), 2, inputs=[[[np.nan], [0.0]]]),
            A,
            "`inputs` must hold finite numbers; got nan at (0, 0, 0).",
        ),
        (
            lambda: generate(numbers(), X, 3, inputs=lambda k, v: v[0]),
            S,
            "`inputs` must return an array of shape (batch=1, features=2); got (2,) at step 0.",
        ),
        (
            lambda: generate(tokens(), STARTS, 3, inputs=np.zeros((2, 3, 1))),
            U,
            "`inputs` must be None for a model that takes indices; got ndarray.",
        ),
        (
            lambda: generate(growing(), np.ones((1, 1, 1)), 9),
            A,
            "values must be finite to be fed back; got inf at step 1 of sequence 0. A loop that "
            "amplifies its own values",
        ),
        (
            lambda: generate(tokens(), STARTS, 3, "greedy"),
            A,
            "`sampler` must be `Greedy()`, `Sample(…)`, `BeamSearch(…)`, or a subclass of "
            "`Sampler` with a `choose`; got 'greedy'. Did you mean `Greedy()`?",
        ),
        (lambda: generate(tokens(), STARTS, 3, "beam_search"), A, "Did you mean `BeamSearch()`?"),
        (lambda: generate(tokens(), STARTS, 3, "best"), A, "with a `choose`; got 'best'."),
        (
            lambda: generate(tokens(), STARTS, 3, len),
            A,
            "or a subclass of `Sampler` with a `choose`; got <built-in function len>. Let "
            "`choose(self, logits)` of a class of yours return the tokens (batch,).",
        ),
        (
            lambda: generate(one_hot(), STARTS, 3),
            S,
            "`start` must have shape (batch, timesteps, features=6); got (2, 3). Give a `sampler` "
            "for tokens, such as `elman.generation.Sample()`.",
        ),
        (
            lambda: generate(one_hot(), np.eye(V, dtype=int), 3),
            S,
            "got (6, 6). Add the batch axis with `start[None]`.",
        ),
        (
            lambda: generate(tokens(), [[1, 2], [3]], 3),
            S,
            "`start` must be an array; got lists of different lengths. Give those of one length "
            "together, or each by itself.",
        ),
        (
            lambda: generate(tokens(), STARTS, 3, temperature=0.5),
            KeywordError,
            "Sequential 'm': generate: `temperature` must be given to the sampler; got 0.5. Give "
            "`sampler=Sample(temperature=0.5)`.",
        ),
        (
            lambda: rollout(tokens(), STARTS, top_k=3),
            TypeError,
            "Sequential 'm': rollout: `top_k` must be given to the sampler; got 3. Give "
            "`sampler=Sample(top_k=3)`.",
        ),
        (
            lambda: generate(tokens(), STARTS, 3, width=3),
            KeywordError,
            "Give `sampler=BeamSearch(width=3)`.",
        ),
        (
            lambda: generate(tokens(), STARTS, 3, forbbidden=[0]),
            KeywordError,
            "`forbbidden` must be an argument that generate has. Did you mean 'forbidden'?",
        ),
        (
            lambda: generate(numbers(), X, 3, 7),
            A,
            "or a subclass of `Sampler` with a `choose`, or a function of outputs; got 7.",
        ),
        (
            lambda: generate(tokens(), STARTS, 3, Greedy),
            A,
            "`sampler` must be an object; got the class Greedy. Make one: Greedy().",
        ),
        (
            lambda: generate(numbers(), X, 3, end=2),
            A,
            "`end` must be None where numbers are generated; got 2. For tokens give a `sampler` "
            "such as `elman.generation.Greedy()`.",
        ),
        (
            lambda: generate(numbers(), X, 3, return_log_probabilities=True),
            A,
            "`return_log_probabilities` must be False where numbers are generated; got True.",
        ),
        (
            lambda: generate(tokens(), STARTS, 3, end=V),
            A,
            "`end` must be a token below 6, as many as the model puts out; got 6.",
        ),
        *(
            (
                lambda given=given: generate(numbers(), X, 3, forbidden=given),
                ArgumentError,
                f"`forbidden` must be () where numbers are generated; got {given}. For tokens",
            )
            for given in (3, None, [1])
        ),
        (
            lambda: generate(tokens(), STARTS, 3, forbidden=[-1]),
            A,
            "`forbidden` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: generate(tokens(), STARTS, 3, forbidden=range(V)),
            A,
            "`forbidden` must leave a token that can be taken; got [0, 1, 2, 3, 4, 5]",
        ),
        (
            lambda: generate(tokens(), [[1, V]], 3),
            A,
            "Embedding 'e': `x` must hold indices from 0 to 5; got 6.",
        ),
        (
            lambda: generate(tokens(input_dim=4), [[1, 2]], 3),
            S,
            "`model` must take in every token that it puts out, to be fed back; Embedding 'e' "
            "takes 4, and 6 come out. Give it `input_dim=6`.",
        ),
        (
            lambda: generate(one_hot(), [[1, V]], 3, Greedy()),
            A,
            "`start` must hold tokens from 0 to 5, or be one-hot vectors (batch, timesteps, "
            "features=6); got int64 of shape (1, 2).",
        ),
        (
            lambda: generate(one_hot(V + 1), np.zeros((1, 2, V + 1)), 3, Greedy()),
            S,
            "one-hot tokens must have as many features as the model takes in, 7, to be fed back; "
            "got 6. Give the other 1 by `inputs`",
        ),
        (
            lambda: generate(tokens("sigmoid"), STARTS, 3),
            A,
            "`from_logits` must be True or False, because the model ends in Dense 'd', which is "
            "neither softmax nor linear; got None.",
        ),
        (
            lambda: generate(bad(np.nan), STARTS, 3),
            A,
            "outputs must be finite to choose a token by; got nan at step 0 of sequence 0. See "
            "whether the model's weights are finite, and `from_logits` is right.",
        ),
        (
            lambda: generate(bad(-9.0), STARTS, 3, from_logits=False),
            A,
            "outputs must be finite probabilities to choose a token by; got -",
        ),
        (
            lambda: generate(numbers(), X, 3, initial_state=np.zeros((1, 5))),
            S,
            "`initial_state` must be arrays of the shapes [(1, 5), (1, 5)], those of the recurrent "
            "layers in their order; got [(1, 5)].",
        ),
        (
            lambda: generate(numbers(), X, 3, initial_state=np.full((2, 1, 5), np.inf)),
            S,
            "got [(2, 1, 5)].",
        ),
        (
            lambda: generate(numbers(), X, 3, initial_state=list(np.full((2, 1, 5), np.nan))),
            A,
            "`initial_state` must hold finite numbers; got nan at (0, 0).",
        ),
        (
            lambda: rollout(tokens(), STARTS, BeamSearch()),
            U,
            "Sequential 'm': rollout: `sampler` must choose tokens one after the other; got a "
            "BeamSearch, which knows its first token last. Give it to `generate`.",
        ),
        (
            lambda: generate(tokens(), STARTS, 2, OutOfRange()),
            A,
            "`sampler` must return tokens from 0 to 5 of shape (batch=2,); got array([6, 6])",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


@pytest.mark.parametrize("sampler", [Greedy(), BeamSearch(2)])
def test_padding_that_is_drawn_is_to_be_forbidden(sampler):
    model = tokens(mask_zero=True)
    model.get_layer("d").bias.assign([9, 0, 0, 0, 0, 0])
    text = (
        "Sequential 'm': generate: tokens must not be 0 to be fed back, because `mask_zero=True` "
        "of Embedding 'e' makes it a timestep that is skipped; got one at step 0. Give "
        "`forbidden=[0]`, or `end=0` if it ends a sequence."
    )
    with pytest.raises(ArgumentError, match=re.escape(text)):
        generate(model, [[1, 2]], 3, sampler)
    assert generate(model, [[1, 2]], 3, sampler, forbidden=[0]).all()


class OutOfRange(Sampler):
    def choose(self, logits):
        return np.full(len(logits), V)


def test_a_model_that_reads_what_comes_later_is_named_with_the_layer():
    both = layers.Bidirectional(layers.LSTM(2), name="b")
    model = Sequential([Input((None, 4)), both], name="m")
    text = "got Bidirectional 'b', which also reads the sequence from its end."
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        generate(model, np.zeros((1, 3, 4)), 3)


def test_a_decoder_with_its_states_as_inputs_is_told_what_to_do_instead():
    x, h = Input((None, 2)), Input((2,))
    y, state = layers.GRU(2, return_sequences=True, return_state=True)(x, initial_state=h)
    text = (
        "`model` must have one input and one output; got 2 and 2. Make a model of the layers "
        "between the two that matter, and give the states that it starts from as `initial_state`."
    )
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        generate(Model([x, h], [y, state]), X, 3)
