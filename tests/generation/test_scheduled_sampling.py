"""Scheduled sampling: a model that reads, here and there, what it puts out itself."""

import itertools
import math
import re

import numpy as np
import pytest

from elman import Input, Model, Sequential, layers, losses
from elman.errors import ArgumentError, ShapeError, UnsupportedError
from elman.generation import Greedy, ScheduledSampling, generate, inverse_sigmoid
from elman.generation.samplers import Sample
from tests.generation.test_closed_loop import numbers, one_hot, tokens
from tests.models.stream_models import normal
from tests.tolerances import STATISTIC

V, N, T = 6, 10, 7
TOKENS = np.random.default_rng(0).integers(0, V, (N, T))


def batches(decoder=None, inputs=TOKENS, **options):
    options = {"teacher": 0.5, "seed": 0, "batch_size": 4, **options}
    return ScheduledSampling(decoder or tokens(), inputs, TOKENS, **options)


def test_with_a_teacher_alone_the_inputs_are_the_true_ones():
    for i, (x, y) in enumerate(batches(teacher=1.0)):
        np.testing.assert_array_equal(x, TOKENS[4 * i : 4 * i + 4])
        np.testing.assert_array_equal(y, TOKENS[4 * i : 4 * i + 4])


@pytest.mark.parametrize("make", [tokens, one_hot])
def test_without_a_teacher_the_inputs_are_a_closed_loop(make):
    model = make()
    x, _ = batches(model, teacher=0.0, sampler=Greedy())[0]
    expected = generate(model, TOKENS[:4, :1], T - 1, Greedy())
    found = x if x.ndim == 2 else x.argmax(axis=2)
    np.testing.assert_array_equal(found[:, 0], TOKENS[:4, 0])
    np.testing.assert_array_equal(found[:, 1:], expected)


def test_each_value_is_what_the_model_puts_out_behind_the_inputs_before_it():
    model = tokens()
    x, _ = batches(model, sampler=Greedy())[0]
    own = model(x).argmax(axis=2)[:, :-1]
    rest, true = x[:, 1:], TOKENS[:4, 1:]
    assert ((rest == own) | (rest == true)).all()
    assert (rest != true).any()
    assert (rest != own).any()


def test_numbers_are_fed_back_and_known_inputs_stay():
    model, inputs = numbers(3, 2, sequences=True), normal(N, T, 3)
    x, _ = batches(model, inputs, teacher=0.0)[0]
    np.testing.assert_array_equal(x[:, :, 2], inputs[:4, :, 2])
    expected = generate(model, inputs[:4, :1], T - 1, inputs=inputs[:4, 1:, 2:])
    np.testing.assert_array_equal(x[:, 1:, :2], expected)


def test_so_many_inputs_are_true():
    data = np.zeros((2000, 11), int)
    model = tokens()
    model.layers[-1].bias.assign([0, 99, 0, 0, 0, 0])  # always a 1
    found = ScheduledSampling(model, data, data, teacher=0.3, batch_size=2000, seed=0)[0][0]
    np.testing.assert_allclose((found[:, 1:] == 0).mean(), 0.3, atol=STATISTIC)
    assert not found[:, 0].any()


def test_a_teacher_is_asked_at_each_batch():
    asked = []
    made = batches(teacher=lambda i: asked.append(i) or 1.0)
    for _ in range(2):
        list(made)
    assert asked == list(range(6))


def test_an_epoch_has_its_own_order():
    made = batches(teacher=1.0)
    first = np.concatenate([y for _, y in made])
    made.on_epoch_end()
    second = np.concatenate([y for _, y in made])
    assert (first != second).any()
    np.testing.assert_array_equal(np.sort(first, axis=0), np.sort(second, axis=0))


def test_a_seed_gives_the_same_batches():
    for (x, _), (other, _) in zip(batches(seed=3), batches(seed=3), strict=True):
        np.testing.assert_array_equal(x, other)


@pytest.mark.parametrize("dtype", ["int64", "bool", "float16", "float64"])
def test_whole_numbers_do_not_cut_off_what_is_fed_back(dtype):
    model, inputs = numbers(1, sequences=True), (np.arange(N * T).reshape(N, T, 1) % 2)
    x, _ = batches(model, inputs.astype(dtype), teacher=0.0)[0]
    expected, _ = batches(model, inputs.astype("float32"), teacher=0.0)[0]
    assert (expected % 1 != 0).any()
    np.testing.assert_array_equal(x, expected)


def test_a_sampler_with_a_seed_draws_on_from_batch_to_batch():
    def two():
        made = batches(teacher=0.0, sampler=Sample(seed=0))
        return made[0][0], made[0][0]

    first, second = two()
    assert (first != second).any()
    np.testing.assert_array_equal(two(), (first, second))


def test_what_is_forbidden_is_never_drawn_and_stays_among_the_true_inputs():
    model, true = tokens(), np.where(TOKENS == 0, 3, TOKENS)
    found = {}
    for forbidden in ((), [0, 3]):
        made = batches(model, true, forbidden=forbidden, batch_size=N)
        found[len(forbidden)], _ = made[0]
        assert (made[0][0][:, 0] == true[:, 0]).all()
    drawn = found[2] != true
    assert (found[0] == 0).any()
    assert not np.isin(found[2][drawn], [0, 3]).any()
    assert (found[2] == 3).any()


def test_a_model_that_masks_0_goes_on_where_0_is_forbidden():
    model, true = tokens(mask_zero=True), np.where(TOKENS == 0, 3, TOKENS)
    with pytest.raises(ArgumentError, match="`x` must hold no 0 in a stream"):
        list(batches(model, true, teacher=0.0))
    assert all(x.all() for x, _ in batches(model, true, teacher=0.0, forbidden=[0]))


def test_batches_are_made_by_one_thread_as_they_are_drawn_in_order():
    made = batches()
    with pytest.raises(
        ArgumentError,
        match=r"^ScheduledSampling: `workers` must be 1, because batches are drawn in order, each "
        r"with the weights that the one before has left; got 4. Leave it out.$",
    ):
        made.workers = 4
    assert made.workers == 1


def pair():
    """Return a model of encoder and decoder, and both of its parts."""
    source, words = Input((None,)), Input((None,))
    table, gru = layers.Embedding(V, 3), layers.GRU(5, return_sequences=True)
    _, state = layers.GRU(5, return_state=True)(layers.Embedding(V, 3)(source))
    dense = layers.Dense(V)
    whole = Model([source, words], dense(gru(table(words), initial_state=state)))
    return whole, Model(source, state), Model(words, dense(gru(table(words))))


def test_a_decoder_starts_from_the_states_of_its_encoder():
    whole, encoder, decoder = pair()
    made = batches(decoder, source=TOKENS, encoder=encoder, teacher=0.0, sampler=Greedy())
    (source, x), _ = made[1]
    np.testing.assert_array_equal(source, TOKENS[4:8])
    own = whole([source, x]).argmax(axis=2)
    np.testing.assert_array_equal(x[:, 1:], own[:, :-1])


def test_what_is_fitted_is_what_the_next_batch_reads():
    whole, encoder, decoder = pair()
    whole.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True))
    made = batches(decoder, source=TOKENS, encoder=encoder, teacher=inverse_sigmoid(3))
    seen = []
    mixed = made.mixed

    def watched(*args):
        seen.append(decoder.get_weights()[0].copy())
        return mixed(*args)

    made.mixed = watched
    history = whole.fit(made, epochs=3, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    assert len(seen) == made.batches == 9
    assert all((a != b).any() for a, b in itertools.pairwise(seen))


def test_an_inverse_sigmoid_is_what_the_paper_says():
    p = inverse_sigmoid(20)
    for i in (0, 1, 50, 200):
        assert p(i) == pytest.approx(20 / (20 + math.exp(i / 20)))
    assert p(10**9) == pytest.approx(0)


def two_inputs():
    x, h = Input((None, 2)), Input((2,))
    return Model([x, h], layers.GRU(2, return_sequences=True)(x, initial_state=h))


PLAIN = Sequential([Input((None, 2)), layers.Dense(3)], name="m")


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (
            lambda: batches(teacher=1.2),
            ArgumentError,
            "ScheduledSampling: `teacher` must be a finite number and at least 0 and at most 1; "
            "got 1.2.",
        ),
        (
            lambda: batches(teacher=lambda i: np.nan)[0],
            ArgumentError,
            "`teacher's probability` must be a finite number and at least 0 and at most 1; got "
            "nan.",
        ),
        (
            lambda: batches(sampler=len),
            ArgumentError,
            "`sampler` must be `Greedy()`, `Sample(…)`, or a subclass of `Sampler` with a "
            "`choose`; got <built-in function len>.",
        ),
        (
            lambda: batches(inputs=TOKENS[:5]),
            ShapeError,
            "`inputs` must have as many samples as all; got 5 in `inputs`, 10 in `y`.",
        ),
        (
            lambda: batches(encoder=tokens()),
            ArgumentError,
            "`source` must be given for an encoder to read; got None.",
        ),
        (
            lambda: batches(PLAIN, np.zeros((N, T, 2))),
            ShapeError,
            "`decoder` must put out at most as many features as it takes in, 2, for them to be "
            "fed back; got 3.",
        ),
        (
            lambda: batches(source=TOKENS, encoder=tokens(), teacher=0.0)[0],
            ShapeError,
            "ScheduledSampling: `encoder` must put out arrays of the shapes [(4, 5)], those of the "
            "recurrent layers in their order; got [(4, 7, 6)].",
        ),
        (
            lambda: batches(3),
            ArgumentError,
            "ScheduledSampling: `decoder` must be a model; got 3.",
        ),
        (
            lambda: batches(two_inputs()),
            UnsupportedError,
            "ScheduledSampling: `decoder` must have one input and one output; got 2 and 1. Make a "
            "model of the layers between the two that matter, and give what makes the states that "
            "it starts from as `encoder`.",
        ),
        (
            lambda: batches(inputs=TOKENS[0]),
            ShapeError,
            "ScheduledSampling: `inputs` must have shape (batch, timesteps); got (7,). Add the "
            "batch axis with `inputs[None]`.",
        ),
        (
            lambda: batches(inputs=[[1, 2], [3]]),
            ShapeError,
            "ScheduledSampling: `inputs` must be an array; got lists of different lengths. Give "
            "those of one length together, or each by itself.",
        ),
        (
            lambda: batches(PLAIN, np.full((N, T, 2), np.nan)),
            ArgumentError,
            "ScheduledSampling: `inputs` must hold finite numbers; got nan at (0, 0, 0).",
        ),
        (
            lambda: batches(tokens(input_dim=3)),
            ShapeError,
            "ScheduledSampling: `decoder` must take in every token that it puts out, to be fed "
            "back; Embedding 'e' takes 3, and 6 come out.",
        ),
        (
            lambda: batches(forbidden=[V]),
            ArgumentError,
            "ScheduledSampling: `forbidden` must be a token below 6, as many as the model puts "
            "out; got 6.",
        ),
        (
            lambda: batches(forbidden=range(V))[0],
            ArgumentError,
            "ScheduledSampling: `forbidden` must leave a token that can be taken; got [0, 1, 2, "
            "3, 4, 5]",
        ),
        (
            lambda: batches(numbers(2, sequences=True), normal(N, T, 2), forbidden=0),
            ArgumentError,
            "ScheduledSampling: `forbidden` must be () where numbers are generated; got 0.",
        ),
        (
            lambda: batches(numbers(2, sequences=True), normal(N, T, 2), from_logits=True),
            ArgumentError,
            "ScheduledSampling: `from_logits` must be None where numbers are generated; got True.",
        ),
        (lambda: batches()[3], IndexError, "`index` must be below 3; got 3."),
        (
            lambda: inverse_sigmoid(0),
            ArgumentError,
            "inverse_sigmoid: `k` must be a finite number and at least 1; got 0.",
        ),
    ],
)
def test_errors_name_the_argument(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()
