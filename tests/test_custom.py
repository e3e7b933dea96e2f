"""Names of classes and functions of one's own: registered, in a scope, looked up."""

import re

import pytest

from elman import _custom, layers, saving
from elman.errors import ArgumentError


@pytest.fixture(autouse=True)
def as_it_was():
    """Forget what a test has registered."""
    before = dict(_custom._registered), dict(_custom._names)
    yield
    for table, kept in zip((_custom._registered, _custom._names), before, strict=True):
        table.clear()
        table.update(kept)


class Mine(layers.Layer):
    """A class to be found."""


def twice(x):
    """A function to be found."""
    return 2 * x


def test_what_is_registered_is_found_under_its_package_and_name():
    assert saving.register_keras_serializable("mine")(Mine) is Mine
    saving.register_keras_serializable("mine", name="double")(twice)
    assert saving.get_registered_name(Mine) == "mine>Mine"
    assert saving.get_registered_name(twice) == "mine>double"
    assert saving.get_registered_object("mine>Mine") is Mine
    assert saving.get_custom_objects()["mine>double"] is twice
    assert saving.get_registered_object("Mine") is None


def test_without_a_package_the_name_alone_is_enough():
    saving.register_keras_serializable()(twice)
    assert saving.get_registered_name(twice) == "Custom>twice"
    assert saving.get_registered_object("twice") is twice


def test_a_scope_holds_while_it_is_open_and_goes_first():
    saving.register_keras_serializable()(twice)
    with saving.custom_object_scope({"twice": Mine, "more": twice}):
        assert saving.get_registered_object("twice") is Mine
        with saving.CustomObjectScope({"more": Mine}):
            assert saving.get_registered_object("more") is Mine
            assert saving.get_registered_object("twice") is Mine
        assert saving.get_registered_object("more") is twice
    assert saving.get_registered_object("twice") is twice
    assert saving.get_registered_object("more") is None


def test_a_scope_that_is_left_by_an_exception_is_closed():
    with pytest.raises(KeyError), saving.custom_object_scope({"a": Mine}):
        raise KeyError
    assert saving.get_registered_object("a") is None


def test_what_is_looked_up_is_a_name():
    assert saving.get_registered_object(None) is None
    assert saving.get_registered_object(3) is None
    text = "get_registered_name: `obj` must be a class or a function; got []."
    with pytest.raises(ArgumentError, match=re.escape(text)):
        saving.get_registered_name([])
    assert _custom.find({"class_name": "Nothing"}) is None


class Bare:
    """A class that says nothing of itself."""


@pytest.mark.parametrize(
    ("attempt", "text"),
    [
        (lambda: saving.register_keras_serializable()(Bare),
         "register_keras_serializable: `Bare` must have a `get_config`; it has none."),
        (lambda: saving.register_keras_serializable(3), "`package` must be a string; got 3"),
        (lambda: saving.custom_object_scope([Mine]).__enter__(),
         "custom_object_scope: `custom_objects` must be a dictionary from names to classes or"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do(attempt, text):
    with pytest.raises(ArgumentError, match=re.escape(text)):
        attempt()


def test_a_scope_holds_classes_and_functions():
    text = "`custom_objects` must hold classes and functions; got 'mse' for 'mine'. Give the class"
    with pytest.raises(ArgumentError, match=text), saving.custom_object_scope({"mine": "mse"}):
        pass
