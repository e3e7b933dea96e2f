"""What `fit`, `evaluate` and their batch-wise twins refuse, and the fix that they name."""

import re

import numpy as np
import pytest

from elman import Input, Sequential, layers
from elman.errors import ArgumentError, NotBuiltError
from tests.models.small import YS, X, Y, two_outputs


def uncompiled():
    return Sequential([Input((4, 2)), layers.LSTM(1)], name="s")


def named(**options):
    model = Sequential([Input((4, 2)), layers.LSTM(1)], name="s")
    model.compile(**{"optimizer": "sgd", "loss": "mse", **options})
    return model


@pytest.mark.parametrize("method", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_a_model_must_be_compiled_first(method):
    text = (
        "Sequential 's': an optimizer and a loss must be chosen first. "
        "Call `compile(optimizer='adam', loss='mse')`."
    )
    with pytest.raises(NotBuiltError, match=re.escape(text)):
        getattr(uncompiled(), method)(X, Y)
    with pytest.raises(NotBuiltError, match=re.escape(text)):
        _ = uncompiled().optimizer


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (lambda: named().fit(X), "Sequential 's': `y` must hold the targets; got None."),
        (
            lambda: named().fit(X, Y, epochs=-1),
            "Sequential 's': `epochs` must be an integer of at least 0; got -1.",
        ),
        (
            lambda: named().fit(X, Y, shuffle="yes"),
            "Sequential 's': `shuffle` must be True or False; got 'yes'.",
        ),
        (
            lambda: named().fit(X, Y, epoch=3),
            "Sequential 's': `epoch` must be an argument that fit has. Did you mean 'epochs'?",
        ),
        (
            lambda: named().evaluate(X, Y, sample_weights=None),
            "Sequential 's': `sample_weights` must be an argument that evaluate has. "
            "Did you mean 'sample_weight'?",
        ),
        (
            lambda: named().predict(X, batchsize=3),
            "Sequential 's': `batchsize` must be an argument that predict has. "
            "Did you mean 'batch_size'?",
        ),
        (
            lambda: named().fit(X, Y, batch_size=0),
            "Sequential 's': `batch_size` must be a positive integer; got 0.",
        ),
        (
            lambda: named().fit(X, Y, batch_size=0, validation_split=0.5),
            "Sequential 's': `batch_size` must be a positive integer; got 0.",
        ),
        (
            lambda: named().fit(X, Y, steps_per_epoch=0),
            "Sequential 's': `steps` must be a positive integer; got 0.",
        ),
        (
            lambda: named().evaluate(X, Y, steps=-1),
            "Sequential 's': `steps` must be a positive integer; got -1.",
        ),
        (
            lambda: named().fit(X, Y, validation_freq=0),
            "Sequential 's': `validation_freq` must be a positive integer; got 0.",
        ),
        (
            lambda: named().fit(X, Y, validation_split=1.5),
            "Sequential 's': `validation_split` must be above 0 and below 1; got 1.5.",
        ),
        (
            lambda: named().fit(X, Y, validation_split=0.999),
            "Sequential 's': `validation_split` must leave samples on both sides; got 0.999 of 10.",
        ),
        (
            lambda: named().fit(iter([(X, Y)]), validation_split=0.5),
            "Sequential 's': `validation_split` must be left out where `x` gives batches. "
            "Give `validation_data`.",
        ),
        (
            lambda: named().fit(X, Y, validation_data=(X, Y, X, Y, X)),
            "Sequential 's': `validation_data` must be (x, y), (x, y, sample_weight) or (x, y, "
            "sample_weight, reset_mask); got 5 things.",
        ),
        (
            lambda: named().fit(X, Y, verbose=3),
            "Sequential 's': `verbose` must be one of 'auto', 0, 1, 2; got 3.",
        ),
        (
            lambda: named().fit(X, Y, epochs=2, validation_data=iter([(X, Y)]), verbose=0),
            "Sequential 's': there must be at least one batch to evaluate on; a generator that has "
            "come to its end gives none.",
        ),
        (
            lambda: named().evaluate(iter(())),
            "Sequential 's': there must be at least one batch to evaluate on;",
        ),
        (
            lambda: named(loss=None).fit(X, Y),
            "Sequential 's': `loss` must be given to `compile` before training or evaluating.",
        ),
        (
            lambda: named().fit(X, Y, callbacks=3),
            "Sequential 's': `callbacks` must be a list of `elman.callbacks`; got 3.",
        ),
        (
            lambda: named().fit(X, Y, initial_epoch="a"),
            "Sequential 's': `initial_epoch` must be an integer of at least 0; got 'a'.",
        ),
        (
            lambda: named().fit(X, Y, steps_per_epoch="a"),
            "Sequential 's': `steps` must be a positive integer; got 'a'.",
        ),
        (
            lambda: named().fit(X, Y, validation_split=0.2, validation_batch_size="a"),
            "Sequential 's': `validation_batch_size` must be a positive integer; got 'a'.",
        ),
        (
            lambda: named(loss_weights=[1, 2]).fit(X, Y),
            "Sequential 's': `loss_weights` must have one entry an output (lstm",
        ),
        (
            lambda: named(loss_weights="a"),
            "Sequential 's': `loss_weights` must be a finite number; got 'a'.",
        ),
        (
            lambda: two_outputs(loss="mse").fit(X, {"q": YS[1]}),
            "`y` must hold the targets of every output that has a loss or metrics; those of 'p' "
            "are missing.",
        ),
        (
            lambda: two_outputs(loss={"q": "mse"}, metrics={"p": "mae"}).fit(X, {"q": YS[1]}),
            "those of 'p' are missing.",
        ),
        (
            lambda: two_outputs(loss="mse").fit(X, YS, class_weight={0: 1.0}),
            "`class_weight` must be left out for a model of several outputs; this one has 2. "
            "Give `sample_weight`, a list with one array an output.",
        ),
        *(
            (
                lambda table=table: named().fit(X, Y, class_weight=table),
                "Sequential 's': `class_weight` must be a dictionary from class, an integer, to "
                f"weight, a finite number; got {table!r}.",
            )
            for table in ({"0": 1000.0}, [1, 2], {0: "a"}, {0: float("nan")}, {0.5: 1.0})
        ),
        (
            lambda: named().fit(X, np.full_like(Y, np.nan), class_weight={0: 1.0}),
            "Sequential 's': `y` must hold the class of every sample to weigh it with "
            "`class_weight`; got nan.",
        ),
    ],
)
def test_errors_name_the_argument_and_the_fix(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()
