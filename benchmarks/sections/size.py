"""How much does an installation take on the disk, alone and with what it needs?"""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from benchmarks import table
from benchmarks.bench import Bench
from benchmarks.contenders import CONTENDERS, OWN

TITLE = "Size of the installed files"

show = table.by_contender


def run(bench: Bench) -> None:
    for name in [OWN, *bench.rivals]:
        # Keras and its backend are two, TensorFlow has two names: those that are there count.
        found = [d for d in map(_distribution, CONTENDERS[name].distributions) if d]
        needed = {d.name: d for first in found for d in needs(first).values()}
        alone = sum(map(_files, found)) or _folder(CONTENDERS[name].needs[0])
        bench.put(1, {"what": "alone"}, name, alone, "bytes")
        if needed:
            bench.put(
                1, {"what": "with all it needs"}, name, sum(map(_files, needed.values())), "bytes"
            )


def needs(root: Distribution) -> dict[str, Distribution]:
    """Return a distribution and all that it requires here, without extras."""
    found, waiting = {}, [root]
    while waiting:
        one = waiting.pop()
        if one.name in found:
            continue
        found[one.name] = one
        for requirement in one.requires or ():
            if "extra ==" not in requirement:
                name = re.split(r"[\s<>=!~;\[(]", requirement, maxsplit=1)[0]
                waiting += [d for d in [_distribution(name)] if d]  # others are for elsewhere
    return found


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _files(one: Distribution) -> int:
    """Return the bytes of what was installed, without bytecode, which is made later."""
    paths = [Path(str(file.locate())) for file in one.files or () if file.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.is_file())


def _folder(module: str) -> int:
    """Return the bytes of a package that runs from its sources."""
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    paths = Path(spec.origin).parent.rglob("*")
    return sum(p.stat().st_size for p in paths if p.is_file() and p.suffix != ".pyc")
