"""The command line: `python -m benchmarks --help`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import records, table
from benchmarks.bench import Bench
from benchmarks.contenders import CONTENDERS, OWN, REFERENCE, installed, missing
from benchmarks.machine import machine, packages
from benchmarks.problem import SHAPES, Shape
from benchmarks.records import Record
from benchmarks.sections import SECTIONS, section
from benchmarks.timing import FULL, QUICK
from benchmarks.worker import Worker


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    if options.read:
        record = records.read(options.read)
        print(_header(record))
        for name in record.settings["sections"]:
            _print_section(record, name)
    else:
        record = _measure(options)
    if record.numbers:
        print("\n" + table.numbers(record.numbers))
    if options.plot:
        from benchmarks.plot import plot

        plot(record, options.plot)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Time elman beside whichever of torch, JAX, Keras and ONNX Runtime are "
        "installed, after checking that their answers agree.",
    )
    parser.add_argument("--threads", type=int, nargs="+", metavar="N", help="1 2 by default")
    parser.add_argument(
        "--only", type=_names("section", SECTIONS), default=list(SECTIONS), metavar="SECTION,…",
        help=f"what to measure, of {', '.join(SECTIONS)}",
    )  # fmt: skip
    parser.add_argument(
        "--with", dest="contenders", type=_names("contender", CONTENDERS), metavar="NAME,…",
        help=f"who takes part beside elman, of {', '.join([*CONTENDERS][1:])}; all installed",
    )  # fmt: skip
    parser.add_argument(
        "--shapes", type=_shape, nargs="+", metavar="B,T,F,U",
        help="batch, timesteps, features, units; the six of docs/guides/benchmarks.md",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="a rough look: less of everything")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw training and inference")
    parser.add_argument("--read", type=Path, metavar="FILE", help="show a --json file again")
    return parser


def _names(what: str, known: Sequence[str] | dict[str, object]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        names = [name for name in text.split(",") if name]
        for name in names:
            if name not in known:
                raise argparse.ArgumentTypeError(
                    f"{what} must be one of {', '.join(known)}; got {name!r}"
                )
        return names

    return parse


def _shape(text: str) -> Shape:
    sizes = text.split(",")
    if len(sizes) != 4 or not all(size.isdigit() and int(size) > 0 for size in sizes):
        raise argparse.ArgumentTypeError(f"a shape must be four sizes B,T,F,U; got {text!r}")
    return Shape(*map(int, sizes))


def _measure(options: argparse.Namespace) -> Record:
    here = machine()
    others = installed()[1:] if options.contenders is None else options.contenders
    contenders = [OWN, *(name for name in others if name != OWN)]
    for name in contenders:
        if lacking := " ".join(missing(name)):
            sys.exit(
                f"benchmarks: {name} takes part where {lacking} can be imported. Install with "
                f"`python -m pip install {lacking}`."
            )
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
