"""One batch after the other from a rowid table to its target: intent, write, state."""

import os
import secrets
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from . import state as states
from .batches import TAIL_ROWS, Batch, Limits, read_batch, timestamp_index
from .columns import Planned, plan
from .delta_target import NONCE_BITS, DeltaTarget, another_writer
from .errors import UploaderError
from .instants import micros
from .logs import Log
from .parquet_target import ParquetTarget
from .recognise import recognise, remember
from .settings import Settings
from .shape import Shape, describe, quoted
from .source import reading
from .start import first_rowid
from .state import Pending, State


class TableUpload:
    """The upload of one rowid table. What it knows outlives it in the state folder alone."""

    def __init__(self, settings: Settings, state: State, target: DeltaTarget | ParquetTarget, log: Log) -> None:
        self.state = state
        self._s = settings
        self._target = target
        self._log = log
        self._folder = Path(settings.state_dir)
        self._planned: tuple[str, list[Planned]] | None = None
        self._checked = False

    def step(self) -> int:
        """Uploads the next batch. Returns its rows; 0: there are none. Raises UploaderError and StorageError."""
        self._settle()
        batch, after = self._read()
        if batch is None:
            self._drop_pending()
            return 0
        if self._s.dry_run:
            self._log.info("would_upload", after=after, last=batch.last, rows=batch.rows, bytes=batch.bytes)
            self.state.last_rowid, self.state.tail = batch.last, []
            return batch.rows
        began = datetime.now(UTC)
        pending = self._intend(batch, after)
        version = self._write(batch, pending)
        self._promote(pending, version)
        self._log.info(
            "batch",
            source=self._s.source,
            batch=self.state.batch,
            first=after,
            last=batch.last,
            rows=batch.rows,
            bytes=batch.bytes,
            rejects=batch.rejects,
            version=version,
            newest=batch.newest,
            seconds=round((datetime.now(UTC) - began).total_seconds(), 3),
        )
        return batch.rows

    def lag(self) -> tuple[int, float]:
        """Rows that are not uploaded yet, and the age in seconds of the oldest of them."""
        with reading(self._sqlite) as connection:
            shape = describe(connection, self._s.table, self._s.timestamp_field)
            after = self.state.last_rowid
            where, bound = ("1", []) if after is None else (f"{shape.rowid} > ?", [after])
            table = quoted(shape.table)
            rows = int(connection.execute(f"SELECT count(*) FROM {table} WHERE {where}", bound).fetchone()[0])
            at = timestamp_index(shape.names, self._s.timestamp_field)
            if rows == 0 or at is None:
                return rows, 0.0
            column = quoted(shape.names[at])
            oldest = connection.execute(
                f"SELECT {column} FROM {table} WHERE {where} ORDER BY {shape.rowid} LIMIT 1", bound
            ).fetchone()
        made = micros(oldest[0])
        return rows, 0.0 if made is None else max(0.0, datetime.now(UTC).timestamp() - made / 1e6)

    @property
    def _sqlite(self) -> str:
        assert self._s.sqlite is not None
        return self._s.sqlite

    def _settle(self) -> None:
        """Finds out whether the batch before was written, when the process before died or its answer was lost."""
        pending = self.state.pending
        if isinstance(self._target, DeltaTarget):
            if self._checked and pending is None:
                return
            seen = self._target.transaction()
            if pending is not None and seen == pending.transaction:
                self._promote(pending, self.state.version)
            elif self.state.adopt:
                self.state.transaction, self.state.batch = seen, max(self.state.batch, (seen or 0) >> NONCE_BITS)
            elif seen != self.state.transaction:
                raise another_writer(self._s.source)
        elif pending is not None and self._target.has(self._target.name(self.state, pending)):
            self._promote(pending, None)
        elif not self._checked and self.state.batch == 0 and not self.state.adopt and pending is None and self._target.any():
            raise another_writer(self._s.source)
        self._checked = True

    def _read(self) -> tuple[Batch | None, int | None]:
        try:
            return self._read_with(lenient_text=False)
        except sqlite3.OperationalError:
            # A text that is not UTF-8: read again in a way that keeps it, as a reject.
            return self._read_with(lenient_text=True)

    def _read_with(self, *, lenient_text: bool) -> tuple[Batch | None, int | None]:
        with reading(self._sqlite, lenient_text=lenient_text) as connection:
            shape = describe(connection, self._s.table, self._s.timestamp_field)
            if shape.rowid is None:
                raise UploaderError(
                    f"The table {shape.table} was made again WITHOUT ROWID", "Use another --state-dir and --source."
                )
            after = self._after(connection, shape)
            upto = self.state.pending.last if self.state.pending else None
            limits = Limits(self._s.batch_rows, self._s.batch_bytes)
            planned = self._plan(shape)
            return read_batch(connection, shape, planned, self._s.source, after, upto, limits, self._s.timestamp_field), after

    def _after(self, connection: sqlite3.Connection, shape: Shape) -> int | None:
        state, about = self.state, os.stat(self._sqlite)
        first = state.inode == 0
        same_file = first or (state.device, state.inode) == (about.st_dev, about.st_ino)
        state.device, state.inode = about.st_dev, about.st_ino
        if first:
            state.last_rowid = first_rowid(connection, shape, self._s, state)
            state.start_after = None
        found = recognise(connection, shape, state, self._s.timestamp_field, self._s.changed_rows, same_file)
        if found.updated:
            self._log.warn("changed_rows", source=self._s.source, rows=found.updated, why="changes after the upload are not seen")
        if found.why is not None and found.after != state.last_rowid:
            self._log.warn("watermark_moved", source=self._s.source, before=state.last_rowid, after=found.after, why=found.why)
            state.last_rowid, state.pending = found.after, None
            state.generation += 1
            state.tail = [] if found.after is None else remember(connection, shape, found.after, self._s.timestamp_field)
            state.tail_columns = shape.names
            if not self._s.dry_run:
                self._save()
        elif state.last_rowid is not None and not state.tail and not self._s.dry_run:
            state.tail = remember(connection, shape, state.last_rowid, self._s.timestamp_field)
            state.tail_columns = shape.names
        return state.last_rowid

    def _plan(self, shape: Shape) -> list[Planned]:
        if self._planned is None or self._planned[0] != shape.hash:
            there = self._target.columns() if isinstance(self._target, DeltaTarget) else {}
            planned = plan(shape, self.state.columns, there)
            self._planned = (shape.hash, planned)
            self.state.columns.update(zip(shape.names, (p.name for p in planned), strict=True))
            self.state.schema_hash = shape.hash
        return self._planned[1]

    def _intend(self, batch: Batch, after: int | None) -> Pending:
        number = (self.state.batch + 1) << NONCE_BITS | secrets.randbits(NONCE_BITS)
        pending = Pending(number, after, batch.last, batch.rows, self.state.generation, batch.newest, batch.tail, batch.names)
        self.state.pending = pending
        self._save()
        return pending

    def _write(self, batch: Batch, pending: Pending) -> int | None:
        if isinstance(self._target, DeltaTarget):
            return self._target.append(batch.data, pending.transaction, self.state.transaction)
        self._target.put(self._target.name(self.state, pending), batch.data)
        return None

    def _promote(self, pending: Pending, version: int | None) -> None:
        state = self.state
        # A batch shorter than the tail leaves rows of the batch before in it.
        earlier = state.tail if state.tail_columns == pending.tail_columns and state.last_rowid == pending.after else []
        state.tail = [*earlier, *pending.tail][-TAIL_ROWS:]
        state.tail_columns = pending.tail_columns
        state.last_rowid, state.last_upload = pending.last, pending.newest or state.last_upload
        state.batch, state.transaction = pending.transaction >> NONCE_BITS, pending.transaction
        state.version, state.rows = version, state.rows + pending.rows
        state.adopt, state.pending = False, None
        self._save()

    def _drop_pending(self) -> None:
        if self.state.pending is not None and not self._s.dry_run:
            self.state.pending = None
            self._save()

    def _save(self) -> None:
        self.state.source, self.state.table = self._s.source, self._s.table
        self.state.path = os.path.abspath(self._sqlite)
        self.state.written_at = datetime.now(UTC).isoformat(timespec="seconds")
        states.save(self._folder, self.state)
