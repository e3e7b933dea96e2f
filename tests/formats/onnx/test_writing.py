"""What elman writes as ONNX, onnxruntime computes as elman does, and so does elman itself."""

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import elman
from elman import Sequential, _tree, layers
from elman.errors import ArgumentError, NotBuiltError, UnsupportedError
from elman.formats.onnx import load_onnx, save
from elman.formats.onnx.writing.functions import NODES, OF_OPERATORS
from tests import tolerances

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

F, V = 4, 9  # features, and words of a vocabulary
LOOPED = (
    *("SimpleRNN", "GRU", "GRU before", "LSTM", "PeepholeLSTM", "CoupledLSTM", "IndRNN"),
    *("LeakyRNN", "MinGRU", "MinLSTM", "ZoneoutLSTM", "LayerNormLSTM", "LayerNormGRU"),
)
CELLS = ("SimpleRNN", "GRU", "LSTM", "PeepholeLSTM", "CoupledLSTM")


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def shaken(model, seed=0):
    """Give a model weights that leave nothing at zero, and return it."""
    draw = np.random.default_rng(seed)
    for weight in model.weights:
        spread = draw.uniform(0.5, 1.5, weight.shape)
        sign = 1 if "variance" in weight.name else draw.choice([-1, 1], weight.shape)
        weight.assign((0.6 * sign * spread).astype(weight.dtype))
    return model


def assert_same(path, model, *arrays):
    """Check a file against the model that was written: in onnxruntime, and in elman."""
    onnx.checker.check_model(str(path), full_check=True)
    run = session(path)
    inputs = dict(zip([each.name for each in run.get_inputs()], arrays, strict=True))
    want = model(list(arrays) if len(arrays) > 1 else arrays[0])
    want = _tree.flatten(want)  # states of stacked cells are nested
    for found in (run.run(None, inputs), load_onnx(path).run(inputs)):
        assert len(found) == len(want)
        for have, wanted in zip(found, want, strict=True):
            assert have.shape == wanted.shape
            limit = tolerances.ONNX * max(1.0, float(np.abs(wanted).max(initial=0)))
            np.testing.assert_allclose(have, wanted, rtol=0, atol=limit)


def sequences(seed=0, batch=3, timesteps=7, masked=False):
    x = np.random.default_rng(seed).normal(size=(batch, timesteps, F)).astype("float32")
    if masked:
        x[0, 4:] = 0  # padding at the end
        x[1, :2], x[1, 4] = 0, 0  # before the beginning, and in between
        x[2] = 0  # nothing
    return x


# ---------------------------------------------------------------------- models at random


@st.composite
def recurrent_layers(draw, last):
    """A recurrent layer, alone, in both directions, or of several cells."""
    kind, units = draw(st.sampled_from(CELLS)), draw(st.integers(1, 5))
    gated = kind != "SimpleRNN"
    options = {
        "activation": draw(st.sampled_from(["tanh", "sigmoid", "softsign", "hard_sigmoid"])),
        "use_bias": draw(st.booleans()),
    }
    if gated:
        options["recurrent_activation"] = draw(st.sampled_from(["sigmoid", "hard_sigmoid"]))
    if kind == "GRU":
        options["reset_after"] = draw(st.booleans())
    form = draw(st.sampled_from(["alone", "both", "cells"]))
    told = {
        "return_sequences": not last,
        "go_backwards": draw(st.booleans()),
        "zero_output_for_mask": draw(st.booleans()),
    }
    if form == "cells":
        cells = [getattr(layers, f"{kind}Cell")(units, **options), layers.GRUCell(3)]
        return layers.RNN(cells, **told)
    if form == "alone":
        return getattr(layers, kind)(units, **options, **told)
    told["go_backwards"] = False
    layer = getattr(layers, kind)(units, **options, **told)
    if draw(st.booleans()):
        told["go_backwards"] = True
        return layers.Bidirectional(layer, backward_layer=layers.GRU(2, **told))
    mode = draw(st.sampled_from(["concat", "sum", "mul", "ave"]))
    return layers.Bidirectional(layer, merge_mode=mode)


@st.composite
def models(draw):
    """A model, and what goes in: words or sequences, with a mask or without."""
    masked = draw(st.booleans())
    if draw(st.booleans()):
        first = [elman.Input((None,), dtype="int32"), layers.Embedding(V, F, mask_zero=masked)]
        x = np.random.default_rng(draw(st.integers(0, 99))).integers(1, V, (3, 6))
        x = x.astype("int32")
        if masked:
            x[np.random.default_rng(1).random(x.shape) < draw(st.floats(0, 0.9))] = 0
    else:
        first = [elman.Input((None, F)), *([layers.Masking()] if masked else [])]
        x = sequences(draw(st.integers(0, 99)), masked=masked)
    count = draw(st.integers(1, 3))
    last = draw(st.booleans())
    stack = [draw(recurrent_layers(last and i == count - 1)) for i in range(count)]
    between = draw(st.sampled_from([[], [layers.Dropout(0.3)], [layers.LayerNormalization()]]))
    return Sequential([*first, *between, *stack, layers.Dense(2, activation="tanh")]), x


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(models())
def test_random_models_compute_the_same_in_onnxruntime(tmp_path_factory, drawn):
    model, x = drawn
    path = tmp_path_factory.getbasetemp() / "random.onnx"
    save(shaken(model), path)
    assert_same(path, model, x)


# ---------------------------------------------------------------------- every part


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("sequence", [True, False])
@pytest.mark.parametrize("backwards", [True, False])
def test_masks_of_any_pattern_hold(tmp_path, kind, sequence, backwards):
    layer = getattr(layers, kind)(3, return_sequences=sequence, go_backwards=backwards)
    model = shaken(Sequential([elman.Input((None, F)), layers.Masking(), layer]))
    save(model, tmp_path / "m.onnx")
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
    save(model, tmp_path / "m.onnx")
    assert_same(tmp_path / "m.onnx", model, sequences(masked=True))


def test_loops_in_both_directions_and_on_top_of_one_another(tmp_path):
    x, h = elman.Input((None, F)), elman.Input((3,))
    cells = [layers.MinGRUCell(3), layers.LeakyRNNCell(2), layers.GRUCell(4)]
    y = layers.Bidirectional(layers.RNN(cells, return_sequences=True))(layers.Masking()(x))
    y = layers.MinLSTM(3, initial_state="learned", return_sequences=True)(y)
    model = shaken(elman.Model([x, h], layers.IndRNN(3)(y, initial_state=h)))
    save(model, tmp_path / "m.onnx")
    assert_same(tmp_path / "m.onnx", model, sequences(masked=True), sequences()[:, 0, :3])


@pytest.mark.parametrize("name", sorted(OF_OPERATORS))
def test_activations_of_recurrent_operators(tmp_path, name):
    lstm = layers.LSTM(3, activation=name, recurrent_activation="hard_sigmoid")
    model = shaken(Sequential([elman.Input((None, F)), lstm]))
    save(model, tmp_path / "m.onnx")
    assert_same(tmp_path / "m.onnx", model, sequences(timesteps=3))


@pytest.mark.parametrize("name", sorted(NODES))
def test_activations_as_nodes(tmp_path, name):
    model = shaken(Sequential([elman.Input((F,)), layers.Dense(5, activation=name)]))
    save(model, tmp_path / "m.onnx")
    assert_same(tmp_path / "m.onnx", model, sequences()[0])


@pytest.mark.parametrize(
    "layer",
    [
        layers.LayerNormalization(axis=(1, 2)),
        layers.LayerNormalization(center=False, scale=False),
        layers.BatchNormalization(),
        layers.BatchNormalization(axis=1, center=False, scale=False),
        layers.RMSNormalization(),
        layers.UnitNormalization(),
        layers.Normalization(mean=[1, 2, 3, 4], variance=[1, 4, 9, 16]),
        layers.Normalization(mean=[1, 2, 3, 4], variance=[1, 4, 9, 16], invert=True),
        layers.Rescaling(2, offset=1),
        layers.Softmax(axis=1),
        layers.ReLU(max_value=1, negative_slope=0.1),
        layers.LeakyReLU(),
        layers.ELU(0.5),
        layers.PReLU(),
        layers.Reshape((-1, 2)),
        layers.Flatten(),
        layers.Permute((2, 1)),
        layers.GlobalAveragePooling1D(),
        layers.GlobalMaxPooling1D(keepdims=True),
        layers.TimeDistributed(layers.Dense(3, activation="relu")),
        layers.TimeDistributed(Sequential([layers.Dense(3), layers.LayerNormalization()])),
        layers.Activation("mish"),
        layers.Identity(),
        layers.GaussianNoise(0.1),
        layers.RNN([layers.GRUCell(2), layers.LSTMCell(3)], return_state=True),
        layers.GRU(3, initial_state="learned", return_sequences=True),
        layers.Bidirectional(layers.GRU(3, initial_state="learned")),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers(tmp_path, layer):
    x = elman.Input((7, F))
    model = shaken(elman.Model(x, layer(x)))
    save(model, tmp_path / "m.onnx")
    assert_same(tmp_path / "m.onnx", model, sequences())


@pytest.mark.parametrize("kind", ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum",
                                  "Concatenate"])  # fmt: skip
def test_merges(tmp_path, kind):
    a, b = elman.Input((None, F)), elman.Input((None, F))
    model = elman.Model([a, b], getattr(layers, kind)()([a, b]))
    save(model, tmp_path / "m.onnx")
    assert_same(tmp_path / "m.onnx", model, sequences(), sequences(1))


def test_merges_of_masked_sequences(tmp_path):
    a = elman.Input((None, F))
    both = [layers.Masking()(a), layers.Masking(0.5)(a)]
    for merge in (layers.Concatenate(), layers.Add()):
        model = elman.Model(a, layers.LSTM(3)(merge(both)))
        save(model, tmp_path / "m.onnx")
        assert_same(tmp_path / "m.onnx", model, sequences(masked=True))


def test_a_mean_over_time_heeds_the_mask(tmp_path):
    model = Sequential(
        [elman.Input((None, F)), layers.Masking(), layers.GlobalAveragePooling1D(keepdims=True)]
    )
    save(model, tmp_path / "m.onnx")
    assert_same(tmp_path / "m.onnx", model, sequences(masked=True)[:2])


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
    save(model, tmp_path / "m.onnx")
    assert_same(tmp_path / "m.onnx", model, sequences())


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


# ---------------------------------------------------------------------- a timestep a call


def test_a_step_model_takes_a_sequence_as_the_model_does(tmp_path):
    stack = layers.RNN([layers.GRUCell(3), layers.LSTMCell(4)], name="stack", return_sequences=True)
    model = Sequential(
        [
            elman.Input((None, F), name="x"),
            layers.LSTM(5, return_sequences=True, name="lstm"),
            stack,
            layers.TimeDistributed(layers.Dense(2)),
            layers.LayerNormalization(name="out"),
        ]
    )
    model.export(tmp_path / "m.onnx", step=True)
    shaken(model).export(tmp_path / "m.onnx", format="onnx", step=True)
    run, x = session(tmp_path / "m.onnx"), sequences()
    said = [each.name for each in run.get_inputs()]
    assert said == ["x", "lstm_h", "lstm_c", "stack_0_h", "stack_1_h", "stack_1_c"]
    outputs = [each.name for each in run.get_outputs()]
    assert outputs == ["out", *(f"{name}_next" for name in said[1:])]
    mine = load_onnx(tmp_path / "m.onnx")
    states = {each.name: np.zeros((3, each.shape[1]), "f4") for each in run.get_inputs()[1:]}
    steps = []
    for t in range(x.shape[1]):
        y, *new = run.run(None, {"x": x[:, t], **states})
        other, *_ = mine.run({"x": x[:, t], **states})
        np.testing.assert_allclose(other, y, rtol=0, atol=tolerances.ONNX)
        states = dict(zip(states, new, strict=True))
        steps.append(y)
    np.testing.assert_allclose(np.stack(steps, 1), model(x), rtol=0, atol=tolerances.ONNX)


def test_what_needs_a_whole_sequence_is_no_step_model(tmp_path):
    model = Sequential([elman.Input((None, F)), layers.Bidirectional(layers.LSTM(3))])
    with pytest.raises(UnsupportedError, match="also reads the sequence from its end"):
        model.export(tmp_path / "m.onnx", step=True)


# ---------------------------------------------------------------------- back again


def test_layers_come_back_and_learn(tmp_path):
    model = shaken(
        Sequential(
            [
                elman.Input((None,), dtype="int32", name="words"),
                layers.Embedding(V, 5),
                layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
                layers.PeepholeLSTM(4, return_sequences=True),
                layers.CoupledLSTM(4, return_sequences=True, use_bias=False),
                layers.GRU(3, reset_after=False),
                layers.Dense(2, activation="softmax"),
            ]
        )
    )
    model.export(tmp_path / "m.onnx")
    again = load_onnx(tmp_path / "m.onnx").to_model()
    kinds = [type(layer).__name__ for layer in again.layers]
    assert kinds == ["InputLayer", "Embedding", "Bidirectional", "Concatenate", "PeepholeLSTM",
                     "CoupledLSTM", "GRU", "Dense", "Activation"]  # fmt: skip
    x = np.random.default_rng(0).integers(0, V, (8, 6)).astype("int32")
    np.testing.assert_allclose(again(x), model(x), rtol=0, atol=tolerances.ONNX)
    again.compile("adam", "mse")
    before = again.evaluate(x, np.zeros((8, 2)), verbose=0)
    again.fit(x, np.zeros((8, 2)), epochs=3, verbose=0)
    assert again.evaluate(x, np.zeros((8, 2)), verbose=0) < before


def test_what_is_no_layer_names_the_node(tmp_path):
    model = Sequential([elman.Input((None, F)), layers.Masking(), layers.LSTM(3)])
    model.export(tmp_path / "m.onnx")
    text = "node 'equal' (Equal) must be what elman has as a layer; it is none. Use `run`"
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        load_onnx(tmp_path / "m.onnx").to_model()


def test_the_file_shows_what_it_takes_and_gives(tmp_path):
    model = Sequential([elman.Input((None, F), name="x"), layers.LSTM(3, name="lstm")])
    model.export(tmp_path / "m.onnx")
    text = repr(load_onnx(tmp_path / "m.onnx"))
    assert text.startswith("<OnnxModel ")
    assert "nodes, opset 17\n" in text
    assert text.endswith(
        "  inputs  x  (batch, x_timesteps, 4)  float32\n  outputs lstm  (batch, 3)  float32>"
    )


# ---------------------------------------------------------------------- what cannot be written


def own(x):
    return x


class OwnCell(layers.Layer):
    state_size = 3

    def call(self, inputs, states):
        return states[0] + 1, [states[0] + 1]


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (layers.Lambda(own), "every layer must be one that ONNX can hold; it is of class Lambda."),
        (layers.RNN(OwnCell()), "it has a cell of which elman knows no nodes."),
        (layers.LSTM(3, stateful=True), "it carries its states from call to call"),
        (layers.LSTM(3, activation=own), "it has activation 'own'. It may be one of celu"),
        (layers.Dense(3, activation=own), "it has activation 'own'. It may be one of celu"),
        (layers.ReLU(threshold=1.0), "it has threshold=1.0."),
        (layers.Softmax(axis=[1, 2]), "it takes several axes together, or a mask."),
        (layers.LayerNormalization(axis=1), "it normalises in a way that ONNX has not."),
        (layers.Attention(), "it is of class Attention."),
    ],
)  # fmt: skip
def test_what_onnx_does_not_have_is_refused_by_name(tmp_path, layer, text):
    x = elman.Input((7, F), batch_size=3)
    y = layer([x, x]) if isinstance(layer, layers.Attention) else layer(x)
    with pytest.raises(UnsupportedError, match=re.escape(f"{layer.owner}: ")) as caught:
        elman.Model(x, y).export(tmp_path / "m.onnx")
    assert text in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_calls_that_cannot_be_written_are_refused(tmp_path):
    x, r = elman.Input((7, F)), elman.Input((7,), dtype="bool")
    masked = layers.Masking()(x)
    dropped = layers.Dropout(0.1)(x, training=True)
    several = layers.Add()([x, layers.LSTM(F)(x)])
    for inputs, y, text in [
        (x, dropped, "is called with `training=True`"),
        ([x, r], layers.LSTM(3)(x, reset_mask=r), "is given a reset mask"),
        (x, layers.Multiply()([masked, x]), "heeds masks"),
        (x, layers.Concatenate(1)([masked, x]), "puts masked sequences end to end"),
        (x, several, "puts axes into some of its inputs"),
    ]:
        with pytest.raises(UnsupportedError, match=text):
            elman.Model(inputs, y).export(tmp_path / "m.onnx")


@pytest.mark.parametrize(
    ("name", "options", "error", "text"),
    [
        (
            "m.bin",
            {},
            ArgumentError,
            "`filepath` must end in '.c' or '.h' or '.onnx', or `format` must",
        ),
        (
            "m.onnx",
            {"format": "tf"},
            ArgumentError,
            "`format` must be one of 'c', 'onnx', 'rtneural';",
        ),
        ("m.onnx", {"step": 1}, ArgumentError, "`step` must be True or False; got 1."),
        ("none/m.onnx", {}, ArgumentError, "`filepath` must be in a directory that exists; got"),
        (3, {}, ArgumentError, "`filepath` must be a path; got 3."),
    ],
)
def test_arguments_are_checked(tmp_path, name, options, error, text):
    model = Sequential([elman.Input((None, F)), layers.LSTM(3)])
    with pytest.raises(error, match=re.escape(text)):
        model.export(tmp_path / name if isinstance(name, str) else name, **options)


def test_a_model_without_weights_is_not_written(tmp_path):
    for write in (Sequential([layers.LSTM(3)]).export, lambda p: save(Sequential(), p)):
        with pytest.raises(NotBuiltError, match="the model must be built to be"):
            write(tmp_path / "m.onnx")


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    model = Sequential([elman.Input((None, F)), layers.LSTM(3)])
    model.export(tmp_path / "m.onnx")
    before = (tmp_path / "m.onnx").read_bytes()

    def broken(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(ArgumentError, match=r"No space left on device\. Make room"):
        shaken(model).export(tmp_path / "m.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]
    assert (tmp_path / "m.onnx").read_bytes() == before


def test_without_the_package_onnx_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(elman.errors.MissingDependencyError, match=r"pip install 'elman\[onnx\]'"):
        elman.load_onnx(tmp_path / "m.onnx")
