"""The command line: `python -m benchmarks --help`."""

import argparse
import sys
from collections.abc import Sequence

from benchmarks import table
from benchmarks.arguments import parse
from benchmarks.bench import Bench
from benchmarks.contenders import OWN, REFERENCE, installed
from benchmarks.machine import machine, packages
from benchmarks.plot import plot
from benchmarks.problem import SHAPES
from benchmarks.records import Record
from benchmarks.sections import section
from benchmarks.timing import FULL, QUICK
from benchmarks.worker import Worker


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    if options.read:
        record = options.read
        print(_header(record))
        for name in record.settings["sections"]:
            _print_section(record, name)
    else:
        record = _measure(options)
    if record.numbers:
        print("\n" + table.numbers(record.numbers))
    if options.plot:
        plot(record, options.plot)


def _measure(options: argparse.Namespace) -> Record:
    here = machine()
    others = installed()[1:] if options.contenders is None else options.contenders
    contenders = [OWN, *(name for name in others if name != OWN)]
    shapes = options.shapes or SHAPES[:: 3 if options.quick else 1]
    threads = options.threads or [n for n in (1, 2) if n <= here["processors"]]
    with Worker(OWN, 1) as worker:
        version, implementation, reason = worker.ask("call", "status")
    record = Record(
        machine=here,
        packages=packages(),
        elman={"version": version, "implementation": implementation, "reason": reason},
        settings={
            "contenders": contenders,
            "threads": threads,
            "shapes": list(map(str, shapes)),
            "sections": options.only,
            "quick": options.quick,
        },
    )
    effort = QUICK if options.quick else FULL
    bench = Bench(contenders, threads, shapes, effort, options.quick, record)
    print(_header(record), flush=True)
    try:
        for name in options.only:
            bench.section = name
            section(name).run(bench)
            bench.progress("")
            _print_section(record, name)
            if options.json:
                record.write(options.json)
    finally:
        bench.close()
    return record


def _header(record: Record) -> str:
    m, own = record.machine, record.elman
    versions = ", ".join(f"{name} {version}" for name, version in record.packages.items())
    lines = [
        f"{m['processor']}, {m['processors']} processors, {m['system']}, Python {m['python']}",
        f"elman {own['version']} beside {', '.join(record.settings['contenders'][1:]) or 'nobody'}",
        versions,
        f"elman's kernels: {own['implementation']} ({own['reason']})",
        "Medians; all in turn. What training and inference are to reach counts on two threads.",
    ]
    if own["implementation"] == REFERENCE:
        lines.append(
            "!!! THIS IS THE NUMPY REFERENCE, NOT THE COMPILED KERNELS: not elman's speed !!!"
        )
    if (m.get("load") or 0.0) > 0.5:
        lines.append(
            f"!!! OTHER WORK IS RUNNING (load {m['load']}): times are too long and uneven !!!"
        )
    return "\n".join(lines)


def _print_section(record: Record, name: str) -> None:
    found = [m for m in record.measurements if m.section == name]
    module = section(name)
    print(f"\n{module.TITLE}\n\n{module.show(found)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
