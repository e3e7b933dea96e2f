"""Kill a process that saves a model again and again, and look whether a whole model is left.

    PYTHONPATH=src:. python tests/formats/kill_saves.py [--times 200]

The model is saved in each form in turn. After every kill the file must hold the model of one save,
all of whose weights are the number of that save, not older than the last one that was done.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from elman.models import load_model
from tests.formats.test_saving_whole import SAVE_FOREVER


def kill(path, wait):
    """Return the number of the last save that was done when the process was killed."""
    command = [sys.executable, "-c", SAVE_FOREVER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        first = process.stdout.readline()
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        done = [first, *process.stdout.read().splitlines()]
    return int([line for line in done if line.strip()][-1])


def main():
    """Kill so many times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=200)
    times = parser.parse_args().times
    rng, lost, last = random.Random(0), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for i in range(times):
            path = Path(folder) / ("model.keras", "model.h5")[i % 2]
            last = kill(path, rng.uniform(0, 0.05))
            found = {float(value) for w in load_model(path).get_weights() for value in np.unique(w)}
            if len(found) != 1 or not last <= min(found) <= last + 1:
                lost += 1
                print(f"kill {i}: after save {last} the file holds {found}", flush=True)
    print(f"{times} kills, {lost} that lost something")
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
