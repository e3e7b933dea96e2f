import re
from xml.etree import ElementTree

import pytest

import elman
from elman import Input, Sequential, layers
from elman.errors import ArgumentError
from tests.utils.plot.models import MODELS, made


def text_of(name, **options):
    return elman.utils.model_to_dot(made(name), **options).to_string()


def test_a_model_is_boxes_and_arrows():
    text = text_of("stack", rankdir="LR", dpi=96, splines="curved")
    assert text.startswith("digraph model {\n  graph [rankdir=LR, concentrate=true, dpi=96, ")
    assert "splines=curved" in text
    assert text.endswith("  n0 -> n1;\n  n1 -> n2;\n}\n")
    assert "<b>first (LSTM)</b>" in text


def test_boxes_tell_what_is_asked_for():
    text = text_of("stack", show_shapes=True, show_layer_names=False, show_trainable=True)
    assert "<b>LSTM</b>" in text
    assert '<td align="left">output</td><td align="left">(None, 20, 32)</td>' in text
    assert '<td align="left">weights</td><td align="left">trainable</td>' in text


def test_models_inside_are_clusters_with_names_of_their_own():
    text = text_of("nested", expand_nested=True)
    names = re.findall(r"subgraph (\w+) \{", text)
    assert len(names) == len(set(names)) == 2
    assert "label=<pair>" in text
    assert "label=<core>" in text


def test_a_part_of_another_graph_is_a_cluster():
    text = text_of("stack", subgraph=True)
    assert text.startswith("subgraph cluster_model {\n  graph [style=dashed, label=<stack>")


@pytest.mark.parametrize("name", MODELS)
def test_every_brace_is_closed_and_every_arrow_has_its_ends(name):
    text = text_of(name, expand_nested=True, show_shapes=True)
    assert text.count("{") == text.count("}")
    nodes = set(re.findall(r"(n\d+) \[label", text))
    for a, b in re.findall(r"(\w+) -> (\w+);", text):
        assert {a, b} <= nodes


def test_names_are_text_and_no_markup():
    name = '<b>&"x"\\n{|}'
    model = Sequential([Input((2,)), layers.Dense(1, name=name)])
    text = elman.utils.model_to_dot(model).to_string()
    (label,) = re.findall(r"label=<(<table.*?</table>)>\]", text, re.DOTALL)
    (title,) = ElementTree.fromstring(label).iter("b")
    assert title.text == f"{name} (Dense)"


def test_it_is_written_for_graphviz_and_not_as_a_picture(tmp_path):
    dot = elman.utils.model_to_dot(made("stack"))
    dot.write(tmp_path / "model.dot")
    assert (tmp_path / "model.dot").read_text(encoding="utf-8") == dot.to_string() == str(dot)
    with pytest.raises(ArgumentError, match=r"Dot: `path` must end in .dot or .gv; got 'm.png'"):
        dot.write("m.png")
