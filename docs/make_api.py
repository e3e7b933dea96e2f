"""Write the pages of `docs/api` from signatures and docstrings.

    python docs/make_api.py        writes them
    pages()                        what they should be, which tests/test_api_pages.py compares

A name stands on one page, other names of the same thing beside it, and in the index with its
one-line description. What has no kind below goes to the page of its module.
"""

import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).with_name("api")
WIDTH = 96

# Module, title, and what is to be said of it at the top.
MODULES = {
    "elman.layers": "Layers that are not on the pages of recurrent, sequence or merging layers.",
    "elman.models": "What is put together of layers, and trained.",
    "elman.losses": "A function gives a value an entry, and a class reduces them to a number. "
    "The gradient of a function `NAME` is `d_NAME(dvalues, y_true, y_pred, …)`.",
    "elman.metrics": "Running means over the batches of an epoch. Functions that `elman.losses` "
    "has too are there.",
    "elman.optimizers": "Rules that turn gradients into steps. All take the arguments that "
    "`Optimizer` has.",
    "elman.optimizers.schedules": "Learning rates that change with the number of batches.",
    "elman.callbacks": "What is told how training goes.",
    "elman.initializers": "The first values of weights.",
    "elman.regularizers": "Penalties on weights and outputs.",
    "elman.constraints": "What a weight must be after each step.",
    "elman.activations": "Functions of pre-activations, by name or by themselves. The derivative "
    "of `NAME` is `dNAME`.",
    "elman.ops": "The functions of `keras.ops`, on arrays, weights, what a tape watches, and "
    "symbolic tensors; see [layers of your own](../guides/your_own.md). Those of "
    "`elman.activations` are here too.",
    "elman.random": "Random numbers for layers of your own.",
    "elman.utils": "Helpers around data and training.",
    "elman.preprocessing.sequence": "Sequences made ready for a model.",
    "elman.generation": "What a model puts out is its next input; see "
    "[generating](../guides/generation.md). `generate` is `elman.generate` too.",
    "elman.saving": "Classes of your own in files. `load_model` and `model_from_json` of "
    "`elman.models` are here too.",
    "elman.formats.c": "Models in C; see [C](../guides/c_export.md). `write` is "
    "`model.export` of a file that ends in .h or .c.",
    "elman.formats.rtneural": "RTNeural's JSON. `load_rtneural` is in `elman` too, and `write` is "
    "`model.export` with the format 'rtneural'.",
    "elman.formats.onnx": "ONNX in and out; see [ONNX](../guides/onnx.md). `load_onnx` is "
    '`elman.load_onnx` too, and `save` what `model.export("m.onnx")` does.',
    "elman.kernels": "The compiled kernels.",
    "elman.errors": "All of them are an `ElmanError`.",
    "elman.formats.torch": "PyTorch in and out, without PyTorch; see [from PyTorch and back]"
    "(../guides/torch.md). All but `TorchRecurrent` is in `elman` too.",
    "elman": "Looking inside. `Input`, `Layer`, `Model`, `Sequential` and the functions of threads "
    "stand here too.",
    "elman.inspection": "Looking further inside; see [dynamics](../guides/dynamics.md) and "
    "[attribution](../guides/attribution.md). What stands in `elman` too is told there.",
}
# The layers that have pages of their own, by kind.
KINDS = {
    "layers_recurrent": (
        "Recurrent layers, cells, and what is around them",
        "SimpleRNN GRU LSTM RNN SimpleRNNCell GRUCell LSTMCell StackedRNNCells Bidirectional "
        "CoupledLSTM CoupledLSTMCell GRUD IndRNN IndRNNCell LayerNormGRU LayerNormGRUCell "
        "LayerNormLSTM LayerNormLSTMCell LeakyRNN LeakyRNNCell MinGRU MinGRUCell MinLSTM "
        "MinLSTMCell PeepholeLSTM PeepholeLSTMCell ZoneoutLSTM ZoneoutLSTMCell "
        "TimeDistributed Masking Embedding Wrapper",
    ),
    "layers_sequence": (
        "Layers along the timesteps: convolution, pooling, padding",
        "Conv1D Conv1DTranspose SeparableConv1D DepthwiseConv1D MaxPooling1D AveragePooling1D "
        "GlobalMaxPooling1D GlobalAveragePooling1D Cropping1D UpSampling1D ZeroPadding1D",
    ),
    "layers_merging": (
        "Layers with several inputs: merging and attention",
        "Add Average Multiply Subtract Maximum Minimum Concatenate Dot Attention AdditiveAttention "
        "MultiHeadAttention GroupQueryAttention add average multiply subtract maximum minimum "
        "concatenate dot",
    ),
}
# Modules whose functions are many and alike: a line each.
BRIEF = (
    *("elman.ops", "elman.activations", "elman.losses", "elman.metrics", "elman.random"),
    "elman.errors",
)
# Of which modules only these names are meant for everybody.
ONLY = {"elman.kernels": ("get_num_threads", "set_num_threads", "status")}
# What a module has beside what is meant for everybody.
INTERNAL = {
    "elman.activations": {"derivative", "is_known", "name_of"},
    "elman.initializers": {"fans", "truncated_standard_normal"},
    "elman.regularizers": {"has_gradient"},
}


class Page(NamedTuple):
    """What stands on a page: the names of a module, or of one kind of layers."""

    module: str
    title: str
    lead: str
    things: dict[str, Any]


# ---------------------------------------------------------------------- what there is


def public(module: str) -> dict[str, Any]:
    """Return the public classes and functions of a module, by name."""
    found = importlib.import_module(module)
    names = getattr(found, "__all__", None)
    if module in ONLY:
        names = ONLY[module]
    elif names is None:
        own = [name for name, thing in vars(found).items() if _is_of(thing, found)]
        names = [name for name in own if name[0] != "_"]
    internal = INTERNAL.get(module, ())
    things = {name: getattr(found, name) for name in names if name not in internal}
    things = {name: thing for name, thing in things.items() if not inspect.ismodule(thing)}
    gradients = "d" if module == "elman.activations" else "d_"
    return {
        name: thing
        for name, thing in things.items()
        if not (name.startswith(gradients) and name.removeprefix(gradients) in things)
    }


def _is_of(thing: Any, module: Any) -> bool:
    kind = inspect.isclass(thing) or inspect.isfunction(thing)
    return kind and thing.__module__ == module.__name__


def placed() -> dict[str, Page]:
    """Return the pages by the names of their files."""
    found: dict[str, Page] = {}
    seen = set[tuple[str, int]]()
    for module in MODULES:  # what stands in an earlier one too is not told again
        every = {(name, id(thing)): thing for name, thing in public(module).items()}
        things = {key[0]: thing for key, thing in every.items() if key not in seen}
        seen |= every.keys()
        if module == "elman.layers":
            for page, (title, names) in KINDS.items():
                mine = {id(things[name]) for name in names.split() if name in things}
                chosen = {name: thing for name, thing in things.items() if id(thing) in mine}
                things = {name: thing for name, thing in things.items() if name not in chosen}
                found[page] = Page(module, title, "All are in `elman.layers`.", chosen)
        file = module.removeprefix("elman.").replace(".", "_")
        found[file] = Page(module, f"`{module}`", MODULES[module], things)
    return found


def grouped(things: dict[str, Any]) -> list[tuple[str, list[str], Any]]:
    """Return name, other names and thing, in alphabetical order."""
    names: dict[int, list[str]] = {}
    for name, thing in things.items():
        names.setdefault(id(thing), []).append(name)
    rows = []
    for same in names.values():
        thing = things[same[0]]
        first = thing.__name__ if thing.__name__ in same else same[0]
        rows.append((first, [name for name in same if name != first], thing))
    return sorted(rows, key=lambda row: (row[0].lower(), row[0]))


# ---------------------------------------------------------------------- a thing as Markdown


def signature(name: str, thing: Any, *, method: bool = False) -> str:
    """Return how a thing is called, a method without what it belongs to."""
    if inspect.isclass(thing) and issubclass(thing, Exception):
        return name
    parameters = list(inspect.signature(thing).parameters.values())[method:]
    words: list[str] = []
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not any(w.startswith("*") for w in words):
            words.append("*")
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
        default = "" if parameter.default is parameter.empty else f"={_shown(parameter.default)}"
        words.append(stars.get(parameter.kind, "") + parameter.name + default)
    return f"{name}({', '.join(words)})"


def _shown(default: Any) -> str:
    return getattr(default, "__name__", repr(default))


def doc(thing: Any) -> str:
    """Return the docstring that a thing has itself."""
    text = thing.__dict__.get("__doc__") if inspect.isclass(thing) else thing.__doc__
    return inspect.cleandoc(text or "")


def first_line(thing: Any) -> str:
    """Return the first sentence, or all that stands before the first blank line, of its docs."""
    return " ".join(doc(thing).split("\n\n")[0].split())


def markdown(text: str) -> str:
    """Return a docstring as Markdown: sections as lists, examples left out."""
    parts = []
    for block in text.split("\n\n"):
        head, _, rest = block.partition("\n")
        if block.startswith(">>>"):
            break
        if re.fullmatch(r"(Args|Raises|Returns|Attributes):", head):
            parts.append(_section(head, textwrap.dedent(rest)))
        else:
            parts.append(block)
    return "\n\n".join(parts)


def _section(head: str, text: str) -> str:
    """Return the list of arguments, say, as bullets; what is not a list as a paragraph."""
    entries = re.split(r"\n(?! )", text)
    if not all(": " in entry for entry in entries) or head == "Returns:":
        return f"{head} {' '.join(text.split())}"
    lines = []
    for entry in entries:
        names, _, said = " ".join(entry.split()).partition(": ")
        lines.append(f"- {re.sub(NAME, _quoted, names)}: {said}")
    return f"{head}\n\n" + "\n".join(lines)


NAME = re.compile(r"(?:^|(?<=, ))(\*{0,2}[a-zA-Z_]\w*)(?=,|$)")  # a word by itself between commas


def _quoted(name: re.Match[str]) -> str:
    return f"`{name[1]}`"


def methods(thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield what users of a class call: its public methods that no class above it has."""
    above = [name for cls in thing.__mro__[1:] for name in vars(cls)]
    for name, member in vars(thing).items():
        function = getattr(member, "fget", getattr(member, "__func__", member))
        if name[0] == "_" or name in above or not inspect.isfunction(function) or not doc(function):
            continue
        own = not isinstance(member, staticmethod)
        how = name if isinstance(member, property) else signature(name, function, method=own)
        yield how, function


def told(name: str, others: list[str], thing: Any) -> str:
    """Return all about one class or function."""
    parts = [f"## {name}", _fenced(signature(name, thing))]
    if others:
        parts.append(f"Also {', '.join(f'`{other}`' for other in others)}.")
    parts.append(markdown(doc(thing)))
    found = list(methods(thing)) if inspect.isclass(thing) else []
    lines = [
        f"- `{how}`: {first_line(function)}" for how, function in found if brief_enough(function)
    ]
    if lines:
        parts.append("Methods and properties:\n\n" + "\n".join(lines))
    for how, function in found:
        if not brief_enough(function):
            title = f"### {name}.{function.__name__}"
            parts += [title, _fenced(how), markdown(doc(function))]
    return "\n\n".join(parts)


def brief_enough(function: Any) -> bool:
    """Say whether the first line is all that there is to know of a method."""
    return "Args:" not in doc(function)


def _fenced(text: str) -> str:
    lines = textwrap.fill(
        text, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
    return f"```\n{lines}\n```"


def brief(rows: list[tuple[str, list[str], Any]]) -> str:
    """Return a line for each of many functions."""
    lines = []
    for name, others, thing in rows:
        also = f" Also {', '.join(f'`{other}`' for other in others)}." if others else ""
        lines.append(f"- `{signature(name, thing)}`: {first_line(thing)}{also}")
    return "## Functions\n\n" + "\n".join(lines)


# ---------------------------------------------------------------------- pages


def page(module: str, title: str, lead: str, things: dict[str, Any]) -> str:
    """Return a page."""
    rows = grouped(things)
    lines = [row for row in rows if has_line(module, row[2])]
    parts = [f"# {title}", lead, *(told(*row) for row in rows if row not in lines)]
    if lines:
        parts.append(brief(lines))
    return "\n\n".join(parts) + "\n"


def has_line(module: str, thing: Any) -> bool:
    """Say whether a thing has only a line on its page."""
    return module in BRIEF and (not inspect.isclass(thing) or issubclass(thing, Exception))


def index(found: dict[str, Page]) -> str:
    """Return the page on which every name stands, with a line about it."""
    lines = []
    for file, (module, _, _, things) in found.items():
        anchors: list[str] = []
        for name, others, thing in grouped(things):
            anchor = "" if has_line(module, thing) else f"#{name.lower()}"
            again = f"-{anchors.count(anchor)}" if anchor and anchor in anchors else ""
            anchors.append(anchor)
            where, link = module.removeprefix("elman."), f"[`{name}`]({file}.md{anchor}{again})"
            lines.append((name, f"{link} {where}: {first_line(thing)}"))
            lines += [(other, f"`{other}` {where}: `{name}`.") for other in others]
    lines.sort(key=lambda line: (line[0].lower(), line[0], line[1]))
    listed = [f"- [{title}]({file}.md): {lead}" for file, (_, title, lead, _) in found.items()]
    parts = [
        "# All names",
        "Written by `python docs/make_api.py` from the docstrings, which have examples besides: "
        "`help(elman.layers.LSTM)` shows them.",
        "\n".join(listed),
        "\n".join(f"- {line}" for _, line in lines),
    ]
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Return what every file of `docs/api` should hold, by its name."""
    found = placed()
    return {"index.md": index(found)} | {f"{file}.md": page(*what) for file, what in found.items()}


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(pages())} pages in {FOLDER}\n")


if __name__ == "__main__":
    main()
