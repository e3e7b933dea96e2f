"""elman's threads as threadpoolctl sees them.

`threadpoolctl.threadpool_limits(1)` bounds the threads of every library that it knows. It knows
elman as soon as it is imported, before elman or after it; elman itself never imports it.

    with threadpoolctl.threadpool_limits(limits=1, user_api="elman"):
        model.fit(x, y)
"""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def announce(get_num_threads: Callable[[], int], set_num_threads: Callable[[int], None]) -> None:
    """Tell threadpoolctl about elman: now if it is imported already, else once it is."""

    def register(threadpoolctl: Any) -> None:
        if hasattr(threadpoolctl, "register"):  # old versions know no library but their own
            _register(threadpoolctl, get_num_threads, set_num_threads)

    if "threadpoolctl" in sys.modules:
        register(sys.modules["threadpoolctl"])
    else:
        sys.meta_path.insert(0, _Watch("threadpoolctl", register))


def _register(threadpoolctl: Any, get: Callable[[], int], limit: Callable[[int], None]) -> None:
    class Controller(threadpoolctl.LibController):  # type: ignore[misc]
        """One shared library, `elman/_native`, in threadpoolctl's words."""

        user_api = internal_api = "elman"
        filename_prefixes = ("_native",)
        check_symbols = ("elman_native",)  # exported by native/module.cpp: the name is not rare

        def get_num_threads(self) -> int:
            return get()

        def set_num_threads(self, num_threads: int) -> None:
            limit(num_threads)

        def get_version(self) -> str:
            return str(import_module("elman").__version__)

    threadpoolctl.register(Controller)


class _Watch:
    """Call back when a module has been imported; finds nothing itself and then goes away."""

    def __init__(self, name: str, done: Callable[[ModuleType], None]) -> None:
        self.name, self.done = name, done

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self.name or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                self.done(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
