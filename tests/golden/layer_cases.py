"""The layers that elman and Keras are compared in, and what they are called with.

`k` is `keras` or `elman`, whose names are the same.
"""

import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

B, T, F = 3, 4, 2


class Case(NamedTuple):
    """A layer, and a call of it.

    Attributes:
        make: makes the layer of `keras` or of `elman`.
        shapes: of its inputs.
        masks: the shapes of the masks that inputs carry, by the input's number.
        options: further arguments of the call.
        tied: whether the inputs are whole and half numbers, many of them equal.
    """

    make: Callable[[Any], Any]
    shapes: tuple[tuple[int, ...], ...]
    masks: Mapping[int, tuple[int, ...]] = {}
    options: Mapping[str, Any] = {}
    tied: bool = False


X, Y = (B, T, F), (B, 5, F)
MASK = (B, T)
MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")


def merge(name):
    return lambda k: getattr(k.layers, name)()


def attention(name="Attention", **options):
    return lambda k: getattr(k.layers, name)(**options)


def dense_model(k):
    return k.layers.TimeDistributed(
        k.Sequential([k.layers.Dense(3, "tanh"), k.layers.Dense(2, use_bias=False)])
    )


def nested_model(k):
    x = k.Input((4, 2))
    inner = k.Model(x, k.layers.Dense(2)(k.layers.GRU(3)(x)))
    return k.layers.TimeDistributed(inner)


def bidirectional(**options):
    def make(k):
        L = k.layers
        backward = L.GRU(2, activation="relu", go_backwards=True, return_sequences=True, **options)
        forward = L.GRU(3, return_sequences=True, **options)
        return L.Bidirectional(forward, backward_layer=backward)

    return make


CASES = {
    **{f"{name}/plain": Case(merge(name), (X, X), tied=True) for name in MERGES},
    **{f"{name}/masked": Case(merge(name), (X, X), {0: MASK, 1: MASK}) for name in MERGES},
    **{f"{name}/first masked": Case(merge(name), (X, X), {0: MASK}) for name in MERGES},
    **{
        f"{name}/three": Case(merge(name), (X, X, X), {0: MASK, 2: MASK}, tied=True)
        for name in MERGES
        if name != "Subtract"
    },
    **{
        f"{name}/three masked": Case(merge(name), (X, X, X), {0: MASK, 1: MASK, 2: MASK})
        for name in MERGES
        if name != "Subtract"
    },
    **{f"{name}/repeated": Case(merge(name), (X, (B, 1, F)), {0: MASK}) for name in MERGES},
    **{f"{name}/fewer axes": Case(merge(name), (X, (B, F))) for name in MERGES},
    "Concatenate/masked": Case(merge("Concatenate"), (X, X), {1: MASK}),
    "Concatenate/time": Case(lambda k: k.layers.Concatenate(1), (X, Y), {0: MASK}),
    "Dot/vectors": Case(lambda k: k.layers.Dot(1), ((B, F), (B, F))),
    "Dot/cosine": Case(lambda k: k.layers.Dot(-1, normalize=True), ((B, F), (B, F))),
    "Dot/matrices": Case(lambda k: k.layers.Dot((1, 2)), ((B, 4, 3), (B, 2, 4)), {0: (B, 4)}),
    "Dot/cosines": Case(lambda k: k.layers.Dot((1, 2), normalize=True), ((B, 4, 3), (B, 2, 4))),
    "Dot/four axes": Case(lambda k: k.layers.Dot((2, 1)), ((B, 2, 4, 3), (B, 4, 2, 2))),
    "Dot/vector and matrix": Case(lambda k: k.layers.Dot((1, 2)), ((B, 4), (B, 2, 4))),
    "Attention/plain": Case(attention(), (X, Y)),
    "Attention/scale": Case(attention(use_scale=True), (X, Y), {1: (B, 5)}),
    "Attention/keys": Case(attention(use_scale=True), (X, (B, 5, 3), Y), {0: MASK, 1: (B, 5)}),
    "Attention/causal": Case(
        attention(), (X, X), {0: MASK, 1: MASK}, {"use_causal_mask": True}
    ),
    "Attention/scores": Case(
        attention(), (X, Y), {1: (B, 5)},
        {"return_attention_scores": True, "use_causal_mask": True},
    ),
    "Attention/concat": Case(attention(score_mode="concat"), (X, Y), {0: MASK}),
    "Attention/concat, scale": Case(
        attention(score_mode="concat", use_scale=True), (X, Y), {1: (B, 5)},
        {"return_attention_scores": True},
    ),
    "AdditiveAttention/plain": Case(attention("AdditiveAttention"), (X, Y)),
    "AdditiveAttention/keys": Case(
        attention("AdditiveAttention"), (X, (B, 5, 3), Y), {0: MASK, 1: (B, 5)},
        {"return_attention_scores": True, "use_causal_mask": True},
    ),
    "AdditiveAttention/no scale": Case(
        attention("AdditiveAttention", use_scale=False), (X, Y), {1: (B, 5)}
    ),
    "Permute": Case(lambda k: k.layers.Permute((2, 3, 1)), ((B, 2, 3, 4),)),
    "SpatialDropout1D": Case(lambda k: k.layers.SpatialDropout1D(0.5, seed=1), (X,), {0: MASK}),
    "GaussianNoise": Case(lambda k: k.layers.GaussianNoise(0.5, seed=1), (X,), {0: MASK}),
    "GaussianDropout": Case(lambda k: k.layers.GaussianDropout(0.5, seed=1), (X,), {0: MASK}),
    "AlphaDropout": Case(lambda k: k.layers.AlphaDropout(0.5, (None, 1, None)), (X,), {0: MASK}),
    "ActivityRegularization": Case(
        lambda k: k.layers.ActivityRegularization(0.1, 0.2), (X,), {0: MASK}
    ),
    "Identity": Case(lambda k: k.layers.Identity(), (X,), {0: MASK}),
    "Rescaling": Case(lambda k: k.layers.Rescaling(0.3, -2.0), (X,), {0: MASK}),
    "Rescaling/array": Case(lambda k: k.layers.Rescaling([0.3, 4.0], [1.0, 2.0]), (X,)),
    "Normalization": Case(lambda k: k.layers.Normalization(), (X,), {0: MASK}),
    "Normalization/axes": Case(lambda k: k.layers.Normalization((1, 2)), (X,)),
    "Normalization/no axis": Case(lambda k: k.layers.Normalization(None), (X,)),
    "Normalization/given": Case(
        lambda k: k.layers.Normalization(mean=[1.0, 2.0], variance=[4.0, 0.0]), (X,)
    ),
    "Normalization/one number": Case(
        lambda k: k.layers.Normalization(mean=3.0, variance=2.0, invert=True), (X,)
    ),
    "Normalization/invert": Case(lambda k: k.layers.Normalization(invert=True), (X,)),
    "LeakyReLU": Case(lambda k: k.layers.LeakyReLU(), (X,), {0: MASK}, tied=True),
    "ELU": Case(lambda k: k.layers.ELU(), (X,), {0: MASK}, tied=True),
    "ELU/alpha": Case(lambda k: k.layers.ELU(0.7), (X,), tied=True),
    "PReLU": Case(lambda k: k.layers.PReLU(), (X,), {0: MASK}, tied=True),
    "PReLU/shared": Case(lambda k: k.layers.PReLU(shared_axes=[1]), (X,), tied=True),
    "ReLU": Case(lambda k: k.layers.ReLU(), (X,), {0: MASK}, tied=True),
    "ReLU/largest": Case(lambda k: k.layers.ReLU(1.0), (X,), tied=True),
    "ReLU/6": Case(lambda k: k.layers.ReLU(6.0, 0.25), ((3, 20),), tied=True),
    "ReLU/slope": Case(lambda k: k.layers.ReLU(None, 0.25), (X,), tied=True),
    "ReLU/threshold": Case(lambda k: k.layers.ReLU(None, 0.0, 0.5), (X,), tied=True),
    "ReLU/all": Case(lambda k: k.layers.ReLU(1.0, 0.25, 0.5), (X,), tied=True),
    "Softmax": Case(lambda k: k.layers.Softmax(), (X,)),
    "Softmax/axis": Case(lambda k: k.layers.Softmax(1), (X,)),
    "Softmax/axes": Case(lambda k: k.layers.Softmax([1, 2]), (X,)),
    "Softmax/masked": Case(lambda k: k.layers.Softmax(), ((B, T),), {0: MASK}),
    "Softmax/repeated mask": Case(lambda k: k.layers.Softmax(1), (X,), {0: (B, T, 1)}),
    "UnitNormalization": Case(lambda k: k.layers.UnitNormalization(), (X,), {0: MASK}),
    "UnitNormalization/axes": Case(lambda k: k.layers.UnitNormalization([1, 2]), (X,)),
    "TimeDistributed/dense": Case(
        lambda k: k.layers.TimeDistributed(k.layers.Dense(3, "tanh")), (X,), {0: MASK}
    ),
    "TimeDistributed/lstm": Case(
        lambda k: k.layers.TimeDistributed(k.layers.LSTM(3)), ((B, 2, T, F),), {0: (B, 2, T)}
    ),
    "TimeDistributed/sequential": Case(dense_model, (X,), {0: MASK}),
    "TimeDistributed/model": Case(nested_model, ((B, 3, 4, 2),)),
    "TimeDistributed/twice": Case(
        lambda k: k.layers.TimeDistributed(k.layers.TimeDistributed(k.layers.Dense(3))),
        ((B, 2, T, F),), {0: (B, 2, T)},
    ),
    "TimeDistributed/stateful": Case(
        lambda k: k.layers.TimeDistributed(k.layers.GRU(2, stateful=True)), ((B, 3, T, F),)
    ),
    "TimeDistributed/normalization": Case(
        lambda k: k.layers.TimeDistributed(k.layers.UnitNormalization()), (X,)
    ),
    "Bidirectional/own backward layer": Case(bidirectional(), (X,), {0: MASK}),
    "Bidirectional/states": Case(bidirectional(return_state=True), (X,)),
    "Bidirectional/in time": Case(
        lambda k: k.layers.TimeDistributed(k.layers.Bidirectional(k.layers.LSTM(2), "mul")),
        ((B, 2, T, F),),
    ),
}  # fmt: skip


def translator(k, masks_by_hand=False):
    """Return a model of words to vectors, whose decoder attends to its encoder in three ways."""
    L = k.layers
    words, vectors = k.Input((4,), dtype="int32", name="words"), k.Input((5, 2), name="vectors")
    h = L.LSTM(3, return_sequences=True, name="encoder")(
        L.Embedding(6, 3, mask_zero=True, name="embedding")(words)
    )
    query = L.GRU(3, return_sequences=True, name="decoder")(vectors)
    inputs, given = [words, vectors], {}
    if masks_by_hand:
        mask = k.Input((5,), dtype="bool", name="mask")
        inputs, given = [*inputs, mask], {"mask": [mask, None]}
    context, weights = L.Attention(True, name="attention")(
        [query, h], return_attention_scores=True, **given
    )
    itself = L.Attention(name="self_attention")([query, query], use_causal_mask=True)
    other = L.AdditiveAttention(name="additive")([query, h, h])
    joined = L.Concatenate(name="joined")([query, context, itself, other])
    return k.Model(inputs, [L.TimeDistributed(L.Dense(2), name="out")(joined), weights])


MODELS = {
    "translator": translator,
    "translator with a mask": lambda k: translator(k, masks_by_hand=True),
}


def model_inputs(name):
    """Return the inputs of a model, the words padded with 0 at the end."""
    draw = generator(name)
    words = draw.integers(1, 6, (B, 4)) * (np.arange(4) < np.array([[4], [2], [1]]))
    xs = [words.astype("int32"), draw.normal(size=(B, 5, 2)).astype("float32")]
    return [*xs, draw.random((B, 5)) < 0.6] if "mask" in name else xs


def generator(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def inputs(name):
    """Return the inputs of a case, and their masks, None where there is none."""
    case, draw = CASES[name], generator(name)
    xs = [draw.normal(size=shape) for shape in case.shapes]
    if case.tied:
        xs = [np.round(4 * x) / 2 for x in xs]
    masks = [None] * len(xs)
    for i, shape in case.masks.items():
        masks[i] = draw.random(shape) < 0.6
    return [x.astype("float32") for x in xs], masks


def scrambled(name, arrays):
    """Return numbers for weights, positive as a variance must be, that hide no mistake."""
    draw = generator(name + " weights")
    return [np.abs(draw.normal(0.5, 0.7, a.shape)).astype(a.dtype) for a in arrays]


def weighed(name, outputs):
    """Return a number for each number that comes out: gradients are those of their sum."""
    draw = generator(name + " outputs")
    return [draw.normal(size=y.shape).astype("float32") for y in outputs]
