import numpy as np
import pytest

import elman
from elman import Input, Model, Sequential, layers


def small(**options):
    elman.utils.clear_session()
    return Sequential([Input((2, 2)), layers.SimpleRNN(2), layers.Dense(1)], **options)


def text_of(model, **options):
    found = []
    model.summary(print_fn=found.append, **options)
    return "\n".join(found)


def test_the_table_names_layers_shapes_and_parameters():
    lines = text_of(small()).splitlines()
    assert lines[0] == 'Model: "sequential"'
    (row,) = [line for line in lines if "simple_rnn (SimpleRNN)" in line]
    assert [part.strip() for part in row.split("│")[1:-1]] == [
        "simple_rnn (SimpleRNN)",
        "(None, 2)",
        "10",
    ]
    assert " Total params: 13 (52.00 B)" in lines
    assert " Trainable params: 13 (52.00 B)" in lines
    assert " Non-trainable params: 0 (0.00 B)" in lines


def test_a_column_says_what_is_trained():
    model = Sequential([Input((2, 2)), layers.Flatten(), layers.Dense(2), layers.Dense(1)])
    model.layers[1].trainable = False
    rows = [line for line in text_of(model, show_trainable=True).splitlines() if "│" in line]
    assert [row.split("│")[-2].strip() for row in rows] == ["-", "N", "Y"]


def test_frozen_parameters_are_counted_apart():
    model = small()
    model.layers[0].trainable = False
    text = text_of(model)
    assert "Trainable params: 3 (12.00 B)" in text
    assert "Non-trainable params: 10 (40.00 B)" in text


def test_float64_takes_twice_the_bytes():
    model = Sequential([Input((2,)), layers.Dense(1, dtype="float64")])
    assert "Total params: 3 (24.00 B)" in text_of(model)


@pytest.mark.parametrize(
    ("features", "units", "size"), [(15, 16, "1.00 KB"), (1000, 1000, "3.82 MB")]
)
def test_sizes_are_readable(features, units, size):
    assert size in text_of(Sequential([Input((features,)), layers.Dense(units)]))


def test_thousands_have_commas():
    model = Sequential([Input((99,)), layers.Dense(100)])
    assert "10,000" in text_of(model)


def test_a_model_of_branches_shows_what_is_connected_with_what():
    elman.utils.clear_session()
    a, b = Input((3,), name="a"), Input((3,), name="b")
    shared = layers.Dense(3, name="twin")
    model = Model([a, b], layers.Add(name="sum")([shared(a), shared(b)]))
    text = text_of(model, line_length=120)
    assert "Connected to" in text
    assert "twin[0][0], twin[1][0]" in text
    assert "a[0][0], b[0][0]" in text


def test_what_is_not_built_says_so():
    text = text_of(Sequential([layers.LSTM(2)]))
    assert "0 (unbuilt)" in text
    assert "?" in text


def test_the_line_length_is_kept_to():
    for length in (60, 100):
        assert max(map(len, text_of(small(), line_length=length).splitlines())) == length


def test_it_prints_without_colours_where_there_is_no_terminal(capsys):
    small().summary()
    printed = capsys.readouterr().out
    assert 'Model: "sequential"' in printed
    assert "\x1b" not in printed
    assert "Total params: 13" in printed


def test_names_are_not_markup():
    model = Sequential([Input((2,)), layers.Dense(1, name="[bold]x")], name="[red]m")
    text = text_of(model, line_length=100)
    assert 'Model: "[red]m"' in text
    assert "[bold]x (Dense)" in text


def test_a_shared_layer_shows_the_shape_it_has_in_this_model():
    layer = layers.GRU(2, return_sequences=True, name="gru")
    x, y = Input((3, 2)), Input((7, 2))
    model = Model(x, layer(x))
    Model(y, layer(y))
    assert "(None, 3, 2)" in text_of(model)
    assert np.prod(model.output_shape[1:]) == 6
