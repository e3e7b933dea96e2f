"""Damage ONNX files for as long as you like, and see that elman says so and nothing worse happens.

    python -m tests.formats.onnx.fuzz SECONDS [SEED]

What may come out of reading, running and rebuilding a damaged file is an error of elman's; where it
can be run and rebuilt, both must compute the same. The script stops at anything else, with the file
in `damaged.onnx`, and prints the slowest file and the largest memory.
"""

import random
import resource
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np

import elman
from elman import layers, ops
from elman.errors import ArgumentError, FormatError, ShapeError, UnsupportedError
from elman.formats.onnx.as_layers import drawn
from tests import tolerances
from tests.formats.onnx.agreeing import assert_near, of_model
from tests.formats.onnx.pack import KINDS, Case, unpack

MOST_MEMORY = 4 << 30  # bytes of address space
MOST_WEIGHT = 100


def try_file(path, content, stored):
    """Read, run and rebuild a file; what may go wrong is an error of elman's."""
    path.write_bytes(content)
    try:
        model = elman.load_onnx(path)
    except (FormatError, UnsupportedError) as error:
        return type(error).__name__
    inputs = {}
    for spec in model.inputs:
        shape = [n if isinstance(n, int) and n < 50 else 3 for n in spec.shape or ()]
        array = np.random.default_rng(0).normal(size=shape).astype(spec.dtype or "float32")
        given = stored.get(spec.name)
        inputs[spec.name] = given if getattr(given, "dtype", None) == array.dtype else array
    found = []
    for attempt in (lambda: drawn(model._graph), lambda: model.run(inputs)):
        with suppress(FormatError, UnsupportedError, ArgumentError, ShapeError):
            found.append(attempt())
    if len(found) < 2 or any(beyond(each) for each in model._graph.constants.values()):
        return "refused later" if len(found) < 2 else "computed"
    try:
        have = of_model(*found[0], inputs)
    except (ArgumentError, ShapeError):
        return "refused later"
    for one, other in zip(have, found[1], strict=True):
        assert_near(one, other, tolerances.DRAWN_GRAPH)
    return "agrees"


def beyond(array):
    """Say whether numbers are so large that roundings of theirs may be of any size."""
    return not (np.abs(array.astype("float64")) < MOST_WEIGHT).all()


def written():
    """Return files of elman's own, with what they take."""
    x = elman.Input((None, 3), name="x")
    array, found = np.ones((2, 4, 3), "float32"), []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.onnx"
        for y in (looped(x), masked(x), convolved(x), computed(x)):
            elman.Model(x, y).export(path)
            found.append(Case(path.read_bytes(), {"x": array}, {}))
    return found


def looped(x):
    """Cells of which one is a loop."""
    y = layers.LayerNormLSTM(2, return_sequences=True)(layers.Masking()(x))
    return layers.Dense(2)(layers.GRUD(2)(y))


def masked(x):
    """Cells that are operators, with masks, which come back as layers."""
    y = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(layers.Masking()(x))
    return layers.GRU(2, zero_output_for_mask=True)(y)


def convolved(x):
    """Convolutions and pooling, which come back as layers."""
    y = layers.Conv1D(3, 2, padding="causal")(x)
    y = layers.AveragePooling1D(2, 1, padding="same")(layers.Conv1DTranspose(3, 2, 2)(y))
    return layers.MaxPooling1D(2)(layers.BatchNormalization()(y))


def computed(x):
    """Functions, attention, and what pads by the length of a sequence."""
    y = layers.Conv1D(3, 2, strides=2, padding="same")(x)
    y = layers.Concatenate(1)([layers.Attention()([y, x]), ops.cumprod(x, 1)])
    return ops.where(y > 0, ops.sort(y, 1), ops.einsum("btf,fu->btu", y, np.eye(3, dtype="f4")))


def damaged(draw, content, others):
    """Return bytes of which some are changed, cut out, put in, moved, or taken from other files."""
    found = bytearray(content)
    for _ in range(draw.choice([1, 1, 2, 4, 8])):
        at, kind = draw.randrange(len(found) + 1), draw.random()
        if kind < 0.5:
            found[at : at + 1] = bytes([draw.randrange(256)])
        elif kind < 0.6:
            del found[at : at + draw.randrange(1, 9)]
        elif kind < 0.7:
            found[at:at] = draw.randbytes(draw.randrange(1, 5))
        elif kind < 0.75:
            del found[at:]
        elif kind < 0.85:
            start = draw.randrange(len(found) + 1)
            found[at:at] = found[start : start + draw.randrange(1, 40)]
        else:
            other = draw.choice(others).content
            start = draw.randrange(len(other))
            found[at : at + 20] = other[start : start + 20]
    return bytes(found)


def main(seconds, seed=0):
    """Damage files for so many seconds."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    draw, counts, slowest = random.Random(seed), Counter(), 0.0
    cases = [case for kind in KINDS for case in unpack(kind).values()] + written() * 8
    end = time.monotonic() + seconds
    while (start := time.monotonic()) < end:
        case = draw.choice(cases)
        content = damaged(draw, case.content, cases)
        Path("damaged.onnx").write_bytes(content)
        counts[try_file(Path("damaged.onnx"), content, case.inputs)] += 1
        slowest = max(slowest, time.monotonic() - start)
    Path("damaged.onnx").unlink(missing_ok=True)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{sum(counts.values())} files {dict(counts)}, slowest {slowest:.1f} s, {memory} MiB")


if __name__ == "__main__":
    main(float(sys.argv[1]), *map(int, sys.argv[2:]))
