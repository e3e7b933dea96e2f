"""Run all trips and write the page; the exit status says whether all is explained."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import elman
from tests.formats.round_trips import page, reasons

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "formats" / "round_trips.md"
FORMATS = ("keras", "torch", "onnx", "c")
HERE = ("c",)  # which take no peer


def collected(name: str, args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Return what a format gave, in a process of its own."""
    path = folder / f"{name}.json"
    python = sys.executable if name in HERE else args.peers
    command = [python, "-m", f"{__package__}.work", name, str(path)]
    command += ["--only", args.only, "--seeds", str(args.seeds), *["--verbose"] * args.verbose]
    paths = [str(Path(elman.__file__).parents[1]), str(ROOT)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return json.loads(path.read_text(encoding="utf-8"))


def main() -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", required=True, help="a Python with Keras, torch, onnxruntime")
    parser.add_argument("--seeds", type=int, default=1, help="how many, of recurrent layers")
    parser.add_argument("--only", default="*", help="a pattern of rows; writes no page")
    parser.add_argument("--formats", nargs="+", default=FORMATS, choices=FORMATS)
    parser.add_argument("--verbose", action="store_true", help="print tracebacks")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        run = partial(collected, args=args, folder=Path(folder))
        found = dict(zip(args.formats, pool.map(run, args.formats), strict=True))
    records = [each for part in found.values() for each in (*part["records"], *part["beside"])]
    failures = [each for each in records if "error" in each and reasons.of(each) is None]
    for each in failures:
        print(
            "FAILED", *(each[key] for key in ("form", "row", "label", "seed", "error")), sep=" | "
        )
    whole = args.only == "*" and set(args.formats) == set(FORMATS)
    stale = reasons.unused(records) if whole else []
    for reason in stale:
        print("UNUSED", reason)
    if whole:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page.written(found, args.seeds), encoding="utf-8")
    else:
        print("\n".join(page.table(found)))
    worst = max(records, key=lambda each: each.get("difference", 0.0))
    print(f"{len(records)} trips, {len(failures)} failed; the farthest apart: {worst}")
    return int(bool(failures or stale))


if __name__ == "__main__":
    sys.exit(main())
