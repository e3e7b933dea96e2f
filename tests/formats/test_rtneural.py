"""RTNeural's JSON: there and back, what is refused, and files that are damaged."""

import contextlib
import json
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import elman
from elman import layers
from elman.errors import ArgumentError, FormatError, UnsupportedError
from elman.formats import rtneural
from tests.formats.c.models import of


def model():
    """Return a model with every kind of layer."""
    return of(
        layers.TimeDistributed(layers.Dense(4, "relu")), layers.PReLU(shared_axes=[1]),
        layers.LSTM(3, return_sequences=True), layers.BatchNormalization(epsilon=0.01),
        layers.GRU(5, return_sequences=True), layers.Dropout(0.5), layers.Activation("elu"),
        layers.Dense(2, "softmax"), features=2,
    )  # fmt: skip


@pytest.fixture
def path(tmp_path):
    made = model()
    made.layers[3].moving_variance.assign([0.5, 1.0, 2.0])
    made.export(tmp_path / "model.json", format="rtneural")
    return tmp_path / "model.json"


def test_there_and_back_gives_the_same(path):
    made, x = model(), np.random.default_rng(0).normal(size=(2, 7, 2)).astype("float32")
    made.layers[3].moving_variance.assign([0.5, 1.0, 2.0])
    found = elman.load_rtneural(path)
    assert np.array_equal(found.predict(x, verbose=0), made.predict(x, verbose=0))


def test_the_file_is_as_rtneural_s_own_tool_writes_it(path):
    whole = json.loads(path.read_text())
    assert whole["in_shape"] == [None, None, 2]
    kinds = ["time-distributed-dense", "prelu", "lstm", "batchnorm", "gru", "activation", "dense"]
    assert [entry["type"] for entry in whole["layers"]] == kinds
    functions = ["relu", "", "tanh", "", "tanh", "elu", "softmax"]
    assert [entry["activation"] for entry in whole["layers"]] == functions
    lstm = whole["layers"][2]
    assert lstm["shape"] == [None, None, 3]
    assert [np.shape(array) for array in lstm["weights"]] == [(4, 12), (3, 12), (12,)]
    assert np.shape(whole["layers"][4]["weights"][2]) == (2, 15)
    assert whole["layers"][3]["epsilon"] == 0.01


def test_biases_that_a_layer_does_not_have_are_zeros(tmp_path):
    made = of(layers.GRU(2, use_bias=False, return_sequences=True), layers.Dense(2, use_bias=False))
    rtneural.write(made, tmp_path / "m.json")
    x = np.ones((1, 4, 3), "float32")
    assert np.array_equal(elman.load_rtneural(tmp_path / "m.json")(x), made(x))


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (layers.SimpleRNN(2), "every layer must be one that RTNeural has; got SimpleRNN 'simple_"),
        (
            layers.LSTM(2, "relu"),
            "must have the activations tanh and sigmoid for RTNeural; got rel",
        ),
        (
            layers.LSTM(2, go_backwards=True),
            "must have `go_backwards=False` for RTNeural; got True",
        ),
        (layers.GRU(2, reset_after=False), "must have `reset_after=True` for RTNeural; got False"),
        (
            layers.GRU(2, initial_state="learned"),
            "must have `initial_state=None` for RTNeural; got 'l",
        ),
        (layers.Dense(2, "gelu"), "activations must be linear or one of tanh, relu, sigmoid, soft"),
        (layers.TimeDistributed(layers.LeakyReLU()), "in a TimeDistributed, in which it has Dense"),
        (layers.BatchNormalization(axis=1), "must normalise features, `axis=-1`, for RTNeural; go"),
    ],
)
def test_what_rtneural_does_not_have_is_refused(part, text, tmp_path):
    made = elman.Sequential([elman.Input((4, 3)), part])
    with pytest.raises(UnsupportedError, match=re.escape(text)):
        rtneural.write(made, tmp_path / "m.json")
    assert not list(tmp_path.iterdir())


def test_alpha_of_a_timestep_its_own_is_refused(tmp_path):
    made = elman.Sequential([elman.Input((4, 3)), layers.PReLU()])
    with pytest.raises(UnsupportedError, match=r"must have `shared_axes=\[1\]` for RTNeural; got"):
        rtneural.write(made, tmp_path / "m.json")


def test_an_output_on_the_way_is_refused(tmp_path):
    x = elman.Input((None, 3))
    h = layers.GRU(2, return_sequences=True)(x)
    made = elman.Model(x, [h, layers.Dense(1)(h)])
    with pytest.raises(UnsupportedError, match="must have one output for RTNeural; got 2"):
        rtneural.write(made, tmp_path / "m.json")


def test_branches_and_tokens_are_refused(tmp_path):
    x = elman.Input((None, 3))
    y = layers.Dense(2)(x)
    made = elman.Model(x, layers.Add()([y, layers.GRU(2, return_sequences=True)(x)]))
    with pytest.raises(UnsupportedError, match="the model must be a chain of layers for RTNeural"):
        rtneural.write(made, tmp_path / "m.json")
    tokens = elman.Sequential([elman.Input((None,)), layers.Embedding(3, 2)])
    with pytest.raises(UnsupportedError, match=r"must be one of shape \(batch, timesteps, feature"):
        rtneural.write(tokens, tmp_path / "m.json")


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    made = of(layers.Dense(2))
    made.layers[0].bias.assign([np.inf, 0])
    with pytest.raises(UnsupportedError, match="weights must be finite to be written for RTNeural"):
        rtneural.write(made, tmp_path / "m.json")


@pytest.mark.parametrize(
    ("file", "text"),
    [("m.txt", "`filepath` must end in '.json'; got"), ("no/m.json", "in a directory that exists")],
)
def test_places_are_checked(file, text, tmp_path):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        rtneural.write(of(layers.Dense(2)), tmp_path / file)


def test_a_file_that_is_there_stays_without_overwrite(path):
    before = path.read_text()
    with pytest.raises(ArgumentError, match="must not exist yet with overwrite=False; got"):
        rtneural.write(of(layers.Dense(2)), path, overwrite=False)
    assert path.read_text() == before


def test_a_file_that_is_not_there_is_an_argument_error(tmp_path):
    with pytest.raises(ArgumentError, match="load: `filepath` must be a file that exists; got"):
        elman.load_rtneural(tmp_path / "m.json")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "the file must hold a model or weights; it is empty."),
        ("[", "it must hold JSON; got none that can be read (Expecting value"),
        ("[" * 100_000, "it must hold JSON; got none that can be read (maximum recursion"),
        ('{"a": NaN}', "it must hold JSON; got none that can be read (NaN is no number of JSON"),
        ("1" * 5000, "it must hold numbers that can be read; Exceeds the limit"),
        ("[]", "it must hold an object with 'in_shape' and 'layers'; got []"),
        ("{}", "entry 'in_shape' must be a list that ends in the number of features, from 1 to"),
        (
            '{"in_shape": [1], "layers": 3}',
            "entry 'layers' must be a list of at most 1000 layers; got 3.",
        ),
        (
            '{"in_shape": [1], "layers": []}',
            "entry 'layers' must be a list of at most 1000 layers; got []",
        ),
        (
            '{"class_name": "Sequential"}',
            "it must be RTNeural's, with weights; it is a model of Keras's without them. Use "
            "`models.model_from_json(text)`.",
        ),
        ('{"a": [[[[[[]]]]]]}', "it must be nested at most 6 deep; it is deeper."),
        ('{"in_shape": [1], "layers": [3]}', "entry 'layers[0]' must be an object; got 3."),
        ('{"in_shape": [1], "layers": [{}]}', "entry 'layers[0].type' must be a name; got None."),
    ],
)
def test_what_is_no_such_file_is_refused(text, error, tmp_path):
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(FormatError, match=re.escape(f"{tmp_path / 'm.json'}: {error}")):
        elman.load_rtneural(tmp_path / "m.json")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (
            b'{"in_shape": [1], "layers": [' + b"0," * 1000 + b"0]}",
            "at most 1000 layers; got 1001.",
        ),
        (
            b"[" + b"[]," * 2**20 + b"0]",
            "it must hold at most 1048576 lists and objects; got 10485",
        ),
        (
            b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}",
            "it must be nested at most 6 deep; it is deep",
        ),
        (None, "it must be of at most 268435456 bytes; got 268435457."),
    ],
    ids=["layers", "lists", "depth", "bytes"],
)
def test_a_file_larger_than_any_model_is_refused(content, text, tmp_path):
    with open(tmp_path / "m.json", "wb") as file:
        if content is None:
            file.truncate(2**28 + 1)
        else:
            file.write(content)
    with pytest.raises(FormatError, match=re.escape(text)):
        elman.load_rtneural(tmp_path / "m.json")


@pytest.mark.parametrize(
    ("place", "value", "error"),
    [
        (("in_shape",), [None, None, 10**12], "'in_shape' must be a list that ends in the number"),
        (("layers", 0, "shape"), [None, 7], "'layers[0].shape' must end in 4, as the weights have"),
        (("layers", 0, "weights"), [[[1.0]]], "'layers[0].weights' must hold 2 arrays; got 1."),
        (("layers", 0, "weights"), None, "'layers[0].weights' must hold 2 arrays; got None."),
        (("layers", 0, "weights", 0), [[1.0], [1.0, 2.0]], "must be lists of equal lengths; got"),
        (("layers", 0, "weights", 0), "x", "'layers[0].weights[0]' must hold numbers of shape (2,"),
        (("layers", 0, "weights", 0), [["1"], ["2"]], "must hold numbers of shape (2, 'any'); go"),
        (("layers", 0, "weights", 0), [[True], [1.0]], "must hold numbers of shape (2, 'any'); go"),
        (("layers", 0, "weights", 0), [1.0, 2.0], "must hold numbers of shape (2, 'any'); go"),
        (  # as an array of texts it would take 80 GB
            ("layers", 0, "weights", 1),
            ["x" * 200_000, *["x"] * 100_000],
            "'layers[0].weights[1]' must hold numbers of shape ('any',); got",
        ),
        (("layers", 0, "weights", 0, 0, 0), 1e39, "must hold finite numbers; got"),
        (("layers", 0, "weights", 0, 0, 0), 10**30, "must hold numbers of shape"),
        (("layers", 0, "weights", 0), [[], []], "must have a multiple of 1 columns; got 0."),
        (("layers", 0, "weights", 1), [1.0], "'layers[0].weights[1]' must hold 4 numbers; got"),
        (("layers", 0, "activation"), 3, "'layers[0].activation' must be a name; got 3."),
        (("layers", 2, "weights", 1), [[1.0]], "weights[1]' must hold numbers of shape (3, 12); g"),
        (("layers", 2, "weights", 0), [[1.0]] * 4, "must have a multiple of 4 columns; got 1."),
        (("layers", 3, "epsilon"), True, "'layers[3].epsilon' must be a number from 0 to 1; got T"),
        (("layers", 3, "epsilon"), -1, "'layers[3].epsilon' must be a number from 0 to 1; got -1."),
    ],
)
def test_an_entry_that_is_wrong_is_named(place, value, error, path):
    whole = json.loads(path.read_text())
    *to, last = place
    within = whole
    for key in to:
        within = within[key]
    within[last] = value
    path.write_text(json.dumps(whole))
    with pytest.raises(FormatError, match=re.escape(error)):
        elman.load_rtneural(path)


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("type", "conv2d", "entry 'layers[0].type' must be one of dense, time-distributed-dense,"),
        ("activation", "gelu", "entry 'layers[0].activation' must be one of tanh, relu, sigmoid,"),
    ],
)
def test_what_elman_does_not_read_is_said(key, value, error, path):
    whole = json.loads(path.read_text())
    whole["layers"][0][key] = value
    path.write_text(json.dumps(whole))
    with pytest.raises(UnsupportedError, match=re.escape(error)):
        elman.load_rtneural(path)


def places(value, before=()):
    """Return the way to everything in a file."""
    found = [before]
    if isinstance(value, (dict, list)):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in pairs:
            found += places(part, (*before, key))
    return found


ODD = st.sampled_from([
    None, True, -1, 0, 2, 10**40, 1e300, "", "lstm", "dense", [], {}, [[]], [None, 3], [[1.0]],
])  # fmt: skip


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_damaged_file_is_a_format_error_whatever_is_wrong(data, path):
    whole = json.loads(path.read_text())
    for _ in range(data.draw(st.integers(1, 3))):
        ways = places(whole)[1:]
        *to, last = data.draw(st.sampled_from(ways)) if ways else ("in_shape",)
        within = whole
        for key in to:
            within = within[key]
        within[last] = data.draw(ODD)
        if data.draw(st.booleans()):
            del within[last]
    text = json.dumps(whole).encode()
    damaged = path.with_name("damaged.json")
    damaged.write_bytes(text[: data.draw(st.integers(0, 3 * len(text)))])
    with contextlib.suppress(FormatError, UnsupportedError):
        elman.load_rtneural(damaged)
