"""How a Parquet file becomes columns of Python values, by way of Polars."""

import io
from typing import Any

from elman.errors import FormatError, MissingDependencyError


def parse_parquet(data: bytes, source: str) -> tuple[list[str], list[list[Any]]]:
    """Read the bytes of a Parquet file.

    Args:
        data: what the file holds.
        source: the file's name, for messages.

    Returns:
        The columns' names, and one list of values for each column, with None for null.

    Raises:
        MissingDependencyError: Polars is not installed.
        FormatError: the bytes are not Parquet, or they hold no rows.
    """
    try:
        import polars
    except ImportError:
        raise MissingDependencyError(
            "polars is needed to read Parquet files. "
            "Install it with `pip install 'elman[parquet]'`."
        ) from None
    # A damaged file may make Polars panic, and a panic is no `Exception`.
    trouble = (polars.exceptions.PolarsError, polars.exceptions.PanicException, OSError)
    try:
        frame = polars.read_parquet(io.BytesIO(data))
        columns = [column.to_list() for column in frame.get_columns()]
    except trouble as error:
        reason = str(error).partition("\n")[0]
        raise FormatError(
            f"{source}: the file must hold whole Parquet data; got {len(data)} bytes that Polars "
            f"cannot read ({reason}). Write it again."
        ) from None
    if not frame.height or not frame.width:
        raise FormatError(f"{source}: the file must have rows; got none.")
    return frame.columns, columns
