"""The page: tables of names, arguments, cases and differences."""

import importlib
import inspect
from fnmatch import fnmatch

from tests.parity import scope
from tests.parity.arguments import clean, compared, words
from tests.parity.names import AREAS, BEYOND, both, grouped, public

HEAD = """\
# Parity with Keras

What of Keras {keras} elman has, name by name: which arguments differ, how it was compared with real
Keras, and how far the numbers lay apart. Made by `tests/parity` (it says how) with Keras {keras} on
TensorFlow {tensorflow}, NumPy {numpy} and Python {python}; the implementation was
`{implementation}`. Do not edit it by hand.

A case runs both libraries with the same arguments, weights and inputs, in float32. The difference
of two results is the largest one of any number, divided by the largest number that Keras gives;
1.2e-07 is a rounding of float32. Gradients are those of TensorFlow's `GradientTape` against
`elman.gradients`. "Trained weights" are those after three epochs of `fit`, or after twenty steps of
an optimizer from the same gradients; "distributions" is the distance of Kolmogorov and Smirnov
between 60 000 draws of each. Where nothing is said of arguments, they are Keras's: the same names,
the same defaults, the same order. "also" names what elman has more.

{counts}

## What differs on purpose

{differences}
"""
NAMELESS = "masks", "names of weights"  # equal or not: no sizes to report


def reason(tables, name):
    """Return under what a table of reasons lists a name, None if it does not."""
    for said, names in tables.items():
        if any(fnmatch(name, pattern) for pattern in names.split()):
            return said
    return None


class Page:
    """Collects the tables, and what they cannot explain.

    Args:
        record: what was run.
        keras: the module.
    """

    def __init__(self, record, keras):
        self.record, self.keras = record, keras
        self.parts, self.unknown = [], []
        self.counts = {"yes": 0, "with limits": 0, "no": 0}
        self.more = []  # (name, description) of elman's own
        self.names = {}  # of things with cases, by the thing: Keras has some in several modules
        for name in record.cases:
            *path, last = name.split(".")
            module = next((a.of_elman for a in AREAS if a.module == ".".join(path)), None)
            if hasattr(module, last):
                self.names.setdefault(id(getattr(module, last)), name)

    def present(self, key, names, theirs, module):
        """Return the row of a function or class that elman has, with its other names."""
        name, *others = names
        full = f"{key}.{name}".strip(".")
        sentences = compared(full, getattr(theirs, name), getattr(module, name))
        lacking = sorted(self.record.lacking.get(full, ()))
        if lacking:
            sentences.append(f"`get_config` without {words(lacking)}")
        known = self.names.get(id(getattr(module, name)), full)
        compared_as = full if full in self.record.cases else known
        limit = scope.LIMITS.get(full) or scope.LIMITS.get(known, "")
        return self.row(compared_as, shown(name, others), sentences, limit)

    def row(self, name, shown, sentences, limit):
        """Return a row of a name that elman has."""
        without = any(s.startswith("without") for s in sentences)
        state = "with limits" if limit or without else "yes"
        self.counts[state] += 1
        accepted = scope.ACCEPTED.get(name)
        if accepted:
            sentences = [f"accepted, without effect: {words(accepted)}", *sentences]
        said = "; ".join([*filter(None, [limit]), *sentences])
        return f"| {shown} | {state} | {clean(said, 400)} | {self.compared(name)} |"

    def compared(self, name):
        """Return how many cases there were, and the largest differences."""
        cases = self.record.cases.get(name)
        if not cases:
            return "|"
        sizes = {
            what: value for what, value in self.record.largest[name].items() if what not in NAMELESS
        }
        told = "; ".join(
            f"{what} {value:.1e}" if value else f"{what} 0" for what, value in sizes.items()
        )
        return f"{cases} | {told or 'equal'}"

    def missing(self, shown, said):
        """Return the row of a name that elman lacks."""
        self.counts["no"] += 1
        return f"| {shown} | no | {said} | | |"

    def area(self, area):
        """Add the table of an area."""
        theirs, names, ours = both(area, self.keras)
        module, key = area.of_elman, area.module
        out, lacking = scope.OUT.get(key, {}), scope.MISSING.get(key, {})
        rows, left_out = [], {}
        for name, others in grouped(theirs, names).items():
            here = [n for n in (name, *others) if module is not None and hasattr(module, n)]
            for absent in [n for n in (name, *others) if n not in here]:
                if reason(out, absent):
                    left_out.setdefault(reason(out, absent), []).append(absent)
                elif reason(lacking, absent):
                    rows.append(self.missing(f"`{absent}`", reason(lacking, absent)))
                else:
                    self.unknown.append(f"{key}.{absent} is neither in elman nor in scope.py")
            if here and not inspect.ismodule(getattr(theirs, name)):
                rows.append(self.present(key, here, theirs, module))
        self.stale(key, {**out, **lacking}, module)
        self.more += [(f"{key}.{n}".strip("."), getattr(module, n)) for n in ours if n not in names]
        self.table(area.title, f"`keras.{key}`".replace(".`", "`"), rows, left_out)
        if module is not None and any("| no |" in row for row in rows):
            self.parts.append(f"\n{said_of_missing(module, key)}\n")

    def stale(self, key, tables, module):
        """Note entries of `scope.py` that elman has by now."""
        for names in tables.values():
            for name in names.split():
                if not inspect.ismodule(getattr(module, name, inspect)):
                    self.unknown.append(f"{key}.{name} is in elman, and in scope.py")

    def object(self, title, theirs, ours, inherited):
        """Add the table of methods and attributes of an object."""
        names = [n for n in dir(theirs) if not n.startswith("_") and n not in inherited]
        rows, left_out = [], {}
        for name in names:
            full = f"{title}.{name}"
            if name in dir(ours):
                method = inspect.ismethod(attribute(theirs, name))
                sentences = (
                    compared(full, attribute(theirs, name), attribute(ours, name)) if method else []
                )
                limit = scope.METHOD_LIMITS.get(full, "")
                rows.append(self.row(full, f"`{name}`", sentences, limit))
            elif reason(scope.METHODS_MISSING, name):
                rows.append(self.missing(f"`{name}`", reason(scope.METHODS_MISSING, name)))
            elif reason(scope.METHODS_OUT, name):
                left_out.setdefault(reason(scope.METHODS_OUT, name), []).append(name)
            else:
                self.unknown.append(f"{full} is neither in elman nor in scope.py")
        self.table(f"Methods and attributes: {title}", "", rows, left_out)

    def table(self, title, subtitle, rows, left_out):
        """Add a heading, a table and what is left out."""
        self.parts.append(f"\n## {title}\n")
        if rows:
            head = f"| {subtitle or 'name'} | elman | arguments and limits | cases | differences |"
            self.parts.append("\n".join([head, "|---|---|---|---|---|", *rows]))
        for said, names in left_out.items():
            self.parts.append(f"\nOut of scope ({said}): {words(sorted(names))}.")

    def text(self, versions):
        """Return the page."""
        counts = ", ".join(f"{count} {state}" for state, count in self.counts.items())
        head = HEAD.format(
            **versions, differences=scope.DIFFERENCES, counts=f"Of the names in scope: {counts}."
        )
        more = "\n".join(
            f"- `{name}`: {described(value)}" for name, value in sorted(self.more, key=str)
        )
        beyond = f"\n## Beyond Keras\n\nWhat elman has and Keras has not.\n\n{more}\n"
        failures = "\n".join(
            f"- `{name}`, `{case}`: {clean(said)}. {scope.EXPLAINED.get((name, case), '')}"
            for name, case, said in self.record.failures
        )
        apart = f"\n## Cases that did not agree\n\n{failures or 'None.'}\n"
        return head + "\n".join(self.parts) + "\n" + beyond + apart


def attribute(value, name):
    """Return an attribute, None where it is not to be had yet."""
    try:
        return getattr(value, name)
    except Exception:
        return None


def shown(name, others):
    """Return a name with its other names."""
    return f"`{name}`" + (f" ({words(others)})" if others else "")


def described(value):
    """Return the first sentence of a docstring."""
    if inspect.ismodule(value) or callable(value):
        return clean((inspect.getdoc(value) or "").split("\n\n")[0], 120)
    return "a table or a number"


def said_of_missing(module, key):
    """Return what elman says to somebody who asks for a name that it lacks."""
    try:
        module.Missing  # noqa: B018 - for its error
    except AttributeError as error:
        said = str(error).replace("'Missing'", "'…'").replace("Missing", "…").split(". elman's")[0]
        return f"A name that is not there raises AttributeError: {clean(said, 200)}"
    return ""


def written(record, keras, objects, versions):
    """Return the page as text, and what could not be explained."""
    page = Page(record, keras)
    for area in AREAS:
        page.area(area)
    for key in BEYOND:
        module = importlib.import_module(f"elman.{key}")
        page.more += [(f"{key}.{name}", getattr(module, name)) for name in public(module)]
    for title, (theirs, ours, inherited) in objects.items():
        page.object(title, theirs, ours, inherited)
    return page.text(versions), page.unknown
