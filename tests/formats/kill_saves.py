"""Kill a process that saves a model again and again, and look whether a whole model is left.

    PYTHONPATH=src python -m tests.formats.kill_saves [--times 200]

The model is written in each form in turn. After every kill the file must hold the model of one
save, all of whose weights are the number of that save, not older than the last one that was done.
"""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from tests.formats.saved_forever import ENDINGS, kill, numbers


def main():
    """Kill so many times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=200)
    times = parser.parse_args().times
    rng, lost = random.Random(0), 0
    with tempfile.TemporaryDirectory() as folder:
        for i in range(times):
            path = Path(folder) / f"model{ENDINGS[i % len(ENDINGS)]}"
            last = kill(path, rng.uniform(0, 1.5))
            found = numbers(path)
            if len(found) != 1 or not last <= min(found) <= last + 1:
                lost += 1
                print(f"kill {i}, {path.name}: after save {last} it holds {found}", flush=True)
    print(f"{times} kills, {lost} that lost something")
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
