"""Models that are chains, bound to a shape or not."""

import numpy as np
import pytest

from elman import Input, Sequential, kernels
from elman.layers.parts.passes import INFERENCE
from elman.models.chain import ChainTape
from elman.models.links import Link

X = np.random.default_rng(0).normal(size=(3, 7, 2)).astype("float32")

in_chains = pytest.mark.skipif(
    kernels.status().implementation == "reference", reason="bound layers are the kernels' calls"
)


def unbound(model):
    """Make a model forget its chains for ever, so that it always goes node by node."""
    model.graph._chain = lambda *_: None
    model.graph._bound = None, {}
    return model


def is_bound(model, x=X, mode=INFERENCE):
    *_, tape = model.graph.forward([x], (None,), mode)
    return isinstance(tape, ChainTape) and not any(type(link) is Link for link in tape.chain.layers)


def twice(model, x=X):
    model.predict_on_batch(x)
    return model.predict_on_batch(x)


def recurrent(kind, **options):
    model = Sequential([Input((7, 2)), kind(3, **options)])
    generator = np.random.default_rng(2)
    model.set_weights([generator.normal(size=w.shape) for w in model.weights])
    return model
