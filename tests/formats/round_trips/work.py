"""One format over all cases: `python -m tests.formats.round_trips.work FORMAT RECORDS [options]`.

A process of its own for each, because TensorFlow, torch and onnxruntime bring threads of their own.
"""

import argparse
import importlib
import json
import tempfile
import time
import traceback
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from tests.formats.round_trips.cases import RECURRENT, cases, drawn, outputs

NEAR = 1e-5  # relative to the larger of 1 and the largest number; what elman promises


def attempt(go: Callable[[], float], verbose: bool) -> dict[str, Any]:
    """Return what went well or wrong."""
    try:
        found = go()
    except Exception as error:
        if verbose:
            traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error!s:.5000}"}
    return {"difference": found} if found <= NEAR else {"error": f"differs by {found:.1e}"}


def run(module: Any, args: argparse.Namespace) -> list[dict[str, Any]]:
    """Return a record of every case, form and seed."""
    records = []
    for case in cases():
        if not fnmatch(case.row, args.only):
            continue
        for seed in range(args.seeds if case.row in RECURRENT else 1):
            model, xs = drawn(case, seed, getattr(module, "MASKED", True))
            y = outputs(model, xs)
            for form in getattr(module, "AGAIN", module.FORMS) if seed else module.FORMS:
                with tempfile.TemporaryDirectory() as folder:
                    went = attempt(
                        lambda form=form, folder=folder, model=model, xs=xs, y=y: module.trip(
                            model, xs, y, form, Path(folder)
                        ),
                        args.verbose,
                    )
                about = {"row": case.row, "label": case.label, "seed": seed, "form": form}
                records.append({**about, **went})
    return records


def beside(module: Any, args: argparse.Namespace) -> list[dict[str, Any]]:
    """Return a record of what a format tries besides."""
    found = []
    for row, form, go in getattr(module, "beside", list)():
        about = {"row": row, "label": "", "seed": 0, "form": form}
        found.append({**about, **attempt(go, args.verbose)})
    return found


def main() -> None:
    """Write the records."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("format")
    parser.add_argument("records", type=Path)
    parser.add_argument("--only", default="*", help="a pattern of rows")
    parser.add_argument("--seeds", type=int, default=1, help="how many, of recurrent rows")
    parser.add_argument("--verbose", action="store_true", help="print tracebacks")
    args = parser.parse_args()
    start = time.monotonic()
    module = importlib.import_module(f"tests.formats.round_trips.{args.format}")
    found = {
        "versions": module.versions(),
        "forms": module.FORMS,
        "records": run(module, args),
        "beside": beside(module, args) if args.only == "*" else [],
    }
    args.records.write_text(json.dumps(found), encoding="utf-8")
    print(f"{args.format}: {len(found['records'])} trips, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
