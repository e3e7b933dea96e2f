"""Files of PyTorch damaged at random: only elman's own errors may come of them, and soon.

    python -m tests.formats.torch.fuzz SECONDS [SEED]

Damages files for so long, and prints how many and what became of them. A part of it runs in CI,
see test_fuzz.py. The pickle in a zip is damaged by itself too, for the zip's checksums would keep
nearly all damage from the reader of pickles, and so is the header of a `.safetensors`.
"""

import io
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

from elman.errors import ArgumentError, FormatError, UnsupportedError
from elman.formats.torch import load_state_dict  # now, so that its import is not timed
from tests.formats.torch.pack import unpack

EXPECTED = (FormatError, UnsupportedError, ArgumentError)
MEMORY = 2**30  # bytes that may be allocated beyond what runs: the files have a few thousand
LONG = 4000  # characters of a message
SLOW = 2.0  # seconds; a file takes a millisecond
WORDS = [
    b"\x80\x02", b".", b"(", b")", b"}", b"]", b"t", b"u", b"s", b"e", b"b", b"R", b"Q", b"q\x00",
    b"h\x00", b"\x85", b"\x86", b"\x87", b"\x93", b"\x94", b"N", b"\x88", b"J\xff\xff\xff\x7f",
    b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", b"\x8b\xff\xff\xff\x7f", b"X\xff\xff\xff\xff",
    b"\x8d\xff\xff\xff\xff\xff\xff\xff\x0f", b"ccollections\nOrderedDict\n", b"ctorch\nSize\n",
    b"ctorch._utils\n_rebuild_parameter\n", b"r\xff\xff\xff\x7f", b"cos\nsystem\n", b"PK\x03\x04",
    b"PK\x01\x02", b"PK\x05\x06", b"[0,9223372036854775807]", b"[[[[[[[[", b'{"', b"-1", b"1e999",
    b"BF16", b"\xff" * 8, b"\x00" * 8,
]  # fmt: skip


def files() -> list[tuple[str, bytes]]:
    """Return real files: their endings, and what they hold."""
    return [(ending, data) for m in unpack().values() for ending, data in m.files.items()]


def damaged(rng: random.Random, data: bytes) -> bytes:
    """Return bytes with some of them changed, moved, left out or put in."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        start = rng.randrange(len(found) + 1)
        stop = min(len(found), start + rng.choice((1, 1, 2, 8, 64)))
        what = rng.randrange(6)
        if what == 0 and start < len(found):
            found[start] = rng.randrange(256)
        elif what == 1 and start < len(found):
            found[start] ^= 1 << rng.randrange(8)
        elif what == 2:
            del found[start:stop]
        elif what == 3:
            found[start:start] = found[start:stop]
        elif what == 4:
            found[start : start + rng.choice((0, 1, 8))] = rng.choice(WORDS)
        else:
            other = rng.randrange(len(found) + 1)
            found[start:start] = found[other : other + rng.choice((4, 16, 64))]
    return bytes(found)


def damaged_file(rng: random.Random, ending: str, data: bytes) -> bytes:
    """Return a file that is damaged as a whole, or in the part that says what it holds."""
    inside = rng.random() < 0.7
    if inside and ending.endswith(".safetensors"):
        stop = 8 + int.from_bytes(data[:8], "little")
        header = damaged(rng, data[8:stop])
        return len(header).to_bytes(8, "little") + header + data[stop:]
    if inside and zipfile.is_zipfile(io.BytesIO(data)):
        return _with_damaged_pickle(rng, data)
    return damaged(rng, data[: rng.choice((len(data), rng.randrange(len(data))))])


def _with_damaged_pickle(rng: random.Random, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            inside = old.read(name)
            is_pickle = name.endswith("data.pkl")
            new.writestr(name, damaged(rng, inside) if is_pickle else inside)
    return file.getvalue()


def read(folder: Path, ending: str, data: bytes) -> str:
    """Read a file and return what became of it: "read", or the name of the expected error."""
    path = folder / f"fuzzed{ending}"
    path.write_bytes(data)
    begun = time.perf_counter()
    try:
        load_state_dict(path)
    except EXPECTED as error:
        found, said = type(error).__name__, str(error)
    else:
        found, said = "read", ""
    assert len(said) < LONG, len(said)
    taken = time.perf_counter() - begun
    assert taken < SLOW, f"{taken:.1f} s"
    return found


def main(seconds: float, seed: int) -> None:
    """Damage files for some time; what is unexpected is kept, and ends it."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    rng, found, real, begun = random.Random(seed), Counter[str](), files(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() - begun < seconds:
            ending, data = rng.choice(real)
            data = damaged_file(rng, ending, data)
            try:
                found[read(Path(folder), ending, data)] += 1
            except BaseException:
                kept = Path(tempfile.gettempdir()) / f"fuzzed{ending}"
                kept.write_bytes(data)
                print(f"unexpected, after {found.total()} files; kept as {kept}")
                raise
    print(f"{found.total()} files in {seconds:g} s, seed {seed}: {dict(found)}")


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
