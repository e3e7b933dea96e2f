"""By what `elman convert` runs two files on the same random input, and how far they are apart.

Each is run by what it is made for, where that is installed, else by elman. Another program is given
a file only after elman has read it whole or written it, and it is said before; where it fails, that
is said too, and elman runs the file.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import elman
from elman._typing import Array
from elman.cli.converted import KERAS, LEGACY, STATE_DICTS, WEIGHTS, Source, ending, take_weights
from elman.errors import ElmanError
from elman.layers.parts.nesting import with_sublayers
from elman.models.carrying import apart

if TYPE_CHECKING:
    from elman.formats.onnx import OnnxModel

SAMPLES, TIMESTEPS, WORDS = 4, 20, 10  # of the random input, where the model leaves them open
Say = Callable[[str], None]
Ran = tuple[list[Array], str]  # the outputs, and by what a file was run


def random_input(source: Source, *, padding: bool = True) -> list[Array]:
    """Return an input for a model, the same at every call.

    Args:
        source: with the model.
        padding: whether tokens may be 0, which a layer may mask.
    """
    rng = np.random.default_rng(0)
    tables = [
        layer
        for layer in with_sublayers(source.model)
        if isinstance(layer, elman.layers.Embedding)  # which reads floats as numbers of words too
    ]
    words = min((layer.input_dim for layer in tables), default=WORDS)
    lowest = 0 if padding or words == 1 else 1
    samples = (source.layouts and source.layouts.batch) or SAMPLES
    found = []
    for tensor in source.model.inputs:
        batch, *sizes = tensor.shape
        shape = (batch or samples, *(size or TIMESTEPS for size in sizes))
        if np.dtype(tensor.dtype).kind == "f" and not tables:
            found.append(rng.uniform(-1, 1, shape).astype(tensor.dtype))
        else:
            found.append(rng.integers(lowest, words, shape).astype(tensor.dtype))
    return found


# ---------------------------------------------------------------------- the source


def outputs(source: Source, x: Sequence[Array], say: Say) -> Ran:
    """Return what the source puts out, in the order and layout of the model, and by what."""
    path, layouts = source.path, source.layouts
    if layouts is not None:
        found, by = _of_onnx(path, lambda _: layouts.to_file(x), say)
        return layouts.to_model(found), by
    if ending(path) in (KERAS, *LEGACY) and not source.weights and find_spec("keras"):
        theirs = _given(path, "Keras", lambda: _by_keras(path, x), say)
        if theirs is not None:
            return theirs, "Keras"
    return _by_elman(source.model, x), "elman"


# ---------------------------------------------------------------------- the result


def outputs_again(
    source: Source,
    path: Path,
    x: Sequence[Array],
    names: Sequence[str] | None,
    say: Say,
    *,
    step: bool = False,
) -> Ran | str:
    """Return what the result puts out, and by what it was run; or why it could not be run."""
    kind = ending(path)
    try:
        if step:
            return _stepped(path, x), "elman, a timestep at a time"
        if kind == ".onnx":
            return _of_onnx(path, lambda file: _by_place(file, x), say)
        if kind in (WEIGHTS, *STATE_DICTS):
            twin = elman.models.clone_model(source.model)
            take_weights(twin, path, _names(twin) if names is None else names)
            return _by_elman(twin, x), "elman"
        if kind == ".json":
            return _by_elman(elman.load_rtneural(path), x), "elman"
        written = Source(path, elman.models.load_model(path, compile=False))
        return outputs(written, x, say)
    except ElmanError as error:
        return f"The result could not be run again: {error}"


def _stepped(path: Path, x: Sequence[Array]) -> list[Array]:
    """Return what a file of one timestep, as elman runs it, puts out for those of sequences."""
    file = elman.load_onnx(path)
    states: Any = file.inputs[len(x) :]
    held = [np.zeros((len(x[0]), *spec.shape[1:]), spec.dtype) for spec in states]
    found = []
    for t in range(x[0].shape[1]):
        outputs = file.run(_by_place(file, [*(each[:, t] for each in x), *held]))
        found.append(outputs[: len(outputs) - len(held)])
        held = outputs[len(found[-1]) :]
    return [np.stack(each, axis=1) for each in zip(*found, strict=True)]


def _names(model: Any) -> list[str]:
    """Return what a state_dict calls the layers, where nothing else was said."""
    from elman.formats.torch.filling import wanted

    return [layer.name for layer in wanted("convert", model)]


def _by_place(file: "OnnxModel", x: Sequence[Array]) -> dict[str, Array]:
    """Return inputs by the names that they have in a file that elman wrote."""
    pairs = zip(file.inputs, x, strict=True)
    return {spec.name: np.asarray(array, spec.dtype or array.dtype) for spec, array in pairs}


def compiled(path: Path, model: Any, *, int8: bool) -> str:
    """Return what a C compiler makes of a file that elman wrote: a sentence.

    Args:
        path: the file.
        model: what is in it; it says what is to come out.
        int8: whether weights are bytes in it.
    """
    compiler = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
    if compiler is None:
        return "There is no C compiler here to run the result."
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder) / path.name
        model.export(here, weights_dtype="int8" if int8 else "float32", test=True)
        shutil.copyfile(path, here)  # the test was made beside it; what is tested is the result
        program = here.with_name("program.exe" if sys.platform == "win32" else "program")
        source = here.with_name(f"{here.stem}_test.c")
        sources = [str(source), *([str(here)] if ending(path) == ".c" else [])]
        steps = (
            [compiler, "-std=c99", "-O2", "-x", "c", *sources, "-o", str(program), "-lm"],
            [str(program)],
        )
        for step in steps:
            done = subprocess.run(step, capture_output=True, text=True, check=False)
            if done.returncode:
                return f"{compiler} says of the result: {(done.stdout + done.stderr).strip()}"
    beside = "elman with the same bytes" if int8 else "elman"
    return f"Compiled by {compiler} and run beside {beside}: {done.stdout.strip()}"


# ---------------------------------------------------------------------- by what


def _given(path: Path, name: str, run: Callable[[], list[Array]], say: Say) -> list[Array] | None:
    """Return what another program makes of a file, None where it fails; say both."""
    say(f"{path.name} is given to {name} to be run.")
    try:
        return run()
    except Exception as error:  # what other programs raise is known to them alone
        why = next(iter(str(error).strip().splitlines()), "")[:200]
        kind = type(error).__name__
        say(f"{name} could not run {path.name}, elman runs it: {f'{kind}: {why}' if why else kind}")
        return None


def _of_onnx(path: Path, fed: "Callable[[OnnxModel], dict[str, Array]]", say: Say) -> Ran:
    """Return what a file of ONNX puts out."""
    file = elman.load_onnx(path)
    inputs = fed(file)
    if find_spec("onnxruntime"):
        found = _given(path, "ONNX Runtime", lambda: _by_onnxruntime(path, inputs), say)
        if found is not None:
            return found, "ONNX Runtime"
    return file.run(inputs), "elman"


def _by_onnxruntime(path: Path, inputs: dict[str, Array]) -> list[Array]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what is wrong is raised, and said once
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return list(session.run(None, inputs))


def _by_keras(path: Path, x: Sequence[Array]) -> list[Array]:
    import keras

    model = keras.models.load_model(path, compile=False)
    return _leaves(model.predict(_bare(x), batch_size=len(x[0]), verbose=0))


def _by_elman(model: Any, x: Sequence[Array]) -> list[Array]:
    with apart(model):
        return _leaves(model(_bare(x)))


def _bare(x: Sequence[Array]) -> Any:
    return list(x) if len(x) > 1 else x[0]


def _leaves(found: Any) -> list[Array]:
    leaves = found.values() if isinstance(found, dict) else found
    return [np.asarray(y) for y in (leaves if isinstance(found, (list, tuple, dict)) else [found])]


# ---------------------------------------------------------------------- how far apart


def difference(here: Sequence[Array], there: Sequence[Array]) -> str:
    """Return how far outputs are apart, as the end of a sentence.

    A result that puts out every timestep where the source puts out the last is compared at that.
    """
    shapes, others = ([array.shape for array in arrays] for arrays in (here, there))
    if here and shapes == [(*shape[:1], *shape[2:]) for shape in others]:
        apart = distance(here, [array[:, -1] for array in there])
        return f"the outputs of the last timestep differ by at most {apart:.2g}."
    if shapes != others:
        return f"the outputs have other shapes, {_listed(shapes)} and {_listed(others)}."
    return f"the outputs differ by at most {distance(here, there):.2g}."


def distance(here: Sequence[Array], there: Sequence[Array]) -> float:
    """Return how far outputs of the same shapes are apart, at most; NaN where one alone is NaN."""
    each = [_apart(a, b) for a, b in zip(here, there, strict=True)]
    return float(np.max(each, initial=0.0))  # Python's max loses NaN


def _apart(a: Array, b: Array) -> float:
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))  # infinities minus each other would be NaN
    return float(np.max(np.abs(np.where(same, 0.0, a) - np.where(same, 0.0, b)), initial=0.0))


def _listed(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes)) or "none"
