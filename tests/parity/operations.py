"""`elman.ops` beside `keras.ops`: values, and gradients on tapes."""

import keras
import numpy as np
import tensorflow as tf

import elman
from tests.golden.ops_cases import CONSTANT, DIFFERENTIABLE, inputs, used, value


def name_of(case):
    """Return the function that an expression is about.

    >>> name_of("sum(m, axis=1)")
    'sum'
    """
    return case.split("(")[0]


def weights(y):
    """Return a number for each of a result: gradients are those of the sum of products."""
    return np.cos(np.arange(float(y.size))).reshape(y.shape).astype("float32")


def keras_side(case, arrays, wanted):
    """Return what Keras computes."""
    tensors = {name: keras.ops.convert_to_tensor(array) for name, array in arrays.items()}
    watched = [tensors[name] for name in wanted]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        y = value(case, keras.ops, tensors)
        total = tf.reduce_sum(y * weights(np.asarray(y))) if watched else None
    found = {"values": np.asarray(y, _plain(y))}
    if watched:
        try:
            dxs = tape.gradient(total, watched, unconnected_gradients="zero")
        except LookupError:  # TensorFlow has no gradient of it
            return found
        found["gradients"] = [np.array(tf.convert_to_tensor(dx)) for dx in dxs]
    return found


def elman_side(case, arrays, wanted):
    """Return what elman computes."""
    if not wanted:
        y = value(case, elman.ops, arrays)
        return {"values": np.asarray(y, _plain(y))}
    with elman.GradientTape() as tape:
        boxes = {name: tape.watch(arrays[name]) for name in wanted}
        y = value(case, elman.ops, {**arrays, **boxes})
        plain = np.asarray(value(case, elman.ops, arrays))
        total = elman.ops.sum(y * weights(plain))
    dxs = [tape.gradient(total, box) for box in boxes.values()]
    dxs = [
        np.zeros_like(arrays[name]) if dx is None else dx
        for name, dx in zip(wanted, dxs, strict=True)
    ]
    return {"values": plain, "gradients": dxs}


def _plain(y):
    """Return the dtype in which values are compared: integers are int64 in elman."""
    return "int64" if np.asarray(y).dtype.kind in "iu" else None


def run(record):
    """Add all cases to the record."""
    arrays = inputs()
    for case in [*DIFFERENTIABLE, *CONSTANT]:
        wanted = [name for name in used(case, arrays) if arrays[name].dtype.kind == "f"]
        wanted = sorted(set(wanted)) if case in DIFFERENTIABLE else []
        record.check(
            f"ops.{name_of(case)}",
            case,
            lambda case=case, wanted=wanted: keras_side(case, arrays, wanted),
            lambda case=case, wanted=wanted: elman_side(case, arrays, wanted),
        )
