"""Names of a package whose modules are imported when they are first asked for.

elman has hundreds of names, and `import elman` does not cost what nobody uses. A package says in
which module each of them stands:

    CLASSES = Later(__name__, {"adam": "Adam AdamW", "muon": "Muon"})
    CLASSES["Muon"]      the class, from elman.optimizers.muon
"""

import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, TypeVar

T = TypeVar("T")


class Later(Mapping[str, T]):
    """What stands in the modules of a package, by name; what is asked for stays in the package.

    Args:
        package: its name.
        modules: the names in each module, apart by spaces; no public name may be a module's.
        aliases: further names, each for one of these.
    """

    def __init__(
        self, package: str, modules: Mapping[str, str], aliases: Mapping[str, str] | None = None
    ) -> None:
        self.package, self.aliases = package, dict(aliases or {})
        self.places = {name: module for module, names in modules.items() for name in names.split()}

    def __getitem__(self, name: str) -> T:
        name = self.aliases.get(name, name)
        place, package = self.places[name], vars(sys.modules[self.package])
        if name not in package:
            package[name] = getattr(import_module(f"{self.package}.{place}"), name)
        found: Any = package[name]
        return found

    def __iter__(self) -> Iterator[str]:
        return iter((*self.places, *self.aliases))

    def __len__(self) -> int:
        return len(self.places) + len(self.aliases)

    def __contains__(self, name: object) -> bool:
        return name in self.places or name in self.aliases
