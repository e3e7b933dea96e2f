"""Chains take masks, resets, and states from chunk to chunk; the numbers stay the same."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import elman
from elman import Input, Sequential, kernels, layers
from elman.errors import ShapeError
from elman.layers.parts.passes import TRAINING, Carried
from elman.layers.parts.resets import Resets
from elman.models.chain import ChainTape
from elman.models.links import Link, ResumedLink
from tests.models.chains import unbound

pytestmark = pytest.mark.skipif(
    kernels.status().implementation == "reference", reason="bound layers are the kernels' calls"
)

B, T, F = 4, 9, 3
GENERATOR = np.random.default_rng(0)
X, Y, Y1 = (GENERATOR.normal(size=s).astype("float32") for s in ((B, T, F), (B, T, 2), (B, 2)))
LENGTHS = np.array([9, 3, 6, 1])
MASK = GENERATOR.random((B, T)) < 0.6
RESETS = GENERATOR.random((B, T)) < 0.3


def model_of(*stack, sequences=True, **options):
    stack = stack or (
        layers.LSTM(5, return_sequences=True, **options),
        layers.LayerNormalization(),
        layers.GRU(4, return_sequences=sequences, use_bias=False, **options),
    )
    model = Sequential([Input((None, F)), *stack, layers.Dense(2, "tanh")], name="s")
    generator = np.random.default_rng(2)
    model.set_weights([0.5 * generator.normal(size=w.shape) for w in model.weights])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def is_bound(model, mask, **mode):
    """Say whether a pass over X runs by a chain none of whose layers runs as it is."""
    *_, tape = model.graph.forward([X], (mask,), TRAINING._replace(**mode))
    return isinstance(tape, ChainTape) and not any(type(link) is Link for link in tape.chain.layers)


def assert_the_same(make, y=Y, **given):
    """Check that steps of training, bound and node by node, have the same bits."""
    found = []
    for kept in (lambda model: model, unbound):
        elman.utils.set_random_seed(0)
        model = kept(make())
        losses = [model.train_on_batch(X, y, **given) for _ in range(4)]
        beside = {name: value for name, value in given.items() if name != "bptt_steps"}
        found.append([*losses, model.predict_on_batch(X, **beside), *model.get_weights()])
    for one, other in zip(*found, strict=True):
        assert_array_equal(one, other)


GIVEN = {
    "lengths": {"lengths": LENGTHS},
    "mask": {"mask": MASK},
    "resets": {"reset_mask": RESETS},
    "no resets": {"reset_mask": np.zeros((B, T), bool)},
    "chunks": {"bptt_steps": 4},
    "chunks with lengths": {"bptt_steps": 4, "lengths": LENGTHS},
    "chunks with a mask": {"bptt_steps": 2, "mask": MASK},
    "chunks with resets": {"bptt_steps": 4, "reset_mask": RESETS},
    "all": {"bptt_steps": 3, "mask": MASK, "reset_mask": RESETS},
}
MADE = {
    "per step": {},
    "zeros": {"zero_output_for_mask": True},
    "one output": {"sequences": False},
    "one output of zeros": {"sequences": False, "zero_output_for_mask": True},
    "learned": {"initial_state": "learned"},
    "dropout": {"dropout": 0.3},
    "penalty": {"activity_regularizer": "l2"},
    "windows": {"checkpoint_steps": 2},
    "stateful": {"stateful": True},
}


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
@pytest.mark.parametrize("options", MADE.values(), ids=MADE)
def test_training_gives_the_same_bits_bound_or_not(options, given):
    single = options.get("sequences") is False
    assert_the_same(lambda: model_of(**options), Y1 if single else Y, **given)


@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_a_stack_of_cells_gives_the_same_bits_bound_or_not(given):
    cells = lambda: [layers.GRUCell(4), layers.SimpleRNNCell(3)]  # noqa: E731
    assert_the_same(lambda: model_of(layers.RNN(cells(), return_sequences=True)), **given)


@pytest.mark.parametrize("kind", [layers.SimpleRNN, layers.IndRNN, layers.LayerNormGRU])
def test_backwards_with_a_mask_and_resets_gives_the_same_bits_bound_or_not(kind):
    make = lambda: model_of(kind(4, go_backwards=True, return_sequences=True))  # noqa: E731
    assert_the_same(make, mask=MASK, reset_mask=RESETS)


def test_what_is_given_goes_by_the_chain():
    model, mode = model_of(), {"resets": Resets(RESETS), "carried": Carried()}
    for given in ({}, {"resets": mode["resets"]}, {"carried": mode["carried"]}, mode):
        for mask in (None, MASK):
            assert not is_bound(model_of(), mask, **given)  # at first
            is_bound(model, mask, **given)
            assert is_bound(model, mask, **given)


def test_a_chain_of_whole_sequences_is_another_than_that_of_chunks():
    model = model_of()
    for steps in (T, 3):
        for _ in range(2):
            model.train_on_batch(X, Y, bptt_steps=steps)
    kinds = {
        key[-1]: any(type(link) is ResumedLink for link in chain.layers)
        for key, chain in model.graph._chains().items()
    }
    assert kinds == {False: False, True: True}


def test_a_mask_that_is_given_stays_in_force_behind_masking():
    x = np.where(MASK[..., None], X, 0)
    model = model_of(layers.Masking(), layers.GRU(4, return_sequences=True))
    wanted = model(x[:, :5])
    for _ in range(3):
        found = model(x, mask=np.arange(T) < np.full((B, 1), 5))
        np.testing.assert_array_equal(found[:, :5], wanted)
        assert (found[:, 5:] == found[:, 4:5]).all()
        model(x)  # which is bound


def test_resets_of_other_timesteps_are_errors_before_and_after():
    model = model_of()
    for _ in range(3):
        model(X, reset_mask=RESETS)
        with pytest.raises(ShapeError, match=r"`reset_mask` must have shape \(batch=4, timesteps"):
            model(X, reset_mask=RESETS[:, :-1])
