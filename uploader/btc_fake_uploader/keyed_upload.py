"""Uploads a WITHOUT ROWID table: rows not older than the look-back, merged by key, so that none arrives twice."""

import os
import secrets
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from arro3.core import Table

from . import state as states
from .columns import Planned, plan, schema, to_batch
from .delta_target import NONCE_BITS, DeltaTarget, another_writer
from .errors import UploaderError, UsageError
from .instants import iso, micros
from .logs import Log
from .settings import Settings
from .shape import Shape, describe, quoted
from .source import reading
from .state import State

_READ = 256


class KeyedUpload:
    """One pass over the table at a time, in the order of its key, in bounded batches."""

    def __init__(self, settings: Settings, state: State, target: DeltaTarget, log: Log) -> None:
        if settings.timestamp_field is None:
            raise UsageError(
                f"The table {settings.table} has no rowid", "Give --timestamp-field, the column that says when a row was made."
            )
        self.state = state
        self._s = settings
        self._target = target
        self._log = log
        self._field = settings.timestamp_field
        self._at: tuple[object, ...] | None = None
        self._newest = micros(state.last_upload or state.start_after)
        self._from = self._lower()
        self._checked = False

    def step(self) -> int:
        """Merges the next batch of the pass. Returns the rows that it held; 0: the pass is at its end."""
        self._settle()
        with reading(str(self._s.sqlite)) as connection:
            shape = describe(connection, self._s.table, self._field)
            if shape.rowid is not None:
                raise UploaderError(
                    f"The table {shape.table} was made again with a rowid", "Use another --state-dir and --source."
                )
            there = self._target.columns()
            planned = plan(shape, self.state.columns, there)
            rows = self._rows(connection, shape)
        if not rows:
            self._end_pass()
            return 0
        keys = [shape.names.index(k) for k in shape.key]
        self._at = tuple(rows[-1][k] for k in keys)
        seen = [m for row in rows if (m := micros(row[shape.names.index(self._timestamp(shape))])) is not None]
        self._newest = max([*seen, *([] if self._newest is None else [self._newest])], default=None)
        if self._s.dry_run:
            self._log.info("would_upload", rows=len(rows), at_most=True)
            return len(rows)
        self._merge(shape, planned, keys, rows)
        return len(rows)

    def lag(self) -> tuple[int, float]:
        """Rows newer than the watermark, and the age of the watermark in seconds where there are any."""
        mark = micros(self.state.last_upload)
        with reading(str(self._s.sqlite)) as connection:
            connection.create_function("btc_micros", 1, micros, deterministic=True)
            query = f"SELECT count(*) FROM {quoted(self._s.table)} WHERE btc_micros({quoted(self._field)}) > ?"
            rows = int(connection.execute(query, (-(2**63) if mark is None else mark,)).fetchone()[0])
        return rows, max(0.0, datetime.now(UTC).timestamp() - mark / 1e6) if rows and mark is not None else 0.0

    def _merge(self, shape: Shape, planned: list[Planned], keys: list[int], rows: list[tuple[object, ...]]) -> None:
        into = schema(planned)
        data = Table.from_batches([to_batch([(None, *row) for row in rows], planned, into, self._s.source)])
        transaction = (self.state.batch + 1) << NONCE_BITS | secrets.randbits(NONCE_BITS)
        began = datetime.now(UTC)
        version, seen = self._target.merge(data, transaction, self.state.transaction, [planned[k].name for k in keys])
        self.state.columns.update(zip(shape.names, (p.name for p in planned), strict=True))
        self.state.schema_hash = shape.hash
        self.state.batch, self.state.transaction, self.state.version = (seen or 0) >> NONCE_BITS, seen, version
        self.state.adopt = False
        self._save()
        seconds = round((datetime.now(UTC) - began).total_seconds(), 3)
        self._log.info("batch", source=self._s.source, batch=self.state.batch, merged=len(rows), version=version, seconds=seconds)

    def _rows(self, connection: sqlite3.Connection, shape: Shape) -> list[tuple[object, ...]]:
        """Rows after the last key that are not too old. A timestamp that is none may be any: its row is always looked at."""
        connection.create_function("btc_micros", 1, micros, deterministic=True)
        key = ", ".join(quoted(k) for k in shape.key)
        conditions, bounds = ["1"], list[object]()
        if self._at is not None:
            conditions.append(f"({key}) > ({', '.join('?' * len(shape.key))})")
            bounds.extend(self._at)
        if self._from is not None:
            conditions.append(f"coalesce(btc_micros({quoted(self._timestamp(shape))}) >= ?, 1)")
            bounds.append(self._from)
        columns = ", ".join(quoted(n) for n in shape.names)
        cursor = connection.execute(
            f"SELECT {columns} FROM {quoted(shape.table)} WHERE {' AND '.join(conditions)} ORDER BY {key}", bounds
        )
        rows: list[tuple[object, ...]] = []
        size = 0
        while len(rows) < self._s.batch_rows and size < self._s.batch_bytes:
            more = cursor.fetchmany(min(_READ, self._s.batch_rows - len(rows)))
            if not more:
                break
            rows.extend(more)
            size += sum(len(v) if isinstance(v, str | bytes) else 8 for row in more for v in row)
        return rows

    def _settle(self) -> None:
        """A merge whose state was not written repeats nothing: the transaction is taken over, the keys are there."""
        if self._checked:
            return
        seen = self._target.transaction()
        if seen is not None and seen != self.state.transaction:
            if self.state.batch == 0 and not self.state.adopt and self.state.inode == 0:
                raise another_writer(self._s.source)
            self.state.transaction, self.state.batch = seen, seen >> NONCE_BITS
        if self.state.inode == 0 and not self._s.dry_run:
            # From now on this state folder owns the source.
            about = os.stat(str(self._s.sqlite))
            self.state.device, self.state.inode = about.st_dev, about.st_ino
            self._save()
        self._checked = True

    def _end_pass(self) -> None:
        self._at = None
        newest = iso(self._newest)
        if newest != self.state.last_upload and not self._s.dry_run:
            self.state.last_upload, self.state.start_after = newest, None
            self._save()
        self._from = self._lower()

    def _lower(self) -> int | None:
        since = micros(self._s.since) if self._s.since and self._newest is None else None
        return since if self._newest is None else self._newest - round(self._s.look_back * 1e6)

    def _timestamp(self, shape: Shape) -> str:
        return next(n for n in shape.names if n.lower() == self._field.lower())

    def _save(self) -> None:
        self.state.source, self.state.table = self._s.source, self._s.table
        self.state.path = os.path.abspath(str(self._s.sqlite))
        self.state.written_at = datetime.now(UTC).isoformat(timespec="seconds")
        states.save(Path(self._s.state_dir), self.state)
