"""What all commands share: how they fail, and how they write files."""

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

import typer

from elman.errors import ArgumentError, ElmanError

FAILED, INTERRUPTED, BROKEN_PIPE = 2, 130, 141  # exit statuses; the last two as shells have them

# Python's names in messages, and what the person typed for them.
_OWNER = re.compile(
    r"(?:^|(?<=[:;] ))(read_table|read_series|make_windows|load|forecast|fit_forecaster|Changes"
    r"|Scaler|seasonal|EarlyStopping|Settings|train|predict|inspect|convert|save|export"
    r"|deserialize|state_dict|save_state_dict|load_weights): "
)
_WORDS = {
    "`filepath`": "MODEL",
    "`column`": "the column",
    "`fill='forward'` (`--fill forward`)": "--fill forward",
}
_OPTION = re.compile(
    r"`(target|features|time|lookback|horizon|validation|test|season|fill|dropout|learning_rate|sample)`"
)


class Fill(StrEnum):
    """What to do with missing values."""

    error = "error"
    forward = "forward"


@contextlib.contextmanager
def plain_errors(
    path: str = "FILE", said: Callable[[str], str] = lambda message: message
) -> Iterator[None]:
    """Turn what can go wrong into one line on stderr and an exit status.

    Args:
        path: what the command calls the data that it reads.
        said: what the command makes of a message first.

    Raises:
        typer.Exit: with status 2 for an error, 130 for Ctrl-C, 141 for a closed pipe.
    """
    try:
        yield
        sys.stdout.flush()
    except ElmanError as error:
        raise _failed(as_typed(said(str(error)), path)) from None
    except BrokenPipeError:
        # Python would complain about the pipe once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(BROKEN_PIPE) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise _failed(f"{where}{error.strerror or error}.") from None
    except KeyboardInterrupt:
        typer.echo("\nelman: interrupted.", err=True)
        raise typer.Exit(INTERRUPTED) from None


def _failed(message: str) -> typer.Exit:
    """Print a message and return the exit."""
    typer.echo(f"elman: {message}", err=True)
    return typer.Exit(FAILED)


def as_typed(message: str, path: str = "FILE") -> str:
    """Return an error's message in the words of the command line.

    >>> as_typed("make_windows: `lookback` must be a positive integer; got 0.")
    '--lookback must be a positive integer; got 0.'
    """
    message = _OWNER.sub("", message)
    for word, typed in (_WORDS | {"`path`": path}).items():
        message = message.replace(word, typed)
    return _OPTION.sub(lambda found: "--" + found[1].replace("_", "-"), message)


def visible(text: str) -> str:
    """Return a text without what would steer a terminal: names from files may hold anything.

    >>> visible("a\x1b[2Jb")
    'a?[2Jb'
    """
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "?", text)


def check_input(path: Path, called: str) -> None:
    """Check that a file is there, and something in it.

    Args:
        path: the file.
        called: what was typed for it.

    Raises:
        ArgumentError: there is none, it is a folder, or it is empty.
    """
    if path.is_dir():
        raise ArgumentError(f"{called} must name a file; got '{path}', which is a folder.")
    if not path.is_file():
        raise ArgumentError(f"{called} must be a file that exists; got '{path}'.")
    if path.stat().st_size == 0:
        raise ArgumentError(f"{called} must be a file with something in it; '{path}' is empty.")


def check_output(
    path: Path, ending: str = "", called: str = "--output", **inputs: Path | None
) -> None:
    """Check that a file can be written, before any work is done for it.

    Args:
        path: where to.
        ending: what its name must end in.
        called: what was typed for it.
        inputs: the files that are read, which are never written over; by their names.

    Raises:
        ArgumentError: it cannot be written there.
    """
    if path.is_dir():
        raise ArgumentError(f"{called} must name a file; got '{path}', which is a folder.")
    name = path.name.lower()
    if not name.endswith(ending) or name == ending:
        raise ArgumentError(
            f"{called} must name a file that ends in '{ending}'; got '{path}'. "
            f"Did you mean '{path.with_suffix(ending)}'?"
        )
    for name, read in inputs.items():
        if read is not None and path.exists() and read.exists() and path.samefile(read):
            raise ArgumentError(
                f"{called} must be another file than {name}; got '{path}', which is '{read}' and "
                "would be lost."
            )
    if not path.parent.is_dir():
        raise ArgumentError(
            f"{called} must lie in a folder that exists; got '{path}'. "
            f"Make the folder '{path.parent}' first."
        )
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass  # trying is the only answer that is always right
    except OSError as error:
        raise ArgumentError(
            f"{called} must lie in a folder that can be written to; got '{path}' "
            f"({error.strerror})."
        ) from None


def write_text(path: Path, text: str) -> None:
    """Write the file of --output, which is then either whole or not there."""
    from elman.formats.files import replacing  # imports models

    with replacing(path, "--output") as file:
        file.write(text.encode())


def plural(count: int, thing: str) -> str:
    """Return a count and what is counted.

    >>> plural(1, "row"), plural(2, "row")
    ('1 row', '2 rows')
    """
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
