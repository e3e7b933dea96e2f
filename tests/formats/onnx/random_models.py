"""Recurrent models at random, of the cells that ONNX has operators for."""

import numpy as np
from hypothesis import strategies as st

import elman
from elman import Sequential, layers
from tests.formats.onnx.writing import CELLS, F, V, sequences


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
