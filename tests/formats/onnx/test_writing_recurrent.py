"""Recurrent layers written as ONNX: masks, directions, states, cells that are no operator."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import elman
from elman import Sequential, layers
from elman.formats.onnx import load_onnx, save
from elman.formats.onnx.writing.functions import OF_OPERATORS
from tests.formats.onnx.random_models import models
from tests.formats.onnx.writing import CELLS, F, assert_same, sequences, shaken

LOOPED = (
    *("SimpleRNN", "GRU", "GRU before", "LSTM", "PeepholeLSTM", "CoupledLSTM", "IndRNN"),
    *("LeakyRNN", "MinGRU", "MinLSTM", "ZoneoutLSTM", "LayerNormLSTM", "LayerNormGRU"),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(models())
def test_random_models_compute_the_same_in_onnxruntime(tmp_path_factory, drawn):
    model, x = drawn
    path = tmp_path_factory.getbasetemp() / "random.onnx"
    assert_same(path, shaken(model), x)


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("sequence", [True, False])
@pytest.mark.parametrize("backwards", [True, False])
def test_masks_of_any_pattern_hold(tmp_path, kind, sequence, backwards):
    layer = getattr(layers, kind)(3, return_sequences=sequence, go_backwards=backwards)
    model = shaken(Sequential([elman.Input((None, F)), layers.Masking(), layer]))
    assert_same(tmp_path / "m.onnx", model, sequences(masked=True))


@pytest.mark.parametrize("kind", LOOPED)
@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"return_sequences": True, "use_bias": False},
        {"return_sequences": True, "go_backwards": True, "zero_output_for_mask": True},
        {"go_backwards": True, "zero_output_for_mask": True, "return_state": True},
    ],
    ids=["last", "sequence", "backwards", "state"],
)
def test_cells_that_are_no_operator_are_loops(tmp_path, kind, masked, options):
    phi = {"activation": "gelu"} if kind in (*CELLS, "GRU before") else {}
    before = {"reset_after": False} if kind == "GRU before" else {}
    layer = getattr(layers, kind.split()[0])(3, **phi, **before, **options)
    x = elman.Input((None, F))
    model = shaken(elman.Model(x, layer(layers.Masking()(x) if masked else x)))
    assert_same(tmp_path / "m.onnx", model, sequences(masked=True))


def test_loops_in_both_directions_and_on_top_of_one_another(tmp_path):
    x, h = elman.Input((None, F)), elman.Input((3,))
    cells = [layers.MinGRUCell(3), layers.LeakyRNNCell(2), layers.GRUCell(4)]
    y = layers.Bidirectional(layers.RNN(cells, return_sequences=True))(layers.Masking()(x))
    y = layers.MinLSTM(3, initial_state="learned", return_sequences=True)(y)
    model = shaken(elman.Model([x, h], layers.IndRNN(3)(y, initial_state=h)))
    assert_same(tmp_path / "m.onnx", model, sequences(masked=True), sequences()[:, 0, :3])


@pytest.mark.parametrize("name", sorted(OF_OPERATORS))
def test_activations_of_recurrent_operators(tmp_path, name):
    lstm = layers.LSTM(3, activation=name, recurrent_activation="hard_sigmoid")
    model = shaken(Sequential([elman.Input((None, F)), lstm]))
    assert_same(tmp_path / "m.onnx", model, sequences(timesteps=3))


def test_states_go_in_and_out(tmp_path):
    """An encoder hands its states to a decoder, of which one sequence is masked by hand."""
    a, b, m = elman.Input((None, F)), elman.Input((None, F)), elman.Input((None,), dtype="bool")
    _, *states = layers.Bidirectional(layers.LSTM(3, return_state=True))(a)
    y, *final = layers.Bidirectional(
        layers.LSTM(3, return_sequences=True, return_state=True), merge_mode=None
    )(b, initial_state=states, mask=m)[1:]
    model = shaken(elman.Model([a, b, m], [y, *final]))
    save(model, tmp_path / "m.onnx")
    mask = np.random.default_rng(3).random((3, 7)) < 0.6
    mask[2] = False
    assert_same(tmp_path / "m.onnx", model, sequences(), sequences(1), mask)


def test_models_inside_a_model(tmp_path):
    inner = Sequential([elman.Input((None, F)), layers.GRU(3, return_sequences=True)], name="inner")
    model = shaken(Sequential([elman.Input((None, F)), inner, layers.RepeatVector(2)][:2]))
    assert_same(tmp_path / "m.onnx", model, sequences())


def test_a_model_of_float64_may_have_any_layer(tmp_path):
    x = elman.Input((None, F), dtype="float64")
    with_dtype = {"dtype": "float64"}
    y = layers.Conv1D(F, 2, strides=2, padding="same", **with_dtype)(x)
    y = layers.Attention()([layers.AveragePooling1D(2, padding="same")(y), layers.Masking()(x)])
    y = layers.GRUD(3, return_sequences=True, **with_dtype)(elman.ops.gelu(y) * 2)
    model = shaken(
        elman.Model(x, layers.Maximum()([y, layers.LayerNormalization(**with_dtype)(y)]))
    )
    save(model, tmp_path / "m.onnx")
    x = sequences(masked=True).astype("float64")
    found = load_onnx(tmp_path / "m.onnx")
    (name,) = (spec.name for spec in found.inputs)
    (y,) = found.run({name: x})
    assert y.dtype == np.float64
    np.testing.assert_allclose(y, model(x), rtol=0, atol=1e-7)  # ONNX's epsilon is a float32


def test_a_model_of_float64_is_written_as_it_is(tmp_path):
    model = shaken(
        Sequential([elman.Input((None, F), dtype="float64"), layers.LSTM(3, dtype="float64")])
    )
    save(model, tmp_path / "m.onnx")
    x = sequences().astype("float64")
    found = load_onnx(tmp_path / "m.onnx")
    assert found.inputs[0].dtype == "float64"
    (name,) = (spec.name for spec in found.inputs)
    np.testing.assert_allclose(found.run({name: x})[0], model(x), rtol=1e-12)


# ---------------------------------------------------------------------- GRU-D


def observations(timed, masked):
    """Return values some of which are missing, and times that are not a step apart."""
    x = sequences(features=F + timed)
    if timed:
        x[..., -1] = np.cumsum(np.abs(x[..., -1]), 1)
    missing = np.random.default_rng(1).random((3, 7, F)) < 0.5
    x[..., :F][missing] = np.nan
    if masked:
        x[0, 4:], x[1, :2], x[1, 4], x[2] = 7, 7, 7, 7
    return x


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"return_sequences": True, "use_bias": False, "mean": [0.5, 1.0, -1.0, 0.0]},
        {"return_sequences": True, "go_backwards": True, "zero_output_for_mask": True},
        {"go_backwards": True, "return_state": True, "initial_state": "learned", "mean": 0.3},
    ],
    ids=["last", "sequence", "backwards", "state"],
)
def test_a_gru_d_fills_in_what_is_missing(tmp_path, options, timed, masked):
    x = elman.Input((None, F + timed))
    y = layers.GRUD(3, time_feature=timed, **options)(layers.Masking(7)(x) if masked else x)
    model = shaken(elman.Model(x, y))
    assert_same(tmp_path / "m.onnx", model, observations(timed, masked))


def test_a_gru_d_in_both_directions_and_by_its_cell(tmp_path):
    x, h = elman.Input((None, F)), elman.Input((3,))
    y = layers.Bidirectional(layers.GRUD(3, return_sequences=True))(layers.Masking(7)(x))
    z = layers.RNN(layers.GRUD(3).cell)(x, initial_state=h)
    cells = [layers.GRUD(3).cell, layers.LSTMCell(2), layers.GRUD(3).cell]
    stack = layers.RNN(cells, return_sequences=True, return_state=True)(layers.Masking(7)(x))
    model = shaken(elman.Model([x, h], [y, z, *stack]))
    assert_same(tmp_path / "m.onnx", model, observations(False, True), sequences()[:, 0, :3])


# ---------------------------------------------------------------------- cells by themselves


@pytest.mark.parametrize("kind", LOOPED)
def test_a_cell_is_a_layer_of_one_timestep(tmp_path, kind):
    before = {"reset_after": False} if kind == "GRU before" else {}
    cell = getattr(layers, f"{kind.split()[0]}Cell")(3, **before)
    x = elman.Input((F,))
    states = [elman.Input((3,)) for _ in cell.state_names]
    y, new = cell(x, states)
    model = shaken(elman.Model([x, *states], [y, *new]))
    arrays = [sequences(i)[:, 0, :3] for i in range(len(states))]
    assert_same(tmp_path / "m.onnx", model, sequences()[:, 0], *arrays)


def test_a_stack_of_cells_is_a_layer_of_one_timestep(tmp_path):
    cell = layers.StackedRNNCells([layers.GRUCell(2), layers.LSTMCell(3)])
    x, h, k, c = elman.Input((F,)), elman.Input((2,)), elman.Input((3,)), elman.Input((3,))
    y, (first, second) = cell(x, [h, [k, c]])
    model = shaken(elman.Model([x, h, k, c], [y, first, *second]))
    draws = [sequences(i)[:, 0, :n] for i, n in enumerate((F, 2, 3, 3))]
    assert_same(tmp_path / "m.onnx", model, *draws)
