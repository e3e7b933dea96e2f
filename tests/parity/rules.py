"""What is named by a word: activations, initializers, regularizers, constraints."""

import keras
import numpy as np
import tensorflow as tf

import elman
from tests.golden.weight_rules import CONSTRAINTS, REGULARIZERS, weight

SHAPE = (200, 300)  # of what initializers draw
SCATTER = 0.015  # how far apart 60 000 draws may be; of one distribution it is about 0.008
DRAWN = {  # class: options
    "RandomNormal": ({"stddev": 0.2, "mean": 0.1},),
    "RandomUniform": ({"minval": -0.3, "maxval": 0.1},),
    "TruncatedNormal": ({"stddev": 0.2},),
    "GlorotNormal": ({},),
    "GlorotUniform": ({},),
    "HeNormal": ({},),
    "HeUniform": ({},),
    "LecunNormal": ({},),
    "LecunUniform": ({},),
    "VarianceScaling": (
        {"scale": 2.0, "mode": "fan_avg", "distribution": "untruncated_normal"},
        {"mode": "fan_out", "distribution": "uniform"},
    ),
    "Orthogonal": ({}, {"gain": 1.5}),
}
GIVEN = {"Zeros": {}, "Ones": {}, "Constant": {"value": 2.5}, "Identity": {"gain": 3.0}}


def activations(record):
    """Check values and derivatives, far out and at the kinks too."""
    x = np.concatenate([np.linspace(-8, 8, 401), [-100.0, -20.0, 20.0, 80.0]])
    x = np.stack([x, x[::-1], np.roll(x, 7)]).astype("float32")
    dy = np.random.default_rng(0).normal(size=x.shape).astype("float32")
    for name in sorted(elman.activations.ACTIVATIONS.keys() - {"hard_sigmoid_keras2"}):
        # Keras adds up both halves of celu at zero: 2, which is no slope of it.
        given = np.where(x == 0, np.float32(1), x) if name == "celu" else x

        def keras_side(name=name, x=given):
            tensor = tf.Variable(x)
            with tf.GradientTape() as tape:
                y = getattr(keras.activations, name)(tf.convert_to_tensor(tensor))
            return {"values": y.numpy(), "gradients": tape.gradient(y, tensor, dy).numpy()}

        def elman_side(name=name, x=given):
            with np.errstate(all="ignore"):
                f = elman.activations.get(name)
                y = f(x)
                return {"values": y, "gradients": elman.activations.derivative(f)(dy, x, y)}

        record.check(f"activations.{name}", name, keras_side, elman_side, ("activations.get",))


def distance(a, b):
    """Return the largest difference of two empirical distributions (Kolmogorov and Smirnov)."""
    both = np.sort(np.concatenate([a, b]))
    return np.abs(
        np.searchsorted(np.sort(a), both, "right") / a.size
        - np.searchsorted(np.sort(b), both, "right") / b.size
    ).max()


def initializers(record):
    """Check what is drawn: not the numbers, which are others, but their distributions."""
    for name, options in GIVEN.items():

        def side(library, name=name, options=options):
            made = getattr(library.initializers, name)(**options)
            return lambda: {"values": np.asarray(made((4, 6), "float32"))}

        record.check(f"initializers.{name}", name, side(keras), side(elman))
    for name, choices in DRAWN.items():
        for options in choices:

            def drawn(library, name=name, options=options):
                made = getattr(library.initializers, name)(seed=1, **options)
                return np.asarray(made(SHAPE, "float32"))

            theirs, ours = drawn(keras), drawn(elman)
            full = f"initializers.{name}"
            if name == "Orthogonal":
                squares = [a @ a.T for a in (theirs, ours)]
                record.check(
                    full,
                    "columns at right angles",
                    lambda squares=squares: {"products": squares[0]},
                    lambda squares=squares: {"products": squares[1]},
                )
            record.cases[full] += 1
            apart = float(distance(theirs.ravel(), ours.ravel()))
            record.largest[full]["distributions"] = max(
                apart, record.largest[full].get("distributions", 0)
            )
            if apart > SCATTER:
                record.failures.append((full, str(options), f"distributions {apart:.3f} apart"))


RANDOM = {  # of `random`: what the functions are given
    "normal": ((SHAPE,), {"mean": 0.1, "stddev": 0.5}),
    "uniform": ((SHAPE,), {"minval": -1.0, "maxval": 2.0}),
    "truncated_normal": ((SHAPE,), {"stddev": 0.5}),
    "gamma": ((SHAPE, 2.0), {}),
    "beta": ((SHAPE, 2.0, 3.0), {}),
    "binomial": ((SHAPE, 10.0, 0.3), {}),
    "randint": ((SHAPE, 0, 10), {}),
    "categorical": ((np.log(np.array([[0.1, 0.2, 0.7]], "float32")), 60_000), {}),
    "dropout": ((np.ones(SHAPE, "float32"), 0.3), {}),
    "shuffle": ((np.arange(60_000, dtype="float32"),), {}),
}


def random(record):
    """Check the distributions of random numbers."""
    for name, (given, options) in RANDOM.items():
        theirs, ours = (
            np.asarray(getattr(k.random, name)(*given, seed=1, **options)) for k in (keras, elman)
        )
        full = f"random.{name}"
        record.cases[full] += 1
        record.largest[full]["distributions"] = float(distance(theirs.ravel(), ours.ravel()))
        if record.largest[full]["distributions"] > SCATTER or theirs.shape != ours.shape:
            record.failures.append((full, name, "another distribution"))


def weights(record):
    """Check penalties and their gradients, and what constraints make of a weight."""
    for label, (name, options, shape) in REGULARIZERS.items():

        def keras_side(name=name, options=options, shape=shape):
            w = tf.Variable(weight(shape))
            with tf.GradientTape() as tape:
                value = getattr(keras.regularizers, name)(**options)(tf.convert_to_tensor(w))
            found = tape.gradient(value, w, unconnected_gradients="zero")
            return {"values": float(value), "gradients": found.numpy()}

        def elman_side(name=name, options=options, shape=shape):
            made, w = getattr(elman.regularizers, name)(**options), weight(shape)
            return {"values": float(made(w)), "gradients": made.gradient(w)}

        record.check(f"regularizers.{name}", label, keras_side, elman_side)
    for label, (name, options, shape) in CONSTRAINTS.items():

        def side(library, name=name, options=options, shape=shape):
            made = getattr(library.constraints, name)(**options)
            return lambda: {"values": np.asarray(made(weight(shape)))}

        record.check(f"constraints.{name}", label, side(keras), side(elman))


def run(record):
    """Add all cases to the record."""
    activations(record)
    initializers(record)
    random(record)
    weights(record)
