"""Layers without a recurrence, written as ONNX: onnxruntime and elman compute what they do."""

import numpy as np
import pytest

import elman
from elman import Sequential, layers, ops
from elman.formats.onnx.writing.functions import NODES
from tests.formats.onnx.writing import F, V, assert_same, sequences, shaken


@pytest.mark.parametrize(
    "layer",
    [
        layers.LayerNormalization(axis=(1, 2)),
        layers.LayerNormalization(center=False, scale=False),
        layers.LayerNormalization(axis=1),
        layers.LayerNormalization(rms_scaling=True),
        layers.LayerNormalization(axis=1, rms_scaling=True),
        layers.BatchNormalization(),
        layers.BatchNormalization(axis=1, center=False, scale=False),
        layers.RMSNormalization(),
        layers.RMSNormalization(axis=(1, 2)),
        layers.UnitNormalization(),
        layers.UnitNormalization(axis=[1, 2]),
        layers.Normalization(mean=[1, 2, 3, 4], variance=[1, 4, 9, 16]),
        layers.Normalization(mean=[1, 2, 3, 4], variance=[1, 4, 9, 16], invert=True),
        layers.Normalization(axis=None, mean=1.0, variance=4.0),
        layers.Rescaling(2, offset=1),
        layers.Rescaling([1.0, 2.0, 3.0, 4.0], offset=[[1.0]] * 7),
        layers.Softmax(axis=1),
        layers.Softmax(axis=[1, 2]),
        layers.ReLU(max_value=1, negative_slope=0.1),
        layers.ReLU(max_value=1, negative_slope=0.1, threshold=0.3),
        layers.ReLU(threshold=0.5),
        layers.LeakyReLU(),
        layers.ELU(0.5),
        layers.PReLU(),
        layers.PReLU(shared_axes=[1]),
        layers.Reshape((-1, 2)),
        layers.Flatten(),
        layers.Permute((2, 1)),
        layers.UpSampling1D(3),
        layers.ZeroPadding1D((2, 1)),
        layers.Cropping1D((1, 2)),
        layers.Cropping1D((2, 0)),
        layers.GlobalAveragePooling1D(),
        layers.GlobalMaxPooling1D(keepdims=True),
        layers.TimeDistributed(layers.Dense(3, activation="relu")),
        layers.TimeDistributed(Sequential([layers.Dense(3), layers.LayerNormalization()])),
        layers.Activation("mish"),
        layers.Activation(ops.hard_silu),
        layers.Dense(3, activation=ops.squareplus),
        layers.Dense(3, activation=ops.sparsemax),
        layers.Identity(),
        layers.GaussianNoise(0.1),
        layers.ActivityRegularization(),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers(tmp_path, layer):
    x = elman.Input((7, F))
    model = shaken(elman.Model(x, layer(x)))
    assert_same(tmp_path / "m.onnx", model, sequences())


@pytest.mark.parametrize("name", sorted(NODES))
def test_activations_as_nodes(tmp_path, name):
    model = shaken(Sequential([elman.Input((F,)), layers.Dense(5, activation=name)]))
    assert_same(tmp_path / "m.onnx", model, sequences()[0])


# ---------------------------------------------------------------------- windows


WINDOWS = [
    (1, 1, 1),
    (2, 1, 1),
    (3, 1, 2),
    (4, 2, 1),
    (3, 3, 1),
    (2, 3, 1),
]  # size, stride, dilation


@pytest.mark.parametrize("open_length", [True, False])
@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
@pytest.mark.parametrize(("size", "stride", "dilation"), WINDOWS)
def test_convolutions(tmp_path, size, stride, dilation, padding, open_length):
    options = {"strides": stride, "dilation_rate": dilation}
    x = elman.Input((None if open_length else 7, F))
    y = [layers.Conv1D(6, size, padding=padding, activation="tanh", groups=2, **options)(x)]
    y += [layers.Conv1D(3, size, padding=padding, use_bias=False, **options)(x)]
    if padding != "causal":
        y += [
            layers.DepthwiseConv1D(size, padding=padding, depth_multiplier=2, **options)(x),
            layers.SeparableConv1D(3, size, padding=padding, depth_multiplier=2, **options)(x),
            layers.Conv1DTranspose(3, size, padding=padding, activation="relu", **options)(x),
        ]
    model = shaken(elman.Model(x, y))
    for timesteps in (7, 8, 9) if open_length else (7,):
        assert_same(tmp_path / "m.onnx", model, sequences(timesteps=timesteps))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("more", [1, 2])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_transposed_convolutions_with_padding_of_the_output(tmp_path, padding, more, size):
    x = elman.Input((None, F))
    layer = layers.Conv1DTranspose(2, size, 3, padding, output_padding=more)
    assert_same(tmp_path / "m.onnx", shaken(elman.Model(x, layer(x))), sequences())


@pytest.mark.parametrize("open_length", [True, False])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("size", "stride"), [(2, None), (3, 1), (3, 2), (2, 3), (5, 2), (4, 1)])
def test_pooling(tmp_path, size, stride, padding, open_length):
    x = elman.Input((None if open_length else 7, F))
    pools = (layers.MaxPooling1D, layers.AveragePooling1D)
    model = elman.Model(x, [pool(size, stride, padding)(x) for pool in pools])
    for timesteps in (7, 8, 9) if open_length else (7,):
        assert_same(tmp_path / "m.onnx", model, sequences(timesteps=timesteps))


@pytest.mark.filterwarnings("ignore:.*the mask of its input ends here")
def test_masks_end_at_windows(tmp_path):
    x = elman.Input((None, F))
    y = layers.Conv1D(3, 2, padding="causal")(layers.Masking()(x))
    y = layers.GRU(3)(layers.UpSampling1D(2)(y))
    assert_same(tmp_path / "m.onnx", shaken(elman.Model(x, y)), sequences(masked=True))


# ---------------------------------------------------------------------- attention and Dot


@pytest.mark.parametrize("masked", ["none", "query", "value", "both"])
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize(
    "make",
    [
        layers.Attention,
        lambda: layers.Attention(use_scale=True, dropout=0.3),
        lambda: layers.Attention(use_scale=True, score_mode="concat"),
        lambda: layers.Attention(score_mode="concat"),
        layers.AdditiveAttention,
        lambda: layers.AdditiveAttention(use_scale=False),
    ],
    ids=["dot", "scaled", "concat scaled", "concat", "additive", "additive unscaled"],
)
def test_attention(tmp_path, make, causal, masked):
    q, v = elman.Input((None, F)), elman.Input((None, F))
    query = layers.Masking()(q) if masked in ("query", "both") else q
    value = layers.Masking()(v) if masked in ("value", "both") else v
    outputs = make()([query, value], return_attention_scores=True, use_causal_mask=causal)
    more = layers.LSTM(2)(make()([query, value, v]))  # the query's mask goes on
    model = shaken(elman.Model([q, v], [*outputs, more]))
    arrays = sequences(masked=True), sequences(1, timesteps=9, masked=True)
    assert_same(tmp_path / "m.onnx", model, *arrays)


def test_attention_with_masks_given_by_hand(tmp_path):
    q, v, m = elman.Input((5, F)), elman.Input((None, F)), elman.Input((None,), dtype="bool")
    y = layers.Attention()([q, v], mask=[None, m], return_attention_scores=True)
    mask = np.random.default_rng(2).random((3, 7)) < 0.5
    model = elman.Model([q, v, m], y)
    assert_same(tmp_path / "m.onnx", model, sequences(timesteps=5), sequences(1), mask)


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize(
    ("first", "second", "axes"),
    [
        ((F,), (F,), 1),
        ((None, F), (None, F), 2),
        ((None, F), (F,), (2, 1)),
        ((7, F), (7, 5), 1),
        ((None, F), (F, 3), (2, 1)),
        ((2, None, F), (5, F), (3, 2)),
        ((2, 3, F), (F, 2, 3), (-1, 1)),
    ],
)
def test_dot(tmp_path, first, second, axes, normalize):
    draw = np.random.default_rng(0)
    x, y = elman.Input(first), elman.Input(second)
    model = elman.Model([x, y], layers.Dot(axes, normalize)([x, y]))
    arrays = [
        draw.normal(size=(3, *(n or 7 for n in shape))).astype("f4") for shape in (first, second)
    ]
    arrays[0][0] = 0
    assert_same(tmp_path / "m.onnx", model, *arrays)


# ---------------------------------------------------------------------- merging


MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")


@pytest.mark.parametrize("kind", [*MERGES, "Concatenate"])
def test_merges(tmp_path, kind):
    a, b = elman.Input((None, F)), elman.Input((None, F))
    model = elman.Model([a, b], getattr(layers, kind)()([a, b]))
    assert_same(tmp_path / "m.onnx", model, sequences(), sequences(1))


@pytest.mark.parametrize("kind", MERGES)
def test_merges_of_arrays_with_fewer_axes(tmp_path, kind):
    a, b, c = elman.Input((None, F)), elman.Input((F,)), elman.Input((1, F))
    merge = getattr(layers, kind)
    model = elman.Model(
        [a, b, c], [merge()([a, b]), merge()([b, a]), merge()([layers.Masking()(a), c])]
    )
    assert_same(
        tmp_path / "m.onnx", model, sequences(masked=True), sequences()[:, 0], sequences(1)[:, :1]
    )


@pytest.mark.parametrize("kind", MERGES)
def test_merges_heed_masks(tmp_path, kind):
    """In each the masks are of some inputs, or of all; what comes out is masked, or is not."""
    a, b = elman.Input((None, F)), elman.Input((None, F))
    masked = [layers.Masking()(a), layers.Masking(0.5)(b), b]
    count = 2 if kind == "Subtract" else 3
    y = []
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0), (0, 1, 1)):
        merged = getattr(layers, kind)()([masked[i] for i in order[:count]])
        y += [merged, layers.LSTM(2)(merged)]
    x = sequences(masked=True)
    other = np.roll(sequences(1), 1, 1)
    other[0, 3:6] = other[1, 1:3] = 0.5
    assert_same(tmp_path / "m.onnx", shaken(elman.Model([a, b], y)), x, other)


@pytest.mark.parametrize("axis", [1, 2, -1])
def test_sequences_end_to_end_with_masks(tmp_path, axis):
    a, b = elman.Input((None, F)), elman.Input((None, F))
    masked = [layers.Masking()(a), layers.Masking()(b)]
    pairs = (masked, [masked[0], b], [a, masked[1]])
    y = [layers.LSTM(2)(layers.Concatenate(axis)(pair)) for pair in pairs]
    arrays = sequences(masked=True), np.roll(sequences(1, masked=True), 1, 0)
    assert_same(tmp_path / "m.onnx", shaken(elman.Model([a, b], y)), *arrays)


def test_a_softmax_heeds_a_mask_of_numbers(tmp_path):
    x, m = elman.Input((None, F)), elman.Input((None, F), dtype="bool")
    model = elman.Model([x, m], [layers.Softmax()(x, mask=m), layers.Softmax([1, 2])(x, mask=m)])
    assert_same(tmp_path / "m.onnx", model, sequences(), sequences(1) > 0)


# ---------------------------------------------------------------------- time


def test_a_mean_over_time_heeds_the_mask(tmp_path):
    model = Sequential(
        [elman.Input((None, F)), layers.Masking(), layers.GlobalAveragePooling1D(keepdims=True)]
    )
    assert_same(tmp_path / "m.onnx", model, sequences(masked=True)[:2])


def test_each_timestep_may_be_of_open_size(tmp_path):
    """Sentences of words of letters: of each word a vector, of each sentence another."""
    x = elman.Input((None, None), dtype="int32")
    words = layers.Embedding(V, F, mask_zero=True)(x)
    y = layers.TimeDistributed(layers.LSTM(3))(words)
    y = layers.TimeDistributed(layers.Dense(2))(y)
    letters = np.random.default_rng(0).integers(0, V, (3, 5, 4)).astype("int32")
    letters[0, 2:] = letters[1, :, 2:] = 0
    assert_same(tmp_path / "m.onnx", shaken(elman.Model(x, y)), letters)


def test_models_inside_a_model(tmp_path):
    inner = Sequential([elman.Input((None, F)), layers.Conv1D(3, 2)], name="inner")
    x = elman.Input((2, None, F))
    model = shaken(elman.Model(x, layers.TimeDistributed(inner)(x)))
    draw = np.random.default_rng(0).normal(size=(3, 2, 7, F)).astype("f4")
    assert_same(tmp_path / "m.onnx", model, draw)


@pytest.mark.parametrize(
    ("stack", "length"),
    [
        ([layers.LSTM(3), layers.Dense(2)], "x_timesteps"),
        ([layers.Masking(), layers.Bidirectional(layers.GRU(3, return_sequences=True)),
          layers.TimeDistributed(layers.Dense(2))], "x_timesteps"),
        ([layers.Conv1D(4, 3, strides=2, padding="same"), layers.AveragePooling1D(2),
          layers.LSTM(2)], "x_timesteps"),
        ([layers.Conv1D(4, 3), layers.Flatten(), layers.Dense(2)], 9),
        ([Sequential([layers.LSTM(3)])], 9),
    ],
)  # fmt: skip
def test_a_length_that_data_chose_is_open_where_the_layers_take_any(tmp_path, stack, length):
    model = Sequential(stack)
    model(sequences(timesteps=9))
    assert_same(tmp_path / "m.onnx", shaken(model), sequences(timesteps=9, masked=True))
    (x,) = elman.load_onnx(tmp_path / "m.onnx").inputs
    assert x.shape == ("batch", length if length == 9 else f"{x.name}_timesteps", F)
    if length != 9:
        assert_same(tmp_path / "m.onnx", model, sequences(timesteps=5))
    assert model.input_shape == (None, 9, F)


def test_what_an_embedding_alone_reads_is_integers(tmp_path):
    x = elman.Input((None,), name="x")
    rows = layers.Embedding(V, 3)
    words = np.random.default_rng(0).integers(0, V, (3, 7)).astype("int32")
    h = rows(x)
    assert_same(tmp_path / "m.onnx", elman.Model(x, layers.LSTM(3)(h)), words)
    assert elman.load_onnx(tmp_path / "m.onnx").inputs[0].dtype == "int32"
    again = elman.load_onnx(tmp_path / "m.onnx").to_model()
    assert [type(layer).__name__ for layer in again.layers] == ["InputLayer", "Embedding", "LSTM"]
    both = elman.Model(x, [h, layers.Rescaling(0.5)(x)])
    assert_same(tmp_path / "m.onnx", both, words.astype("float32"))
