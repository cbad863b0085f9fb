"""Replaces all rows of a source in the Delta table by what the source holds now, in one commit."""

import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from arro3.core import RecordBatch

from . import state as states
from .batches import Batch, Limits, read_batch
from .columns import plan, schema
from .delta_target import NONCE_BITS, DeltaTarget
from .logs import Log
from .settings import Settings
from .shape import describe
from .source import reading
from .state import State


def full_refresh(settings: Settings, state: State, target: DeltaTarget, log: Log) -> None:
    """Streams the table in batches, each its own read; readers see all of it or nothing. The state continues after it.

    A kill before the commit changes nothing; one after it, before the state: the next start stops, and a full refresh
    again puts it right."""
    sqlite = str(settings.sqlite)
    with reading(sqlite) as connection:
        shape = describe(connection, settings.table, settings.timestamp_field)
    planned = plan(shape, state.columns, target.columns())
    limits = Limits(settings.batch_rows, settings.batch_bytes)
    rows, newest, last = 0, None, list[Batch]()

    def batches() -> Iterator[RecordBatch]:
        nonlocal rows, newest
        after = None
        while True:
            with reading(sqlite) as connection:
                batch = read_batch(connection, shape, planned, settings.source, after, None, limits, settings.timestamp_field)
            if batch is None:
                return
            last[:], after = [batch], batch.last
            rows, newest = rows + batch.rows, batch.newest or newest
            yield from batch.data.to_batches()

    seen = target.transaction() or 0
    number = ((max(seen >> NONCE_BITS, state.batch) + 1) << NONCE_BITS) | secrets.randbits(NONCE_BITS)
    state.version = target.replace(schema(planned), batches(), number)
    about = os.stat(sqlite)
    state.device, state.inode = about.st_dev, about.st_ino
    state.source, state.table, state.path = settings.source, settings.table, os.path.abspath(sqlite)
    state.columns.update(zip(shape.names, (p.name for p in planned), strict=True))
    state.schema_hash, state.batch, state.transaction = shape.hash, number >> NONCE_BITS, number
    state.last_rowid = last[0].last if last else None
    state.tail, state.tail_columns = (last[0].tail, last[0].names) if last else ([], [])
    state.last_upload, state.rows, state.pending, state.adopt = newest, rows, None, False
    state.start_after, state.written_at = None, datetime.now(UTC).isoformat(timespec="seconds")
    states.save(Path(settings.state_dir), state)
    log.info("full_refresh", source=settings.source, rows=rows, version=state.version)
