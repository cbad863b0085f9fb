"""Reads a bounded batch of rows after a rowid, in order."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from arro3.core import RecordBatch, Table

from .columns import Planned, schema, to_batch
from .instants import iso, micros
from .shape import Shape, quoted
from .state import TailRow

TAIL_ROWS = 256
_FIRST_READ, _LONGEST_READ, _READ_BYTES = 16, 2048, 4 * 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How much a batch holds at most. It may exceed `bytes` by one read, about 4 MB of rows like the ones before."""

    rows: int
    bytes: int


@dataclass(frozen=True)
class Batch:
    """Rows to upload, the newest timestamp in ISO form, and the digests of the last rows over the columns `names`."""

    data: Table
    rows: int
    bytes: int
    last: int
    newest: str | None
    tail: list[TailRow]
    names: list[str]
    rejects: int


def digest(values: Sequence[object]) -> str:
    """What a row holds, in 16 characters."""
    return blake2b(repr(tuple(values)).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def tail_row(row: Sequence[object], timestamp_at: int | None) -> TailRow:
    """What is remembered of a row (its rowid first)."""
    rowid, *values = row
    assert isinstance(rowid, int)
    at = None if timestamp_at is None or values[timestamp_at] is None else digest([values[timestamp_at]])
    return TailRow(rowid, digest(values), at)


def timestamp_index(names: Sequence[str], field: str | None) -> int | None:
    """Where the timestamp stands among these columns; None: not there."""
    return next((i for i, name in enumerate(names) if field is not None and name.lower() == field.lower()), None)


def select(shape: Shape, names: Sequence[str], where: str, order: str = "") -> str:
    """SQL for rowid and columns of a table."""
    columns = ", ".join([str(shape.rowid), *(quoted(n) for n in names)])
    return f"SELECT {columns} FROM {quoted(shape.table)} WHERE {where} ORDER BY {shape.rowid} {order}"


def read_batch(
    connection: sqlite3.Connection,
    shape: Shape,
    planned: Sequence[Planned],
    source: str,
    after: int | None,
    upto: int | None,
    limits: Limits,
    timestamp_field: str | None,
) -> Batch | None:
    """The rows after `after` (None: all), up to `upto` if given: then all of them, whatever the limits. None: there are none."""
    bounds = [f"{shape.rowid} {sign} ?" for sign, bound in ((">", after), ("<=", upto)) if bound is not None]
    cursor = connection.execute(
        select(shape, shape.names, " AND ".join(bounds) or "1"), [b for b in (after, upto) if b is not None]
    )
    into, at = schema(planned), timestamp_index(shape.names, timestamp_field)
    parts: list[RecordBatch] = []
    total = size = rejects = 0
    reads, tail = _FIRST_READ, list[tuple[object, ...]]()
    while upto is not None or (total < limits.rows and size < limits.bytes):
        wanted = reads if upto is not None else min(reads, limits.rows - total)
        rows = cursor.fetchmany(wanted)
        if not rows:
            break
        part = to_batch(rows, planned, into, source)
        parts.append(part)
        total += len(rows)
        size += part.nbytes
        rejects += len(rows) - part.column(part.num_columns - 1).null_count
        tail = [*tail, *rows][-TAIL_ROWS:]
        most = min(_READ_BYTES, max(1, limits.bytes - size))
        reads = max(1, min(_LONGEST_READ, reads * 2, most * len(rows) // max(1, part.nbytes)))
    cursor.close()
    if not parts:
        return None
    instants = [m for row in tail if at is not None and (m := micros(row[at + 1])) is not None]
    newest = iso(max(instants, default=None))
    remembered = [tail_row(row, at) for row in tail]
    return Batch(Table.from_batches(parts), total, size, remembered[-1].rowid, newest, remembered, shape.names, rejects)
