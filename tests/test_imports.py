"""What may import what, where no linter looks: see ARCHITECTURE.md."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import elman

SOURCE = Path(elman.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
MODULES = [m.name for m in pkgutil.walk_packages(elman.__path__, "elman.")]


def imported(path):
    """Return the modules that a file imports anywhere, as dotted names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def ours(path):
    return {name for name in imported(path) if name.split(".")[0] not in sys.stdlib_module_names}


def run(code):
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_importing_elman_imports_numpy_and_nothing_heavier():
    code = (
        "import sys; before = set(sys.modules); import elman\n"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    # `cython_runtime` is made by the compiled parts of NumPy 1.
    unnamed = {"__mp_main__", "cython_runtime"}
    third_party = set(run(code).split()) - set(sys.stdlib_module_names) - unnamed
    assert {name for name in third_party if not name.startswith("_")} == {"numpy", "elman"}


def test_what_is_asked_for_later_is_imported_later():
    loaded = set(run("import sys, elman; print(*sys.modules)").split())
    packages = ("backend", "config", "formats", "generation", "inspection", "ops", "random")
    packages += ("saving", "utils")
    others = ("layers.conv1d", "metrics.auc", "models.matching", "models.stream", "optimizers.muon")
    others += ("models.online", "online")
    later = {f"elman.{name}" for name in (*packages, *others, "_more_activations")}
    assert not loaded & {"difflib", "pathlib", *later}
    for name in packages:
        assert run(f"import elman; print(elman.{name}.__name__)").strip() == f"elman.{name}"


@pytest.mark.parametrize(
    "name", ["gradients", "generate", "DTypePolicy", "layers.Conv1D", "layers.AvgPool1D",
             "metrics.AUC", "metrics.top_k_categorical_accuracy", "models.Stream",
             "load_torch", "optimizers.Muon"],
)  # fmt: skip
def test_names_are_there_at_once_and_in_dir(name):
    *package, last = f"elman.{name}".split(".")
    module = ".".join(package)
    run(f"from {module} import {last}; import elman; assert elman.{name} is {last}")
    assert last in dir(importlib.import_module(module))


def test_training_needs_nothing_heavier_either():
    code = (
        "import sys, numpy as np, elman\n"
        "from elman import layers\n"
        "model = elman.Sequential([elman.Input((3, 2)), layers.LSTM(2), layers.Dense(1)])\n"
        "model.compile('adam', 'mse', metrics=['mae'])\n"
        "model.fit(np.ones((4, 3, 2)), np.ones((4, 1)), verbose=2)\n"
        "model.predict(np.ones((4, 3, 2)))\n"
        "print(*{name.split('.')[0] for name in sys.modules} & {'rich', 'typer', 'polars'})"
    )
    assert run(code).splitlines()[-1] == ""


def test_every_public_name_is_there():
    for module in [elman, *map(importlib.import_module, MODULES)]:
        for name in getattr(module, "__all__", ()):
            assert hasattr(module, name), f"{module.__name__}.{name}"
    assert sorted(elman.__all__) == sorted(set(elman.__all__))


def test_keras_s_names_are_at_the_top():
    names = "Input Layer Model Sequential activations callbacks initializers layers losses metrics"
    for name in [*names.split(), "models", "optimizers", "saving", "utils"]:
        assert name in elman.__all__
        assert getattr(elman, name) is not None


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_every_module_says_what_it_is_for(path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted((SOURCE / "cells").glob("*.py")), ids=lambda p: p.stem)
def test_cells_import_numpy_and_activations_alone(path):
    allowed = ("numpy", "elman.activations", "elman._typing", "elman.cells")
    assert {name for name in ours(path) if not name.startswith(allowed)} == set()


def test_the_time_loop_imports_cells_numpy_and_activations_alone():
    allowed = ("numpy", "elman.activations", "elman._typing", "elman.cells")
    assert {n for n in ours(SOURCE / "bptt.py") if not n.startswith(allowed)} == set()


def test_four_modules_alone_import_the_compiled_core():
    users = {p.name for p in FILES if any("_native" in name.split(".") for name in imported(p))}
    assert users <= {"kernels.py", "_native_tape.py", "fused.py", "bound.py"}


def test_layers_and_models_do_not_import_the_time_loop():
    loop = "elman.bptt"
    users = {p.name for p in FILES if any(name.startswith(loop) for name in imported(p))}
    assert users == {"kernels.py", "_native_tape.py", "replay.py"}


def test_heavy_packages_are_imported_inside_functions():
    heavy = {"rich", "typer", "polars", "narwhals", "pandas", "tensorboardX"}
    for path in FILES:
        if "cli" in path.relative_to(SOURCE).parts or path.name in ("cli.py", "__main__.py"):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & heavy, path
