"""`elman.load_torch`: what it is called like, and what it says. Numbers: test_conformance.py."""

import re

import numpy as np
import pytest

import elman
from elman import layers
from elman.errors import ArgumentError, FormatError, ShapeError, UnsupportedError
from elman.formats.torch import state_dict

SIZES = {"input_size": 3, "hidden_size": 4}


def weights(cls=layers.LSTM, **options):
    layer = cls(4, **options)
    layer.build((None, None, 3))
    return state_dict(layer, [""])


def load(cls="LSTM", source=None, **options):
    source = weights(getattr(layers, cls)) if source is None else source
    return elman.load_torch(source, cls, **(SIZES | options))


def test_time_is_the_first_axis_unless_it_is_said_otherwise():
    source = weights()
    x = np.random.default_rng(0).normal(size=(5, 2, 3)).astype("float32")
    y, hn, cn = load(source=source)(x)
    turned, *_ = load(source=source, batch_first=True)(x.swapaxes(0, 1))
    assert y.shape == (5, 2, 4)
    assert hn.shape == cn.shape == (1, 2, 4)
    assert np.array_equal(y, turned.swapaxes(0, 1))
    assert np.array_equal(y[-1], hn[0])


def test_a_file_in_float64_is_computed_in_float64():
    source = weights(layers.LSTM, dtype="float64")
    assert load(source=source)(np.zeros((5, 2, 3)))[0].dtype == np.float64


def test_dropout_has_no_effect_and_shows_nowhere():
    module = load(dropout=0.5)
    assert repr(module) == "<TorchRecurrent LSTM(3, 4)>"
    assert repr(load("GRU", batch_first=True)) == "<TorchRecurrent GRU(3, 4, batch_first=True)>"


def test_states_as_a_pair_come_back_as_a_pair():
    x, state = np.zeros((5, 2, 3), "f4"), np.ones((1, 2, 4), "f4")
    module = load()
    y, hn, cn = module(x, state, 2 * state)
    again, final = module(x, (state, 2 * state))
    assert np.array_equal(y, again)
    assert np.array_equal(final, [hn, cn])


def test_a_part_of_a_bigger_module_is_taken_by_its_prefix():
    source, x = weights(), np.ones((5, 2, 3), "f4")
    whole = {f"encoder.{name}": array for name, array in source.items()} | {"head.scale": [1.0]}
    y, *_ = load(source=whole, prefix="encoder.")(x)
    assert np.array_equal(y, load(source=source)(x)[0])


WRONG = {
    "load_torch: `prefix` must be what names begin with, such as 'weight_ih_l0'": (
        ArgumentError,
        lambda: load(prefix="encoder."),
    ),
    "`cls` must be one of 'RNN', 'GRU', 'LSTM'; got 'LSTMCell'. Did you mean 'LSTM'?": (
        ArgumentError,
        lambda: load(source={}, cls="LSTMCell"),
    ),
    "`proj_size` must be 0, because elman has no projections; got 2": (
        UnsupportedError,
        lambda: load(proj_size=2),
    ),
    "`nonlinearity` must be one of 'tanh'; got 'relu'": (
        ArgumentError,
        lambda: load(nonlinearity="relu"),
    ),
    "`hidden_size` must be a positive integer; got 0": (ArgumentError, lambda: load(hidden_size=0)),
    "`dropout` must be a finite number and at least 0": (ArgumentError, lambda: load(dropout=-1)),
    "`bias` must be True or False; got 1": (ArgumentError, lambda: load(bias=1)),
    "entry 'weight_ih_l0' must have shape (16, 5)": (FormatError, lambda: load(input_size=5)),
    "entry 'weight_ih_l1' must be there for LSTM": (FormatError, lambda: load(num_layers=2)),
    "entry 'weight_ih_l0_reverse' must be there for": (
        FormatError,
        lambda: load(bidirectional=True),
    ),
    "entry 'bias_ih_l0' must be a weight of one of the layers": (
        FormatError,
        lambda: load(bias=False),
    ),
    "`x` must have shape (timesteps, batch, input_size=3) with none of them 0; got (5, 3)": (
        ShapeError,
        lambda: load()(np.zeros((5, 3))),
    ),
    "`x` must have shape (batch, timesteps, input_size=3) with none of them 0; got (2, 5, 4)": (
        ShapeError,
        lambda: load(batch_first=True)(np.zeros((2, 5, 4))),
    ),
    "`h0` must have shape (num_layers * directions=1, batch=2, hidden_size=4); got (2, 4)": (
        ShapeError,
        lambda: load("GRU")(np.zeros((5, 2, 3)), np.zeros((2, 4))),
    ),
    "`c0` must have shape (num_layers * directions=1, batch=2, hidden_size=4); got (1, 1, 4)": (
        ShapeError,
        lambda: load()(np.zeros((5, 2, 3)), np.zeros((1, 2, 4)), np.zeros((1, 1, 4))),
    ),
    "LSTM: `c0` must be given together with `h0`; got none. Give both, or the pair (h0, c0).": (
        ArgumentError,
        lambda: load()(np.zeros((5, 2, 3)), np.zeros((1, 2, 4))),
    ),
    "GRU: `c0` must be None for a module GRU; got one": (
        ArgumentError,
        lambda: load("GRU")(np.zeros((5, 2, 3)), np.zeros((1, 2, 4)), np.zeros((1, 2, 4))),
    ),
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_wrong_is_said(said):
    kind, make = WRONG[said]
    with pytest.raises(kind, match=re.escape(said)):
        make()
