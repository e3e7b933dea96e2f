"""The arguments of `plot_model` and `model_to_dot`."""

import sys

import pytest

import elman
from elman.errors import ArgumentError, MissingDependencyError, NotBuiltError
from tests.utils.plot.models import Own, made

plot_model, model_to_dot = elman.utils.plot_model, elman.utils.model_to_dot


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rankdir": "UP"}, r"`rankdir` must be one of 'TB', 'BT', 'LR', 'RL'; got 'UP'"),
        ({"splines": "round"}, r"`splines` must be one of 'ortho', 'curved', .*; got 'round'"),
        ({"dpi": 0}, r"`dpi` must be a positive number; got 0"),
        ({"dpi": float("nan")}, r"`dpi` must be a positive number; got nan"),
        ({"dpi": "fine"}, r"`dpi` must be a positive number; got 'fine'"),
        ({"show_shapes": "yes"}, r"`show_shapes` must be True or False; got 'yes'"),
        ({"expand_nested": 3}, r"`expand_nested` must be True or False; got 3"),
        ({"show_shape": True}, r"`show_shape` must be an argument .* Did you mean 'show_shapes'?"),
        ({"layer_range": ["a", "b"]}, r"`layer_range` must be left out, as in Keras"),
    ],
)
@pytest.mark.parametrize("function", [plot_model, model_to_dot])
def test_wrong_arguments_say_what_is_wanted(function, options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArgumentError, match=f"{function.__name__}: {message}"):
        function(made("stack"), **options)
    assert list(tmp_path.iterdir()) == []


def test_pictures_are_files_of_three_kinds():
    with pytest.raises(
        ArgumentError, match=r"plot_model: `to_file` must end in .png, .svg or .pdf; got 'm.jpg'"
    ):
        plot_model(made("stack"), "m.jpg")


@pytest.mark.parametrize("function", [plot_model, model_to_dot])
def test_only_models_are_drawn_and_only_built_ones(function):
    with pytest.raises(ArgumentError, match=r"`model` must be a model; got Dense"):
        function(elman.layers.Dense(1))
    with pytest.raises(NotBuiltError, match=r"Own 'own': it must be built to be drawn"):
        function(Own())


def test_without_matplotlib_it_says_what_to_install(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'elman\[plot\]'`, or write"):
        plot_model(made("stack"), "never.png")
    assert model_to_dot(made("stack")).to_string()
