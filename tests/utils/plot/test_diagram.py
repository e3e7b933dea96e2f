import pytest

import elman
from elman import Input, Model, Sequential, layers
from elman.errors import NotBuiltError
from elman.utils.plot.diagram import Box, Frame, Show, diagram, lines
from tests.utils.plot.models import Own, made

NAMES = Show(names=True)
ALL = Show(shapes=True, dtype=True, names=True, activations=True, trainable=True)


def titles(parts):
    """Return the titles of boxes, those of a frame in a pair with its own."""
    return [
        part.title[0] if isinstance(part, Box) else (part.title[0], titles(part.parts))
        for part in parts
    ]


def arrows(found):
    """Return the arrows by the names of the layers."""
    names = {}

    def walk(parts):
        for part in parts:
            if isinstance(part, Frame):
                walk(part.parts)
            else:
                names[part.key] = part.title[0].split(" (")[0]

    walk(found.parts)
    return [(names[arrow.start], names[arrow.end]) for arrow in found.arrows]


def test_a_layer_is_a_box_and_what_it_reads_an_arrow():
    found = diagram(made("stack"), NAMES)
    assert titles(found.parts) == ["first (LSTM)", "drop (Dropout)", "out (Dense)"]
    assert arrows(found) == [("first", "drop"), ("drop", "out")]


def test_two_states_from_one_layer_to_another_are_one_arrow():
    found = arrows(diagram(made("translator"), NAMES))
    assert found.count(("encoder", "decoder")) == 1
    assert len(found) == 4


def test_a_model_inside_is_one_box_or_a_frame_with_its_own():
    assert titles(diagram(made("nested"), NAMES).parts)[2] == "pair (Functional)"
    found = diagram(made("nested"), Show(names=True, nested=True))
    inner = ["steps (InputLayer)", ("core", ["wide (Dense)", "narrow (Dense)"])]
    assert titles(found.parts)[2] == ("pair", [*inner, "start (InputLayer)", "gru (GRU)"])


def test_arrows_lead_into_models_inside_and_out_of_them():
    found = arrows(diagram(made("nested"), Show(names=True, nested=True)))
    assert sorted(found) == sorted([
        ("x", "steps"), ("s", "start"), ("steps", "wide"), ("wide", "narrow"), ("narrow", "gru"),
        ("start", "gru"), ("gru", "steps"), ("gru", "start"), ("gru", "flat"), ("gru", "out"),
    ])  # fmt: skip


def test_a_layer_called_on_its_own_output_leads_to_itself():
    found = arrows(diagram(made("circle"), NAMES))
    assert ("d", "d") in found
    assert ("e", "d") in found


def test_boxes_tell_what_is_asked_for():
    first, drop, out = diagram(made("stack"), ALL).parts
    assert first.rows == [
        ("activation", ["tanh"]),
        ("input", ["(None, 20, 8)"]),
        ("output", ["(None, 20, 32)"]),
        ("dtype", ["float32"]),
        ("weights", ["trainable"]),
    ]
    assert [word for word, _ in drop.rows] == ["input", "output", "dtype"]
    assert out.rows[0] == ("activation", ["sigmoid"])
    bare = diagram(made("stack"), Show()).parts[0]
    assert (bare.title, bare.rows) == (["LSTM"], [])


def test_what_is_frozen_says_so():
    model = made("stack")
    model.layers[0].trainable = False
    assert diagram(model, ALL).parts[0].rows[-1] == ("weights", ["not trainable"])


def test_several_inputs_and_outputs_have_a_line_each():
    model = made("translator")
    (decoder,) = [p for p in diagram(model, ALL).parts if p.title == ["decoder (LSTM)"]]
    assert dict(decoder.rows)["input"] == ["(None, None, 5)", "(None, 16)", "(None, 16)"]


def test_a_layer_shows_the_shapes_it_has_in_this_model():
    dense = layers.Dense(2, name="dense")
    x, y = Input((3, 4)), Input((7, 4))
    model = Model(x, dense(x))
    Model(y, dense(y))
    assert dict(diagram(model, ALL).parts[1].rows)["output"] == ["(None, 3, 2)"]


def test_a_class_with_a_call_of_its_own_is_one_box():
    (box,) = diagram(made("own"), ALL).parts
    assert box.title == ["own (Own)"]
    assert box.kind == "model"
    assert dict(box.rows)["input"] == ["(None, 2)"]
    assert dict(box.rows)["output"] == ["(None, 2)"]


def test_a_call_that_computes_by_itself_is_one_box_with_the_shapes_it_was_drawn_with():
    class Computing(Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, inputs):
            return self.dense(inputs["a"]) * inputs["b"]

    model = Computing()
    model.predict({"b": elman.ops.ones((3, 2)), "a": elman.ops.ones((3, 5))}, verbose=0)
    (box,) = diagram(model, Show(shapes=True, nested=True)).parts
    assert dict(box.rows)["input"] == ["(None, 5)", "(None, 2)"]
    assert dict(box.rows)["output"] == ["(None, 2)"]


def test_a_call_that_only_calls_layers_is_opened_with_the_models_inside():
    found = diagram(made("own"), Show(names=True, nested=True))
    assert [part.title[0].split(" ")[1] for part in found.parts] == ["(InputLayer)", "(Dense)"]
    assert len(found.arrows) == 1


def test_what_was_called_by_itself_alone_has_open_ends():
    model = Own()
    model(elman.ops.zeros((3, 2)))
    (box,) = diagram(model, ALL).parts
    assert dict(box.rows) == {
        "input": ["(3, 2)"],
        "output": ["?"],
        "dtype": ["?"],
        "weights": ["trainable"],
    }


@pytest.mark.parametrize("make", [Own, lambda: Sequential([layers.Dense(1)])])
def test_what_is_not_built_cannot_be_drawn(make):
    with pytest.raises(NotBuiltError, match=r"'.*': it must be built to be drawn. Begin with an"):
        diagram(make(), NAMES)


def test_kinds_tell_recurrent_layers_also_in_a_wrapper():
    kinds = [part.kind for part in diagram(made("translator"), NAMES).parts]
    assert sorted(kinds) == ["input", "input", "layer", "recurrent", "recurrent"]
    assert {part.kind for part in diagram(made("tower"), NAMES).parts} == {"recurrent"}


def test_long_names_are_broken_and_control_characters_written_out():
    found = lines("a_long_name_" * 12)
    assert "".join(found) == "a_long_name_" * 12
    assert max(map(len, found)) <= 44
    assert lines("x" * 100) == ["x" * 44, "x" * 44, "x" * 12]
    assert lines("a\nb\x1b") == ["a\\nb\\x1b"]
    assert lines("$x$ <b>") == ["$x$ <b>"]


def test_an_activation_may_be_a_function_or_a_layer():
    class Swish:
        def __call__(self, x):
            return x

    dense = layers.Dense(2)
    model = Sequential([Input((2,)), dense])
    vars(dense)["activation"] = layers.ReLU()
    assert diagram(model, ALL).parts[0].rows[0] == ("activation", ["ReLU"])
    vars(dense)["activation"] = Swish()
    assert diagram(model, ALL).parts[0].rows[0] == ("activation", ["Swish"])
