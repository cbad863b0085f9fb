"""Where a source without a watermark begins."""

import sqlite3

from .errors import UsageError
from .instants import micros
from .settings import Settings
from .shape import Shape, quoted
from .state import State


def first_rowid(connection: sqlite3.Connection, shape: Shape, settings: Settings, state: State) -> int | None:
    """The rowid after which the upload begins; None: from the first row.

    The original's mark is a time: rowids only grow, so all rows from the first later one on came after its last upload.
    Raises UsageError if --since is neither a rowid nor a time, or a time without --timestamp-field."""
    if state.last_rowid is not None:
        return state.last_rowid
    if state.start_after is not None:
        return _before_first(connection, shape, settings, state.start_after, inclusive=False)
    if settings.since is None:
        return None
    if settings.since.lstrip("-").isdigit():
        return int(settings.since)
    return _before_first(connection, shape, settings, settings.since, inclusive=True)


def _before_first(connection: sqlite3.Connection, shape: Shape, settings: Settings, time: str, *, inclusive: bool) -> int | None:
    bound = micros(time)
    if bound is None:
        raise UsageError(f"{time!r} is neither a rowid nor a time", "Write a time as 2026-11-26T08:00:00Z.")
    if settings.timestamp_field is None:
        raise UsageError(f"To begin at the time {time}, the rows need a timestamp", "Give --timestamp-field, or a rowid.")
    lowest = bound if inclusive else bound + 1
    connection.create_function("btc_micros", 1, micros, deterministic=True)
    query = f"SELECT min({shape.rowid}), max({shape.rowid}) FROM {quoted(shape.table)}"
    first, _ = connection.execute(f"{query} WHERE btc_micros({quoted(settings.timestamp_field)}) >= ?", (lowest,)).fetchone()
    if first is not None:
        return int(first) - 1
    highest = connection.execute(query).fetchone()[1]
    return None if highest is None else int(highest)
