"""Signatures side by side: what Keras takes, and what elman says to it."""

import inspect
import warnings
from inspect import Parameter

VARIABLE = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
FIRST = {  # what a constructor must be given
    "layers.Dense": (1,),
    "layers.Embedding": (2, 3),
    "layers.Input": ((2,),),
    "layers.InputLayer": ((2,),),
    "Input": ((2,),),
}
TRIED = {  # a value that says more than the default
    "lora_rank": 2,
    "lora_alpha": 2,
    "quantization_config": "int8",
    "sparse": True,
    "ragged": True,
    "optional": True,
    "tensor": [1.0],
    "input_tensor": [1.0],
    "dtype": "float32",
    "custom_objects": {},
}


def parameters(function):
    """Return the parameters of a function or class, without `*args` and `**kwargs`."""
    found = inspect.signature(function).parameters.values()
    if inspect.isclass(function) and all(p.kind in VARIABLE for p in found):
        found = list(inspect.signature(function.__init__).parameters.values())[1:]
    return [p for p in found if p.kind not in VARIABLE and p.name != "self"]


def takes_any(function):
    """Say whether a function takes keywords that its signature does not name."""
    found = inspect.signature(function).parameters.values()
    return any(p.kind is Parameter.VAR_KEYWORD for p in found)


def outcome(name, function, argument, value):
    """Return what elman raises when it is given an argument, None if it takes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            function(*FIRST.get(name, needed(function)), **{argument: value})
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    return None


def needed(function):
    """Return a value for each parameter that has no default."""
    found = inspect.signature(function).parameters.values()
    return [0.5 for p in found if p.default is Parameter.empty and p.kind not in VARIABLE]


def compared(name, theirs, ours):
    """Return what is not the same in two signatures, as a list of sentences."""
    try:
        keras, elman = parameters(theirs), {p.name: p for p in parameters(ours)}
    except (TypeError, ValueError):
        return []
    said, by_keyword, refused = [], [], {}
    for p in keras:
        if p.name in elman:
            continue
        default = None if p.default is Parameter.empty else p.default
        if takes_any(ours) and not outcome(name, ours, p.name, default):
            told = p.name in TRIED and outcome(name, ours, p.name, TRIED[p.name])
            if told:
                refused[p.name] = told
            else:
                by_keyword.append(p.name)
        else:
            refused[p.name] = outcome(name, ours, p.name, TRIED.get(p.name, default))
    if refused:
        said.append(f"without {words(refused)} ({shortest(refused.values())})")
    if by_keyword:
        said.append(f"by keyword only: {words(by_keyword)}")
    more = [p for p in elman if p not in {q.name for q in keras}]
    if more:
        said.append(f"also {words(more)}")
    defaults = [
        f"`{p.name}={elman[p.name].default!r}` for `{p.default!r}`"
        for p in keras
        if p.name in elman and different(p.default, elman[p.name].default)
    ]
    if defaults:
        said.append("default " + ", ".join(defaults))
    return said + order(keras, elman)


def order(keras, elman):
    """Return what is said of arguments that stand at another place."""
    here = [p.name for p in elman.values() if p.kind is not Parameter.KEYWORD_ONLY]
    there = [p.name for p in keras if p.kind is not Parameter.KEYWORD_ONLY]
    moved = [a for a, b in zip(here, there, strict=False) if a != b and a in there]
    closed = [n for n in there if n in elman and elman[n].kind is Parameter.KEYWORD_ONLY]
    said = [f"at another position: {words(moved)}"] if moved else []
    return said + ([f"by keyword only: {words(closed)}"] if closed else [])


def different(one, other):
    """Say whether two defaults are not the same."""
    if one is Parameter.empty or other is Parameter.empty:
        return one is not other
    try:
        return repr(one) != repr(other) and bool(one != other)
    except ValueError:
        return True


def words(names):
    """Return names one behind the other.

    >>> words(["a", "b"])
    '`a`, `b`'
    """
    return ", ".join(f"`{name}`" for name in names)


def shortest(texts):
    """Return the kinds of errors, or the only text there is."""
    texts = sorted({text for text in texts if text})
    kinds = sorted({text.split(":")[0] for text in texts})
    return clean(texts[0]) if len(texts) == 1 and kinds != ["TypeError"] else ", ".join(kinds)


def clean(text, width=160):
    """Return a text as a table can hold it."""
    text = " ".join(text.split()).replace("|", "\\|")
    return text if len(text) <= width else text[: width - 2] + " …"
