import json
import re

import numpy as np
import pytest

import elman
from elman import Input, Model, layers
from elman.errors import ArgumentError, ShapeError
from elman.gradient_tape import GradientTape
from elman.layers.parts.passes import Mode
from tests.gradcheck import assert_gradient
from tests.layers.checks import F64, assert_gradients, normal, scramble
from tests.tolerances import EXACT, STATISTIC

Q, V, K = (2, 3, 2), (2, 4, 5), (2, 4, 2)
QUERY_MASK = np.array([[1, 0, 1], [1, 1, 1]], bool)
VALUE_MASK = np.array([[1, 1, 0, 1], [1, 0, 0, 0]], bool)
MASKS = {
    "none": None,
    "both": [QUERY_MASK, VALUE_MASK],
    "query": [QUERY_MASK, None],
    "value": [None, VALUE_MASK],
}
LAYERS = {
    "dot": lambda **o: layers.Attention(**o),
    "dot, scale": lambda **o: layers.Attention(use_scale=True, **o),
    "concat": lambda **o: layers.Attention(score_mode="concat", **o),
    "concat, scale": lambda **o: layers.Attention(True, "concat", **o),
    "additive": lambda **o: layers.AdditiveAttention(**o),
    "additive, no scale": lambda **o: layers.AdditiveAttention(use_scale=False, **o),
}
every_layer = pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)


def three():
    return [normal(*Q), normal(*V, seed=1), normal(*K, seed=2)]


def two():
    return [normal(*Q), normal(*K, seed=2)]


def built(make, inputs, **options):
    layer = make(**F64, **options)
    layer.build([x.shape for x in inputs])
    return scramble(layer)


@every_layer
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("inputs", [two, three])
def test_gradients(make, mask, inputs):
    xs = inputs()
    assert_gradients(built(make, xs), xs, mask=mask)


@every_layer
def test_gradients_of_scores_with_a_causal_mask_in_a_model(make):
    tensors = [Input(x.shape[1:], **F64) for x in three()]
    outputs = make(**F64)(tensors, return_attention_scores=True, use_causal_mask=True)
    assert_gradients(scramble(Model(tensors, outputs)), three())


@every_layer
def test_gradients_of_four_axes(make):
    xs = [normal(2, 2, 3, 2), normal(2, 2, 4, 2, seed=1)]
    masks = [normal(2, 2, 3) > -1, np.ones((2, 2, 4), bool)]
    assert_gradients(built(make, xs), xs, mask=masks)


def test_gradients_pass_the_dropout_mask_of_their_forward_pass():
    layer, (q, v, k) = layers.Attention(dropout=0.5, seed=0, **F64), three()
    weights = normal(2, 3, 5, seed=7)

    def total(_=None):
        layer.seed = 0
        outputs, _, tape = layer.run((q, v, k), (None,) * 3, Mode(True, True))
        return outputs[0], tape

    _, tape = total()
    dxs, _ = layer.reverse(tape, (weights,))
    for x, dx in zip((q, v, k), dxs, strict=True):
        assert_gradient(lambda _: (total()[0] * weights).sum(), x, dx)


def test_it_is_a_mean_of_values_weighted_by_a_softmax_of_scores():
    q, v, k = three()
    found, weights = layers.Attention(**F64)([q, v, k], return_attention_scores=True)
    scores = np.exp(np.einsum("bqd,bkd->bqk", q, k))
    expected = scores / scores.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(weights, expected, rtol=EXACT)
    np.testing.assert_allclose(found, expected @ v, rtol=EXACT)


def test_additive_scores_are_sums_of_tanh():
    q, v, k = three()
    layer = built(LAYERS["additive"], [q, v, k])
    scores = (np.tanh(q[:, :, None] + k[:, None]) * layer.get_weights()[0]).sum(axis=-1)
    expected = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    _, weights = layer([q, v, k], return_attention_scores=True)
    np.testing.assert_allclose(weights, expected, rtol=EXACT)


def test_values_that_do_not_count_have_no_weight_and_queries_that_do_not_get_zeros():
    q, v, _ = three()
    layer = layers.Attention(**F64)
    v = v[..., :2]
    y, weights = layer([q, v], mask=[QUERY_MASK, VALUE_MASK], return_attention_scores=True)
    assert not weights[np.broadcast_to(~VALUE_MASK[:, None], weights.shape)].any()
    assert not y[~QUERY_MASK].any()
    assert y[QUERY_MASK].all()
    padded = np.where(VALUE_MASK[..., None], v, 1e3)
    again = layer([q, padded], mask=[QUERY_MASK, VALUE_MASK])
    np.testing.assert_allclose(again, y, rtol=EXACT)


def test_a_causal_mask_hides_what_comes_later():
    x = normal(2, 4, 2)
    _, weights = layers.Attention(**F64)([x, x], use_causal_mask=True, return_attention_scores=True)
    assert not weights[:, ~np.tri(4, dtype=bool)].any()
    assert weights[:, np.tri(4, dtype=bool)].all()


def test_where_no_value_counts_all_have_some_weight_as_in_keras():
    x, nothing = np.ones((1, 2, 2), "float32"), np.zeros((1, 2), bool)
    _, weights = layers.Attention()([x, x], mask=[None, nothing], return_attention_scores=True)
    np.testing.assert_array_equal(weights, 0.5)


def test_the_mask_of_the_query_is_that_of_the_output():
    x, y = (layers.Masking()(Input((None, 2))) for _ in range(2))
    inputs = [x.node.inputs[0], y.node.inputs[0]]
    rest = layers.SimpleRNN(2)(layers.Attention()([x, y]))
    model, data = Model(inputs, rest), [normal(2, 3, 2), normal(2, 4, 2, seed=1)]
    padded = [np.concatenate([a, np.zeros((2, 2, 2))], axis=1) for a in data]
    np.testing.assert_allclose(model(padded), model(data), rtol=1e-5)


def test_dropout_drops_a_share_of_the_weights_in_training_alone():
    q, v = np.zeros((8, 100, 2)), np.ones((8, 200, 2))
    layer = layers.Attention(dropout=0.3, seed=0)
    _, weights = layer([q, v], training=True, return_attention_scores=True)
    assert abs((weights == 0).mean() - 0.3) < STATISTIC
    assert abs(weights.sum(axis=-1).mean() - 1) < STATISTIC
    _, weights = layer([q, v], return_attention_scores=True)
    assert (weights > 0).all()


def test_the_same_seed_draws_the_same():
    one, other = (layers.AdditiveAttention(False, 0.5, seed=3) for _ in range(2))
    first = one(three(), training=True)
    np.testing.assert_array_equal(other(three(), training=True), first)
    assert not np.array_equal(one(three(), training=True), first)


def test_the_arguments_of_a_call_survive_json():
    q, v = Input((3, 2)), Input((4, 2))
    outputs = layers.Attention()([q, v], return_attention_scores=True, use_causal_mask=True)
    model = Model([q, v], outputs)
    again = elman.models.model_from_json(model.to_json())
    for one, other in zip(model(two()), again(two()), strict=True):
        np.testing.assert_array_equal(one, other)
    (call,) = json.loads(model.to_json())["config"]["layers"][2]["inbound_nodes"]
    assert call["kwargs"] == {"return_attention_scores": True, "use_causal_mask": True}


def test_a_mask_for_each_input_of_a_symbolic_call_survives_json():
    q, v, query_mask, value_mask = Input((3, 2)), Input((4, 2)), Input((3,)), Input((4,))
    outputs = layers.Attention()([q, v], mask=[query_mask, value_mask])
    model = Model([q, v, query_mask, value_mask], outputs)
    expected = layers.Attention()(two(), mask=[QUERY_MASK, VALUE_MASK])
    for each in (model, elman.models.model_from_json(model.to_json())):
        found = each([*two(), QUERY_MASK.astype("float32"), VALUE_MASK.astype("float32")])
        np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_mask_by_hand_takes_the_place_of_those_that_come_with_the_data():
    x, mask = Input((4, 2)), Input((4,), dtype="bool")
    h = layers.Masking()(x)
    model = Model([x, mask], layers.Attention()([h, h], mask=[mask, None]))
    data, all_count = normal(2, 4, 2).astype("float32"), np.ones((2, 4), bool)
    data[:, 2:] = 0
    np.testing.assert_array_equal(model([data, all_count]), layers.Attention()([data, data]))


def test_it_learns_to_look_at_the_right_value():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(64, 6, 3)).astype("float32")
    q = Input((1, 3))
    v = Input((6, 3))
    keys = layers.Dense(3, use_bias=False)(v)
    y = layers.Flatten()(layers.Attention(use_scale=True)([q, v, keys]))
    model = Model([q, v], y)
    model.compile(elman.optimizers.Adam(0.05), "mse")
    wanted = x[np.arange(64), generator.integers(0, 6, 64)]
    history = model.fit([wanted[:, None], x], wanted, epochs=30, verbose=0).history["loss"]
    assert history[-1] < 0.5 * history[0]


def test_it_is_recorded_on_a_tape():
    layer, inputs = built(LAYERS["dot, scale"], two()), two()
    with GradientTape() as tape:
        total = (layer(inputs, use_causal_mask=True) ** 2).sum()
    (found,) = tape.gradient(total, layer.weights)
    y = layer(inputs, use_causal_mask=True)
    tensors = [Input(x.shape[1:], **F64) for x in inputs]
    model = Model(tensors, layer(tensors, use_causal_mask=True))
    expected = elman.gradients(model, inputs, output_gradients=2 * y)["weights"][0]
    np.testing.assert_allclose(found, expected, rtol=EXACT)


def call(*shapes, **arguments):
    return lambda: layers.Attention(name="a")([np.ones(shape) for shape in shapes], **arguments)


SHAPES = (
    "Attention 'a': `inputs` must have shapes (batch, Tq, features), (batch, Tv, …) and for keys "
    "(batch, Tv, features); got "
)


@pytest.mark.parametrize(
    ("attempt", "error", "text"),
    [
        (call(Q, (2, 4, 3)), ShapeError, SHAPES + "(2, 3, 2), (2, 4, 3)."),
        (call(Q, (3, 4, 2)), ShapeError, SHAPES + "(2, 3, 2), (3, 4, 2)."),
        (call(Q, V, (2, 5, 2)), ShapeError, SHAPES + "(2, 3, 2), (2, 4, 5), (2, 5, 2)."),
        (call(Q, V, (2, 4, 3)), ShapeError, SHAPES),
        (call((3, 2), (4, 2)), ShapeError, SHAPES + "(3, 2), (4, 2)."),
        (call(Q, (2, 2, 4, 2)), ShapeError, SHAPES),
        (
            call(Q),
            ShapeError,
            "Attention 'a': `inputs` must be a list [query, value] or [query, value, key]; got 1",
        ),
        (
            lambda: layers.Attention(name="a")(np.ones(Q)),
            ArgumentError,
            "Attention 'a': `inputs` must be a list [query, value] or [query, value, key]; got "
            "ndarray.",
        ),
        (
            call(Q, K, mask=QUERY_MASK),
            ArgumentError,
            "Attention 'a': `mask` must be a list [query_mask, value_mask], of which either may "
            "be None; got ndarray.",
        ),
        (
            call(Q, K, mask=[VALUE_MASK, None]),
            ShapeError,
            "Attention 'a': `mask` must have shape (2, 3); got (2, 4).",
        ),
        (
            call(Q, K, mask=[None, VALUE_MASK[:1]]),
            ShapeError,
            "Attention 'a': `mask` must have shape (2, 4); got (1, 4).",
        ),
        (
            call(Q, K, use_causal_mask="yes"),
            ArgumentError,
            "Attention 'a': `use_causal_mask` must be True or False; got 'yes'.",
        ),
        (
            lambda: layers.Attention(score_mode="sum"),
            ArgumentError,
            "Attention: `score_mode` must be one of 'dot', 'concat'; got 'sum'.",
        ),
        (lambda: layers.Attention(dropout=1.0), ArgumentError, "`dropout` must be in [0, 1)"),
        (
            lambda: layers.AdditiveAttention(name="a")([Input((3, None)), Input((4, None))]),
            ShapeError,
            "AdditiveAttention 'a': `inputs` must have queries of shape (batch, Tq, features); got "
            "(None, 3, None).",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, error, text):
    with pytest.raises(error, match=re.escape(text)):
        attempt()


def test_other_features_than_the_scale_has_are_refused():
    layer = layers.AdditiveAttention(name="a")
    layer(two())
    text = "must have queries of shape (batch, Tq, features=2); got (2, 3, 3)."
    with pytest.raises(ShapeError, match=re.escape(text)):
        layer([np.ones((2, 3, 3)), np.ones((2, 4, 3))])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_computes_in_its_dtype(dtype):
    assert layers.Attention(dtype=dtype)(two()).dtype == dtype
