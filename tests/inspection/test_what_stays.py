"""What was seen stays what it was, and looking leaves all else as it is."""

import gc
import warnings
import weakref

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.inspection import both_passes, input_gradients, perturb, weights
from elman.inspection.gradient_flow import GradientFlow
from elman.inspection.page.content import content
from tests.layers.checks import F64, normal, scramble

X = normal(3, 4, 2)


class Leaky(layers.Layer):
    """A cell of one's own."""

    units = state_size = 3

    def call(self, x, states):
        h = 0.5 * states[0] + x.sum(axis=-1, keepdims=True)
        return h, [h]


def compiled(*inside):
    model = scramble(Sequential([Input((4, 2), **F64), *inside], name="m"))
    model.compile("sgd", "mse")
    return model


def lstm():
    return layers.LSTM(3, name="r", **F64)


def own():
    return layers.RNN(Leaky(**F64), name="r", **F64)


def traced(model, x):
    return [model.trace(x, np.zeros((3, 3)))]


def perturbed(model, x):
    found = perturb(model, x, 1.0, at=1)
    return [found.before, found.after]


@pytest.mark.parametrize(("made", "looked"), [(lstm, traced), (lstm, perturbed), (own, traced)])
def test_what_was_seen_stays_when_weights_and_inputs_change(made, looked):
    """What is computed when it is first asked for is computed of what the pass has read."""
    model, x = compiled(made()), X.copy()
    kept, fresh = looked(model, x), looked(model, x)
    expected = [seen.to_dict() for seen in fresh]
    inputs = [seen.inputs[0].copy() for seen in fresh]
    model.fit(x, np.ones((3, 3)), epochs=3, verbose=0)
    x[...] = 0
    for seen, arrays, entered in zip(kept, expected, inputs, strict=True):
        np.testing.assert_array_equal(seen.inputs[0], entered)
        for name, array in seen.to_dict().items():
            np.testing.assert_array_equal(array, arrays[name], err_msg=name)


def test_masks_and_explained_inputs_are_copies_too():
    model, x, mask = (
        compiled(layers.GRU(3, name="r", return_sequences=True, **F64)),
        X.copy(),
        X[..., 0] > -9,
    )
    seen, explained = model.trace(x, mask=mask), input_gradients(model, x, output=0)
    x[...], mask[...] = 0, False
    np.testing.assert_array_equal(explained.x, X)
    assert seen.masks[0].all()
    assert seen["r"].mask.all()


def test_a_page_shows_the_weights_of_the_trace():
    model = compiled(lstm())
    seen = model.trace(X)

    def shown(trace):
        (layer,) = content(trace, 0, None, None, None, None).layers
        return {weight.title: weight.values.tolist() for weight in layer.weights}

    before = shown(seen)
    model.set_weights([2 * array for array in model.get_weights()])
    assert list(before)[:2] == ["kernel, input", "kernel, forget"]
    assert shown(seen) == before != shown(model.trace(X))


def test_weights_by_gate_are_those_whose_spectra_are_shown():
    layer = lstm()
    layer.build((None, None, 2))
    found = weights(layer)["r"]["forget"]
    norm = found.norms["recurrent_kernel"]
    layer.set_weights([0 * array for array in layer.get_weights()])
    assert found.norms["recurrent_kernel"] == norm > 0


def test_a_flow_keeps_no_trace():
    model = compiled(lstm())
    seen = model.trace(X, np.zeros((3, 3)))
    history = weakref.ref(seen["r"].h)
    flow = GradientFlow(seen)
    said = str(flow)
    assert "Gradients over 4 timesteps, of 3 samples" in said
    del seen
    gc.collect()
    assert history() is None
    assert str(flow) == said


def drawing():
    model = Sequential([
        Input((4, 2)), layers.BatchNormalization(), layers.Dropout(0.5, seed=1), layers.LSTM(3)
    ])  # fmt: skip
    model.compile("sgd", "mse")
    return model


def carried(model):
    """Return what training moves: random numbers and averages."""
    return (
        model.layers[1].generator.bit_generator.state["state"],
        [array.tolist() for array in model.layers[0].get_weights()[2:]],
    )


def test_looking_in_inference_undoes_nothing_of_what_goes_on_beside_it(monkeypatch):
    """In the middle of a trace the model is called in training, as by another thread."""
    model, x, during = drawing(), X.astype("float32"), []
    before, forward = carried(model), both_passes._forward

    def beside(given, mode):
        model(x, training=True)
        during.append(carried(model))
        return forward(given, mode)

    monkeypatch.setattr(both_passes, "_forward", beside)
    model.trace(x)
    assert carried(model) == during[0] != before


@pytest.mark.parametrize("by_hand", [False, True])
def test_looking_in_training_puts_all_back(by_hand):
    model, x = drawing(), X.astype("float32")
    before = carried(model)
    if by_hand:  # the layers are told, and the pass is one of inference
        inner = Input((4, 2))
        h = model.layers[1](model.layers[0](inner, training=True), training=True)
        Model(inner, model.layers[2](h)).trace(x)
    else:
        model.trace(x, training=True)
    assert carried(model) == before


def test_gradients_of_weights_that_nobody_asked_for_are_not_touched():
    """They are memory that was never written: it may hold what a sum warns of."""
    model = compiled(layers.GRU(3, kernel_regularizer="l2", **F64))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = elman.trace(model, X, np.zeros((3, 3)))
    assert found.loss > 0
