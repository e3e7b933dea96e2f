import re

import pytest

from elman.callbacks import LambdaCallback
from elman.errors import ArgumentError
from tests.callbacks.problem import fit


def test_lambda_callback_hears_every_event_it_has_a_function_for():
    heard = []
    fit(
        LambdaCallback(
            on_train_begin=lambda logs: heard.append("begin"),
            on_epoch_begin=lambda epoch, logs: heard.append(epoch),
            on_epoch_end=lambda epoch, logs: heard.append(sorted(logs)),
            on_train_end=lambda logs: heard.append("end"),
            on_train_batch_end=None,
        ),
        epochs=1,
    )
    assert heard == ["begin", 0, ["loss", "mae"], "end"]


def test_lambda_callback_takes_keras_s_arguments_in_keras_s_order():
    heard = []
    names = ["epoch_begin", "epoch_end", "train_begin", "train_end", "batch_begin", "batch_end"]
    functions = [lambda *_, name=name, **__: heard.append(name) for name in names]
    fit(LambdaCallback(*functions), epochs=1)
    assert heard == [names[i] for i in (2, 0, 4, 5, 1, 3)]


def test_lambda_callback_refuses_an_event_that_there_is_not():
    text = "Did you mean 'on_epoch_end'?"
    with pytest.raises(ArgumentError, match=re.escape(text)):
        LambdaCallback(on_epoch_ends=print)


def test_lambda_callback_refuses_what_is_no_function():
    text = "LambdaCallback: `on_epoch_end` must be a function; got 3."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        LambdaCallback(on_epoch_end=3)
