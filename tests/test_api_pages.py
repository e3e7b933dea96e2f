"""The pages of `docs/api` are what the docstrings say, and these show results that are run."""

import importlib.util
import inspect
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "api"
# Where each class and function shows a result in its docstring.
WITH_EXAMPLES = (
    *("layers", "losses", "metrics", "optimizers", "optimizers.schedules", "callbacks"),
    *("regularizers", "constraints", "initializers", "utils", "models", "saving"),
)
WITHOUT = {
    # What `VarianceScaling` shows, with other factors; and their base, which draws nothing.
    *("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal"),
    "Initializer",
    # Classes of your own in files: docs/guides/your_own.md shows them at work.
    *("custom_object_scope", "deserialize_keras_object", "register_keras_serializable"),
    *("get_custom_objects", "get_registered_name", "get_registered_object"),
}


def load():
    """Return docs/make_api.py as a module."""
    spec = importlib.util.spec_from_file_location("make_api", ROOT / "docs" / "make_api.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_api = load()
PAGES = make_api.pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_docstrings_say(name):
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert written == PAGES[name], "run `python docs/make_api.py`"


def test_no_page_is_left_over():
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


@pytest.mark.parametrize("module", make_api.MODULES)
def test_every_public_name_stands_in_the_index(module):
    for name in make_api.public(module):
        assert f"`{name}`" in PAGES["index.md"]


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_every_class_and_function_has_a_docstring_that_shows_a_result(module):
    things = make_api.public(f"elman.{module}")
    for thing in things.values():
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert make_api.doc(thing), thing.__name__
    shown = {thing.__name__ for thing in things.values() if ">>>" in make_api.doc(thing)}
    named = {thing.__name__ for thing in things.values()}
    ours = {"register": "register_keras_serializable", "scope": "custom_object_scope"}
    ours |= {"all_objects": "get_custom_objects", "name_of": "get_registered_name"}
    ours |= {"by_name": "get_registered_object"}
    assert {ours.get(name, name) for name in named - shown} <= WITHOUT


def test_links_of_the_index_lead_to_headings():
    for line in PAGES["index.md"].splitlines():
        targets = [part.split(")")[0] for part in line.split("](")[1:]]
        for target in targets:
            if target.startswith("../"):
                assert (FOLDER / target).is_file()
                continue
            file, _, anchor = target.partition("#")
            headings = [h[3:].lower() for h in PAGES[file].splitlines() if h.startswith("## ")]
            name, _, place = anchor.partition("-")
            assert not anchor or headings.count(name) > int(place or 0)


def test_sections_become_lists_and_examples_are_left_out():
    text = make_api.markdown(
        'Do it.\n\nArgs:\n    a, b: two things,\n        of a kind.\n    *rest, others: "x".\n\n'
        "Returns:\n    What is left: a number.\n\n>>> 1\n1"
    )
    assert text == (
        'Do it.\n\nArgs:\n\n- `a`, `b`: two things, of a kind.\n- `*rest`, `others`: "x".\n\n'
        "Returns: What is left: a number."
    )


def test_signatures_say_what_is_given_by_name():
    def function(a, b=1, *, c="x", **options): ...

    def taking_any(*args, d=None): ...

    assert make_api.signature("f", function) == "f(a, b=1, *, c='x', **options)"
    assert make_api.signature("g", taking_any) == "g(*args, d=None)"
    assert make_api.signature("m", function, method=True) == "m(b=1, *, c='x', **options)"
