"""Run the programs: `python -m tests.programs [NAME…] [--keras PYTHON | --write PYTHON]`.

A NAME is a program, a topic or the beginning of one. PYTHON is one that has Keras and TensorFlow.
"""

import argparse
import os
import pickle
import subprocess
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

from tests.programs import compared, kept, programs, run
from tests.tolerances import KERAS_PROGRAM

ROOT = Path(__file__).resolve().parents[2]


def main():
    """Print a line a program, and end with 1 if one differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.programs", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--keras", metavar="PYTHON", help="compare with Keras, run by this Python")
    parser.add_argument("--write", metavar="PYTHON", help="likewise, and keep its numbers")
    parser.add_argument("--results", metavar="FILE", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    chosen = [n for n in programs() if not asked.names or n.startswith(tuple(asked.names))]
    if asked.results:
        chosen = asked.names
    if asked.results:
        import keras

        Path(asked.results).write_bytes(pickle.dumps(results_of(keras, chosen)))
        return 0
    python = asked.keras or asked.write
    expected = under_keras(python, chosen) if python else kept.read()
    if asked.write:
        good = {name: found for name, found in expected.items() if isinstance(found, dict)}
        everything = {**kept.read(), **good} if kept.PATH.exists() else good
        kept.write({name: everything[name] for name in programs() if name in everything})
    import elman

    return report(results_of(elman, chosen), expected)


def results_of(keras, names):
    """Return the results of each program, or the text of the error that it ended with."""
    found = {}
    for name in names:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found[name] = run(programs()[name], keras)
        except Exception:
            found[name] = traceback.format_exc(limit=-4)
    return found


def under_keras(python, names):
    """Return the results with Keras, which another Python runs."""
    results = {}
    for backend in ("tensorflow", "jax"):
        own = [
            name for name in names if getattr(programs()[name], "backend", "tensorflow") == backend
        ]
        if own:
            results |= under_backend(backend, python, own)
    return results


def under_backend(backend, python, names):
    """Return the results with Keras on one of its backends."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "results")
        environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [python, "-m", "tests.programs", *names, "--results", str(path)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        return pickle.loads(path.read_bytes())


def report(found, expected):
    """Print the largest difference of each program, and return 1 if one is too large."""
    failed, width = 0, max(map(len, found), default=0)
    for name, result in found.items():
        right, line = expected.get(name, "nothing is kept of it"), ""
        if isinstance(right, str):
            line = f"Keras: {right}"
        elif isinstance(result, str):
            line = f"elman: {result}"
        else:
            try:
                worst, at = compared.difference(result, right)
                line = f"{worst:.1e}  {at}"
                failed += worst > KERAS_PROGRAM
                mark = "DIFFERS" if worst > KERAS_PROGRAM else ""
            except AssertionError as error:
                line, mark = str(error), "DIFFERS"
                failed += 1
            print(f"{name:{width}}  {line}  {mark}".rstrip())
            continue
        failed += 1
        print(f"{name:{width}}  FAILED\n{line}")
    print(f"{len(found) - failed} of {len(found)} programs give Keras's numbers")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
