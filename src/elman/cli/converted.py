"""What `elman convert` reads and writes, and by what it runs a file to see whether it is right."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import elman
from elman._typing import Array
from elman.errors import ArgumentError, ElmanError, UnsupportedError
from elman.formats import torch

SAMPLES, TIMESTEPS, WORDS = 4, 20, 10  # of the random input, where the model leaves them open
KERAS, LEGACY, WEIGHTS = ".keras", (".h5", ".hdf5"), ".weights.h5"
STATE_DICTS = (".safetensors", ".pt", ".pth")
C = (".h", ".c")
ENDINGS = (WEIGHTS, KERAS, *LEGACY, ".onnx", *STATE_DICTS, *C, ".json")
Runs = Callable[[Sequence[Array]], list[Array]]


def ending(path: Path) -> str:
    """Return by what a file's name says what it holds.

    Raises:
        ArgumentError: it says nothing that is known.
    """
    found = next((each for each in ENDINGS if path.name.lower().endswith(each)), None)
    if found is None:
        raise ArgumentError(
            f"convert: a file's name must end in one of {', '.join(ENDINGS)}; got '{path}'."
        )
    return found


# ---------------------------------------------------------------------- in and out


def read(path: Path, like: Path | None, names: Sequence[str] | None) -> Any:
    """Return the model of a file.

    Args:
        path: the file.
        like: a model for weights alone.
        names: of PyTorch's modules, see `elman.formats.torch.load_weights`.

    Raises:
        ArgumentError: weights alone need `like`.
        ElmanError: what is wrong with the file.
    """
    kind = ending(path)
    if kind in C:
        raise UnsupportedError(f"convert: C is written and not read; got '{path}'.")
    if kind == WEIGHTS or kind in STATE_DICTS:
        if like is None:
            raise ArgumentError(
                f"{path}: the file has weights and no layers. Give --like MODEL, a file of a model "
                "that they are for."
            )
        model = _architecture(like)
        if kind == WEIGHTS:
            model.load_weights(path)
        else:
            torch.load_weights(model, path, names)
        return model
    if like is not None:
        raise ArgumentError(
            f"--like must be left out, because '{path}' has layers of its own; got '{like}'."
        )
    if kind == ".onnx":
        return elman.load_onnx(path).to_model()
    if kind == ".json":
        from elman.formats import rtneural

        return rtneural.read(path)
    return elman.models.load_model(path, compile=False)


def _architecture(path: Path) -> Any:
    """Return a model for weights to go into."""
    if path.suffix == ".json":
        return elman.models.model_from_json(path.read_text())
    return elman.models.load_model(path, compile=False)


def write(model: Any, path: Path, names: Sequence[str] | None, *, step: bool, int8: bool) -> object:
    """Write a model in the format that a file's name says; return what the format tells of it."""
    kind = ending(path)
    for given, meant, only in (("--step", step, (".onnx",)), ("--int8", int8, C)):
        if meant and kind not in only:
            raise ArgumentError(
                f"{given} must be left out where OUT does not end in {' or '.join(only)}; got "
                f"'{path}'."
            )
    if kind == WEIGHTS:
        return model.save_weights(path)
    if kind in STATE_DICTS:
        torch.save_state_dict(model, path, names)
        return None
    if kind == ".onnx":
        return model.export(path, step=step)
    if kind in C:
        return model.export(path, weights_dtype="int8" if int8 else "float32")
    return model.export(path, format="rtneural") if kind == ".json" else model.save(path)


# ---------------------------------------------------------------------- the same numbers


def random_input(model: Any) -> list[Array]:
    """Return an input for a model, the same at every call."""
    rng = np.random.default_rng(0)
    words = min(
        (layer.input_dim for layer in _inside(model) if isinstance(layer, elman.layers.Embedding)),
        default=WORDS,
    )
    found = []
    for tensor in model.inputs:
        batch, *sizes = tensor.shape
        shape = (batch or SAMPLES, *(size or TIMESTEPS for size in sizes))
        if np.dtype(tensor.dtype).kind == "f" and not _of_words(model):
            found.append(rng.uniform(-1, 1, shape).astype(tensor.dtype))
        else:
            found.append(rng.integers(0, words, shape).astype(tensor.dtype))
    return found


def _inside(model: Any) -> Sequence[Any]:
    from elman.layers.parts.nesting import with_sublayers

    return with_sublayers(model)


def _of_words(model: Any) -> bool:
    """Say whether an input goes into an Embedding, which reads floats as numbers of words."""
    return any(isinstance(layer, elman.layers.Embedding) for layer in _inside(model))


def outputs(path: Path, model: Any, x: Sequence[Array]) -> tuple[list[Array], str]:
    """Return what the source puts out, and by what it was run."""
    kind = ending(path)
    if kind == ".onnx" and find_spec("onnxruntime"):
        return _by_onnxruntime(path, x), "ONNX Runtime"
    if (kind == KERAS or kind in LEGACY) and find_spec("keras"):
        return _by_keras(path, x), "Keras"
    return _by_elman(model, x), "elman"


def outputs_again(
    path: Path, model: Any, x: Sequence[Array], names: Sequence[str] | None
) -> tuple[list[Array] | None, str]:
    """Return what the result puts out, and by what it was run; None and why where it can't be."""
    kind = ending(path)
    if kind in C:
        return None, _by_compiler(path, model)
    try:
        if kind == ".onnx" and _is_step(path):
            return None, "One timestep with states in and out is not run on the random input."
        if kind == WEIGHTS or kind in STATE_DICTS:
            twin = elman.models.clone_model(model)
            if kind == WEIGHTS:
                twin.load_weights(path)
            else:
                torch.load_weights(twin, path, names)
            return _by_elman(twin, x), "elman"
        if kind == ".onnx" and not find_spec("onnxruntime"):
            return elman.load_onnx(path).run(_fed(path, x)), "elman"
        return outputs(path, read(path, None, None), x)
    except ElmanError as error:
        return None, f"The result could not be run again: {error}"


def _by_elman(model: Any, x: Sequence[Array]) -> list[Array]:
    found = model(list(x) if len(x) > 1 else x[0])
    leaves = found.values() if isinstance(found, dict) else found
    return [np.asarray(y) for y in (leaves if isinstance(found, (list, tuple, dict)) else [found])]


def _by_keras(path: Path, x: Sequence[Array]) -> list[Array]:
    import keras

    return _by_elman(keras.models.load_model(path, compile=False).predict, x)


def _by_onnxruntime(path: Path, x: Sequence[Array]) -> list[Array]:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return list(session.run(None, _fed(path, x)))


def _fed(path: Path, x: Sequence[Array]) -> dict[str, Array]:
    """Return inputs by the names that an ONNX file gives them."""
    specs = elman.load_onnx(path).inputs
    return {s.name: np.asarray(a, s.dtype or a.dtype) for s, a in zip(specs, x, strict=False)}


def _is_step(path: Path) -> bool:
    return any(spec.name.endswith("_next") for spec in elman.load_onnx(path).outputs)


def _by_compiler(path: Path, model: Any) -> str:
    """Return what a C compiler makes of the file: a sentence."""
    compiler = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
    if compiler is None:
        return "There is no C compiler here to run the result."
    int8 = "int8_t" in path.read_text()
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder) / path.name
        model.export(here, weights_dtype="int8" if int8 else "float32", test=True)
        program = here.with_name("program.exe" if sys.platform == "win32" else "program")
        source = here.with_name(f"{here.stem}_test.c")
        sources = [str(source), *([str(here)] if here.suffix == ".c" else [])]
        steps = (
            [compiler, "-std=c99", "-O2", *sources, "-o", str(program), "-lm"],
            [str(program)],
        )
        for step in steps:
            done = subprocess.run(step, capture_output=True, text=True, check=False)
            if done.returncode:
                return f"{compiler} says of the result: {(done.stdout + done.stderr).strip()}"
    return f"Compiled by {compiler} and run: {done.stdout.strip()}"


def distance(here: Sequence[Array], there: Sequence[Array]) -> float:
    """Return how far outputs are apart, at most."""
    pairs = zip(here, there, strict=True)
    return max((float(np.abs(a - b).max(initial=0.0)) for a, b in pairs), default=0.0)
