"""`summary` with all of Keras's arguments, against what Keras prints."""

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import ArgumentError
from tests.golden.summary_cases import CASES, WIDTH, printed

STORED = Path(__file__).parents[1] / "golden" / "summary_options.json"
KERAS = json.loads(STORED.read_text(encoding="utf-8"))["summaries"]


@pytest.mark.parametrize("name", CASES)
def test_it_prints_what_keras_prints_with_all_options(name):
    for options, text, expected in zip(
        CASES[name][1], printed(elman, name), KERAS[name], strict=True
    ):
        assert text == expected, options


def text_of(model, **options):
    found = []
    model.summary(print_fn=found.append, **{"line_length": WIDTH, **options})
    return "\n".join(found)


def cells(text, name):
    """Return the columns of the first line of a layer."""
    (line,) = [line for line in text.splitlines() if f" {name} (" in line]
    return [part.strip() for part in line.split("│")[1:-1]]


# ---------------------------------------------------------------------- inside a call of one's own


class Decoder(Model):
    def __init__(self):
        super().__init__(name="decoder")
        self.rnn = layers.GRU(4, return_sequences=True, name="rnn")
        self.drop = layers.Dropout(0.1, name="drop")
        self.twice = layers.Dense(3, name="twice")
        self.inner = Inner(name="inner")

    def call(self, x):
        y = self.drop(self.rnn(x))
        return self.inner(self.twice(y), self.twice(y[:, -1]))


class Inner(layers.Layer):
    def __init__(self, **options):
        super().__init__(**options)
        self.layers = [layers.Dense(2, name="left"), layers.Dense(2, name="right")]

    def call(self, x, y):
        left, right = self.layers
        return left(x)[:, -1] + right(y)


def drawn():
    model = Decoder()
    model.compile("sgd", "mse")
    model.fit(np.zeros((4, 7, 2), "float32"), np.zeros((4, 2), "float32"), verbose=0)
    return model


def test_every_layer_that_was_called_shows_its_shape_also_one_without_weights():
    text = text_of(drawn())
    assert cells(text, "drop") == ["drop (Dropout)", "(None, 7, 4)", "0"]
    assert cells(text, "inner")[1] == "(None, 2)"


def test_a_layer_that_was_called_twice_shows_the_last_shape():
    assert cells(text_of(drawn()), "twice")[1] == "(None, 3)"


def test_the_layers_of_a_layer_of_ones_own_are_listed_with_their_shapes():
    text = text_of(drawn(), expand_nested=True)
    assert cells(text, "left") == ["└ left (Dense)", "(None, 7, 2)", "8"]
    assert cells(text, "right")[1] == "(None, 2)"


def test_a_call_by_itself_shows_the_shapes_that_it_had_and_training_opens_them():
    model = Decoder()
    model(np.zeros((3, 7, 2), "float32"))
    assert cells(text_of(model), "rnn")[1] == "(3, 7, 4)"
    model(np.zeros((2, 9, 2), "float32"))
    assert cells(text_of(model), "rnn")[1] == "(3, 7, 4)"
    model.predict(np.zeros((3, 7, 2), "float32"), verbose=0)
    assert cells(text_of(model), "rnn")[1] == "(None, 7, 4)"


def test_a_shape_that_the_class_says_itself_leaves_the_batch_open_too():
    class Said(Decoder):
        def compute_output_shape(self, input_shape):
            return (input_shape[0], 2)

    model = Said()
    model.predict(np.zeros((3, 7, 2), "float32"), verbose=0)
    assert cells(text_of(model), "rnn")[1] == "(None, 7, 4)"


def test_copies_show_the_same():
    model = drawn()
    expected = text_of(model, expand_nested=True)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert text_of(other, expand_nested=True) == expected


def test_what_was_called_in_vain_is_not_shown():
    model = Decoder()
    with pytest.raises(elman.errors.ShapeError):
        model(np.zeros((3, 2), "float32"))
    assert cells(text_of(model), "rnn")[1] == "?"


# ---------------------------------------------------------------------- arguments


def small():
    elman.utils.clear_session()
    return Sequential([Input((3,)), layers.Dense(2, name="one"), layers.Dense(1, name="two")])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"positions": [0.5, 0.7]}, r"`positions` must be rising shares of the line, 1 at most"),
        ({"positions": [0.5, 0.4, 1.0]}, r"`positions` must be rising .* got \[0.5, 0.4, 1.0\]"),
        ({"positions": [50, 70, 100]}, r"one for each of Layer \(type\), Output Shape, Param #"),
        ({"positions": "wide"}, r"`positions` must be rising .* got 'wide'"),
        ({"positions": [0.5, None, 1.0]}, r"`positions` must be rising"),
        ({"positions": [0.01, 0.5, 1.0]}, r"`line_length` must give each column at least 4 char"),
        ({"line_length": 5}, r"`line_length` must give .* got 5 for Layer \(type\)"),
        ({"line_length": -1}, r"summary: `line_length` must be a positive integer; got -1"),
        (
            {"layer_range": ["one"]},
            r"`layer_range` must be the names of two layers.* got \['one'\]",
        ),
        ({"layer_range": "one"}, r"`layer_range` must be the names of two layers"),
        ({"layer_range": ["one", 2]}, r"`layer_range` must be the names of two layers"),
        ({"layer_range": ["one", "tow"]}, r"names that layers have; got 'tow'. Did you mean 'two'"),
        ({"layer_range": ["(", "two"]}, r"names or regular expressions; got '\(', which is none"),
    ],
)
def test_wrong_arguments_say_what_is_wanted(options, message):
    with pytest.raises(ArgumentError, match=message) as error:
        text_of(small(), **options)
    assert str(error.value).startswith("Sequential 'sequential': summary: `")


def test_arguments_stand_in_the_order_of_keras(capsys):
    lines = []
    small().summary(60, [0.5, 0.8, 1.0], lines.append, False, True, ["one", "one"])
    (text,) = lines
    assert "Trainable" in text
    assert "two" not in text
    assert capsys.readouterr().out == ""
