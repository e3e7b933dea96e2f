"""Layers: outputs, masks, and the gradients of inputs, states and weights, with equal weights."""

import keras
import numpy as np
import tensorflow as tf
from keras.src import backend, tree

import elman
from elman import _tree
from elman.layers.parts.passes import Mode
from tests.parity.calls import calls, draw


def weighed(label, outputs):
    """Return a number for each that comes out: gradients are those of the sum of products."""
    generator = draw(label + " outputs")
    return [generator.normal(size=y.shape).astype("float32") for y in outputs]


def numbers(label, layer):
    """Return numbers for weights, positive as a variance must be."""
    generator = draw(label + " weights")
    return [
        np.abs(generator.normal(0.4, 0.3, w.shape)).astype(w.dtype) if w.dtype.kind == "f" else w
        for w in layer.get_weights()
    ]


def one(values):
    """Return a list, or what is alone in it."""
    return values if len(values) > 1 else values[0]


def arguments(call):
    """Return the keyword arguments of the call."""
    given = dict(call.options)
    if call.training is not None:
        given["training"] = call.training
    if call.states:
        given["initial_state"] = call.states
    return given


def keras_side(label, call):
    """Return what Keras computes."""
    keras.utils.clear_session()
    layer = call.make(keras)
    layer(one(call.xs), **arguments(call))
    layer.set_weights(numbers(label, layer))
    if hasattr(layer, "finalize_state"):
        layer.finalize_state()
    if getattr(layer, "stateful", False) or getattr(
        getattr(layer, "layer", None), "stateful", False
    ):
        (layer if hasattr(layer, "reset_state") else layer.layer).reset_state()
    xs = [tf.convert_to_tensor(x) for x in call.xs]
    for x, mask in zip(xs, call.masks, strict=True):
        if mask is not None and not call.states:
            backend.set_keras_mask(x, tf.convert_to_tensor(mask))
    states = [tf.convert_to_tensor(state) for state in call.states]
    given = arguments(call) | ({"initial_state": states} if states else {})
    if states and any_mask(call):  # beside states Keras does not hear of the mask of its input
        given["mask"] = one(call.masks)
    watched = [x for x in [*xs, *states] if x.dtype.is_floating]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        outputs = tree.flatten(layer(one(xs), **given))
        total = sum(
            tf.reduce_sum(tf.cast(y, "float32") * r)
            for y, r in zip(outputs, weighed(label, outputs), strict=True)
        )
    weights = [w.value for w in layer.trainable_weights]
    dxs, dweights = tape.gradient(total, [watched, weights], unconnected_gradients="zero")
    masks = [] if call.states else [backend.get_keras_mask(y) for y in outputs]
    return {
        "outputs": [y.numpy() for y in outputs],
        "gradients of inputs": [np.array(tf.convert_to_tensor(dx)) for dx in dxs],
        "gradients of weights": [np.array(tf.convert_to_tensor(dw)) for dw in dweights],
        "masks": [None if mask is None else np.array(mask) for mask in masks],
        "names of weights": [w.path for w in layer.weights],
        "keys of get_config": set(layer.get_config()),
    }


def elman_side(label, call):
    """Return what elman computes."""
    elman.utils.clear_session()
    layer = call.make(elman)
    given, mask = arguments(call), one(call.masks) if any_mask(call) else None
    layer(one(call.xs), mask=mask, **given)
    start = numbers(label, layer)
    set_back(layer, start)
    outputs = _tree.flatten(layer(one(call.xs), mask=mask, **given))
    set_back(layer, start)
    rs, out_masks = weighed(label, outputs), []
    if not call.states:
        mode = Mode(training=bool(call.training), record=True)
        options = [call.options] if call.options else []
        _, out_masks, tape = layer.run(tuple(call.xs), tuple(call.masks), mode, *options)
    if call.options or call.training:  # which `gradients` does not take
        dxs, dweights = layer.reverse(tape, tuple(rs))
    else:
        set_back(layer, start)
        states = call.states or None
        found = elman.gradients(
            layer, one(call.xs), output_gradients=one(rs), mask=mask, initial_state=states
        )
        dxs, dweights = [*found["inputs"], *found["initial_state"]], found["weights"]
    return {
        "outputs": outputs,
        "gradients of inputs": [
            dx for x, dx in zip([*call.xs, *call.states], dxs, strict=True) if x.dtype.kind == "f"
        ],
        "gradients of weights": [
            dw
            for w, dw in zip(layer.weights, dweights, strict=True)
            if any(w is each for each in layer.trainable_weights)
        ],
        "masks": list(out_masks),
        "names of weights": [w.path for w in layer.weights],
        "keys of get_config": set(layer.get_config()),
    }


def set_back(layer, weights):
    """Give a layer its weights, and no state."""
    layer.set_weights(weights)
    layer.reset_state()


def any_mask(call):
    """Say whether an input has a mask."""
    return any(mask is not None for mask in call.masks)


def run(record, only=None):
    """Add all cases to the record."""
    for name, label, call in calls():
        if only and not only(name, label):
            continue
        record.check(
            f"layers.{name}",
            label,
            lambda label=label, call=call: keras_side(label, call),
            lambda label=label, call=call: elman_side(label, call),
        )
    for name, options in MERGES.items():
        record.check(
            f"layers.{name}",
            "of two inputs",
            lambda name=name, options=options: merged(keras, name, options),
            lambda name=name, options=options: merged(elman, name, options),
        )


MERGES = {
    name: {}
    for name in ("add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate")
} | {"dot": {"axes": -1}}


def merged(k, name, options):
    """Return what a model gives that is one of the functions named like merging layers."""
    inputs = [k.Input((3,)), k.Input((3,))]
    model = k.Model(inputs, getattr(k.layers, name)(inputs, **options))
    x, y = draw(name).normal(size=(2, 5, 3)).astype("float32")
    return {"outputs": model.predict([x, y], verbose=0)}
