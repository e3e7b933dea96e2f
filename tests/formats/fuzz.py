"""Damage real files for a long time, and see that nothing but elman's errors comes of it.

    PYTHONPATH=src python -m tests.formats.fuzz --minutes 60 [--seed 0] [keras h5 weights rtneural]

Files are read in a child process of 1 GB of memory, which is told which file, and says when it is
done: a crash, a file that takes more than ten seconds, more memory, or any other exception is
written down with the file, in a folder `fuzzed` where it stands. Exit status 1 if there was one.
"""

import argparse
import io
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
import warnings
import zipfile
from pathlib import Path

import h5py

from elman import Input, Sequential, layers, load_rtneural, optimizers
from elman.errors import ElmanError
from elman.models import load_model
from tests.formats import keras_1_files
from tests.formats.models import X, Y, make
from tests.formats.pack_keras import unpack
from tests.formats.test_rtneural import model as rtneural_model

MEMORY = 2**30
SECONDS = 10
ODD = (None, -1, 0, 7, 2.5, 1e300, 10**9, 2**70, "x", "", [], {}, [1], [[]], {"a": 1}, True)


def originals(folder):
    """Return format -> the bytes of real files."""
    found = {"keras": [], "h5": [], "weights": []}
    for file in ("keras2", "keras2_training", "keras3"):
        for case in unpack(file).values():
            for form, name in (("keras", "keras"), ("h5", "h5"), ("weights.h5", "weights")):
                if form in case and case[form].size < 60_000:
                    found[name].append(case[form].tobytes())
    keras_1_files.gates_model(folder / "one.h5")
    make().save(folder / "own.keras")
    rtneural_model().export(folder / "own.json", format="rtneural")
    found["rtneural"] = [(folder / "own.json").read_bytes()]
    found["h5"].append((folder / "one.h5").read_bytes())
    found["keras"].append((folder / "own.keras").read_bytes())
    for name in ("keras", "h5"):
        frozen().save(folder / f"frozen.{name}")
        found[name] += [(folder / f"frozen.{name}").read_bytes()] * 5  # the odd one, often
    return found


def frozen():
    """Return a model with all that elman keeps for training and Keras does not."""
    optimizer = optimizers.AdamW(0.01, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    first = layers.Dense(3, name="first")
    model = Sequential([Input((2,)), layers.Dropout(0.5, seed=1), first, layers.Dense(1)])
    model.compile(optimizer, "mse")
    model.train_on_batch(X[:, 0], Y)
    first.kernel.trainable = False
    return model


def damaged(rng, data):
    """Return a file with bytes changed, cut out, put in twice, or a value of its JSON replaced."""
    way = rng.randrange(6)
    if way == 0:
        return edited(rng, data)
    found = bytearray(data)
    if way == 1:
        return bytes(found[: rng.randrange(len(found))])
    if way == 2:
        start = rng.randrange(len(found))
        del found[start : start + rng.choice([1, 4, 8, 100])]
    elif way == 3:
        start, size = rng.randrange(len(found)), rng.choice([4, 8, 64, 1000])
        found[start:start] = found[start : start + size]
    else:
        for _ in range(rng.choice([1, 1, 2, 5, 20])):
            place = rng.randrange(len(found))
            size = rng.choice([1, 1, 2, 4, 8])
            value = rng.choice([0, 255, 127, 128, rng.randrange(256)])
            found[place : place + size] = bytes([value]) * size
    return bytes(found)


def replaced(rng, text):
    """Return JSON in which a few values are others, many times themselves, or deep in lists."""
    config = json.loads(text)
    places = []

    def visit(node):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            places.append((node, key))
            if isinstance(value, dict | list):
                visit(value)

    visit(config)
    named = [place for place in places if isinstance(place[1], str)]  # few among many weights
    for _ in range(rng.choice([1, 1, 2, 3])):
        node, key = rng.choice(rng.choice([places, named]))
        node[key] = nested(rng, node[key]) if rng.random() < 0.2 else rng.choice(ODD)
    return json.dumps(config)


def nested(rng, value):
    """Return a value many times over, or many deep."""
    count = rng.choice([2, 10, 100, 3000])
    if rng.random() < 0.5:
        return [value] * count
    for _ in range(min(count, 300)):  # three of these are as deep as Python's writer goes
        value = [value]
    return value


def edited(rng, data):
    """Return a file whose configuration is another, in form a whole one."""
    if data[:1] == b"{":
        return replaced(rng, data).encode()
    buffer = io.BytesIO(data)
    if data[:2] == b"PK":
        with zipfile.ZipFile(buffer) as file:
            contents = {name: file.read(name) for name in file.namelist()}
        contents["config.json"] = replaced(rng, contents["config.json"])
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            for name, each in contents.items():
                file.writestr(name, each)
        return buffer.getvalue()
    with h5py.File(buffer, "r+") as file:
        names = [name for name in file.attrs if name.endswith("_config")]
        if names:
            name = rng.choice(names)
            file.attrs[name] = replaced(rng, file.attrs[name])
    return buffer.getvalue()


def read_all(pipe):
    """Read the files that come through a pipe; the child's side."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    pipe.send("")
    while True:
        kind, path = pipe.recv()
        try:
            if kind == "weights":
                model = Sequential([Input((None, 2)), layers.GRU(3), layers.Dense(1)])
                model.load_weights(path)
            elif kind == "rtneural":
                load_rtneural(path)
            else:
                load_model(path)
            said = ""
        except ElmanError:
            said = ""
        except BaseException as error:
            said = f"{type(error).__name__}: {error!s:.300}"
        pipe.send(said)


class Reader:
    """A child process that reads files."""

    def __init__(self):
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=read_all, args=(other,), daemon=True)
        self.process.start()
        other.close()
        self.pipe.recv()  # that it is there: imports take their time

    def said(self, kind, path):
        """Return what went wrong with a file, "" if nothing."""
        try:
            self.pipe.send((kind, path))
            if self.pipe.poll(SECONDS):
                return self.pipe.recv()
            self.process.kill()
            self.process.join()
            return f"took more than {SECONDS} s"
        except (EOFError, OSError):
            self.process.join()
            return f"crashed with exit code {self.process.exitcode}"


def main():
    """Damage files until the time is over."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("formats", nargs="*", default=[])
    given = parser.parse_args()
    rng, kept = random.Random(given.seed), Path("fuzzed")
    count, wrong, end = 0, 0, time.monotonic() + 60 * given.minutes
    with tempfile.TemporaryDirectory() as folder:
        files = originals(Path(folder))
        path, reader = Path(folder) / "damaged", Reader()
        while time.monotonic() < end:
            kind = rng.choice(given.formats or list(files))
            data = damaged(rng, rng.choice(files[kind]))
            path.write_bytes(data)
            said = reader.said(kind, str(path))
            count += 1
            if said:
                wrong += 1
                kept.mkdir(exist_ok=True)
                (kept / f"{given.seed}_{count}.{kind}").write_bytes(data)
                print(f"{given.seed}_{count}.{kind}: {said}", flush=True)
            if not reader.process.is_alive():
                reader = Reader()
        reader.process.kill()
    print(f"{count} files in {given.minutes} minutes, {wrong} that came to harm")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
