"""Finds the watermark in the source again: rowids that were reused, renumbered or went back with a restored file."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from .batches import TAIL_ROWS, select, tail_row, timestamp_index
from .errors import UploaderError
from .shape import Shape, sequence
from .state import State, TailRow

_WINDOW = 8


@dataclass(frozen=True)
class Recognised:
    """Where to continue. `why` says why the watermark moved; `updated` counts rows that were changed after their upload."""

    after: int | None
    why: str | None = None
    updated: int = 0


def recognise(
    connection: sqlite3.Connection, shape: Shape, state: State, field: str | None, changed: str, same_file: bool
) -> Recognised:
    """Compares the last uploaded rows with what is there now.

    Raises UploaderError where it cannot tell which rows were uploaded: nothing is uploaded then."""
    if state.last_rowid is None or not state.tail:
        return Recognised(state.last_rowid)
    if shape.never_reuses:
        _check_sequence(sequence(connection, shape.table), state)
    first, last = state.tail[0].rowid, state.last_rowid
    names = [n for n in state.tail_columns if n in shape.names]
    whole = len(names) == len(state.tail_columns)
    at = timestamp_index(names, field)
    query = select(shape, names, f"{shape.rowid} BETWEEN ? AND ?")
    now = {int(row[0]): tail_row(row, at) for row in connection.execute(query, (first, last))}
    recorded = {row.rowid: row for row in state.tail}
    same = [r for r, row in now.items() if r in recorded and _same(row, recorded[r], whole)]
    if not same:
        return _without_anchor(connection, shape, state, names, at, now, same_file)
    anchor = max(same)
    if not shape.has_integer_key and _is_renumbered(now, recorded, anchor, last):
        return _without_anchor(connection, shape, state, names, at, now, same_file)
    below = [r for r in now if r < anchor and r not in recorded]
    if below:
        raise UploaderError(
            f"Row {below[0]} was inserted below the watermark {last}, after the rows around it were uploaded",
            "Use --full-refresh, or `state set --rowid` below it, which uploads the rows after it again.",
        )
    above = [r for r in now if r > anchor]
    updated = sum(r < anchor and r in recorded and r not in same for r in now)
    if anchor == last:
        return Recognised(last, None, updated)
    if not above:
        if shape.never_reuses:
            return Recognised(last, None, updated)
        return Recognised(anchor, f"rows after {anchor} were deleted, their rowids can come again", updated)
    return _reused(shape, now, recorded, anchor, last, changed, updated)


def remember(connection: sqlite3.Connection, shape: Shape, last: int, field: str | None) -> list[TailRow]:
    """The rows up to the watermark as they are now, to recognise the source by."""
    at = timestamp_index(shape.names, field)
    query = select(shape, shape.names, f"{shape.rowid} <= ?", "DESC")
    rows = connection.execute(f"{query} LIMIT {TAIL_ROWS}", (last,)).fetchall()
    return [tail_row(row, at) for row in reversed(rows)]


def _reused(
    shape: Shape, now: dict[int, TailRow], recorded: dict[int, TailRow], anchor: int, last: int, changed: str, updated: int
) -> Recognised:
    """Rows above the anchor have other contents: changed ones, or new ones under the rowids of deleted ones."""
    above = [row for r, row in now.items() if r > anchor]
    renewed = [row for row in above if row.rowid not in recorded or _has_other_time(row, recorded[row.rowid])]
    if shape.never_reuses:
        if not renewed:
            return Recognised(last, None, updated + len(above))
        raise UploaderError(
            f"Row {renewed[0].rowid} is not the row that was uploaded: the database was restored or replaced",
            "Say with `state set --rowid` after which row to continue.",
        )
    if len(renewed) == len(above):
        return Recognised(anchor, f"rowids after {anchor} were given again to new rows", updated)
    if changed == "ignore":
        return Recognised(last, None, updated + len(above))
    if changed == "new":
        return Recognised(anchor, f"rows after {anchor} differ and are taken as new", updated)
    raise UploaderError(
        f"Row {above[-1].rowid} at the watermark is not as it was uploaded: it was changed, or its rowid was reused",
        "Say which with --changed-rows new or --changed-rows ignore; an AUTOINCREMENT key makes this certain.",
    )


def _without_anchor(
    connection: sqlite3.Connection,
    shape: Shape,
    state: State,
    names: Sequence[str],
    at: int | None,
    now: dict[int, TailRow],
    same_file: bool,
) -> Recognised:
    if shape.never_reuses and not now and same_file:
        return Recognised(state.last_rowid)
    if not shape.has_integer_key and (found := _renumbered(connection, shape, state, names, at)) is not None:
        return Recognised(found, "VACUUM renumbered the rows")
    if same_file and connection.execute(select(shape, [], "1") + " LIMIT 1").fetchone() is None:
        return Recognised(None, "all rows were deleted")
    raise UploaderError(
        "None of the last uploaded rows is there: the database was replaced, restored or emptied",
        "Another database needs another --state-dir and --source; else say with `state set --rowid` where to continue.",
    )


def _is_renumbered(now: dict[int, TailRow], recorded: dict[int, TailRow], anchor: int, last: int) -> bool:
    """Whether rows stand under rowids that others had: an uploaded row higher up, or another row with another time."""
    known = {row.digest for row in recorded.values()}
    other = [row for r, row in now.items() if r not in recorded or row.digest != recorded[r].digest]
    return any(row.digest in known or (row.rowid < anchor and row.rowid not in recorded) for row in other) or (
        anchor != last and any(row.rowid < anchor and _has_other_time(row, recorded[row.rowid]) for row in other)
    )


def _renumbered(connection: sqlite3.Connection, shape: Shape, state: State, names: Sequence[str], at: int | None) -> int | None:
    """The rowid of the newest uploaded row that is left, if the ones before it follow in their order. None: not found."""
    places: dict[str, int] = {}
    for place, row in enumerate(state.tail):
        if row.digest in places:
            return None
        places[row.digest] = place
    found: list[tuple[int, int]] = []
    query = select(shape, names, f"{shape.rowid} <= ?", "DESC")
    for values in connection.execute(query, (state.last_rowid,)):
        row = tail_row(values, at)
        if row.digest in places:
            found.append((places[row.digest], row.rowid))
        elif found:
            break
        if len(found) == _WINDOW:
            break
    order = [place for place, _ in found]
    return found[0][1] if found and order == sorted(order, reverse=True) else None


def _same(row: TailRow, recorded: TailRow, whole: bool) -> bool:
    if whole:
        return row.digest == recorded.digest
    return row.timestamp == recorded.timestamp


def _has_other_time(row: TailRow, recorded: TailRow) -> bool:
    return row.timestamp is not None and recorded.timestamp is not None and row.timestamp != recorded.timestamp


def _check_sequence(highest: int | None, state: State) -> None:
    if highest is None or (state.last_rowid is not None and highest < state.last_rowid):
        raise UploaderError(
            f"The database has given rowids up to {highest or 0} only, but {state.last_rowid}: it was restored",
            "Say with `state set --rowid` after which row to continue.",
        )
