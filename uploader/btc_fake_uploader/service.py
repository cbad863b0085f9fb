"""Looks again and again, or once, until SIGTERM."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from .attempts import Attempts
from .delta_target import DeltaTarget
from .errors import StorageError, UploaderError, UsageError
from .file_upload import FileUpload
from .full_refresh import full_refresh
from .keyed_upload import KeyedUpload
from .logs import Log
from .metrics import Metrics
from .object_store import FileTarget
from .parquet_target import ParquetTarget
from .settings import Settings
from .shape import describe
from .source import reading
from .state import State, load
from .table_upload import TableUpload


class Upload(Protocol):
    """What can be uploaded step by step."""

    def step(self) -> int: ...

    def lag(self) -> tuple[int, float]: ...


def run(settings: Settings, log: Log, metrics: Metrics, stop: threading.Event) -> None:
    """Uploads until it is told to stop, or once.

    Raises UploaderError for what a person must decide, and StorageError with --once; else storage that is away
    is tried again at the next interval."""
    attempts = Attempts(settings.attempts, stop, lambda text: log.warn("attempt_failed", error=text))
    once = settings.once or settings.dry_run or settings.full_refresh
    upload: Upload | None = None
    while True:
        try:
            if upload is None:
                upload = _upload(settings, attempts, log)
            if upload is not None:
                _look(upload, metrics, stop, settings)
                metrics.succeed(*upload.lag())
        except StorageError as error:
            metrics.add("failures_total")
            # What is in memory may be ahead of the folder: begin again from there.
            upload = None
            if once:
                raise
            log.error("failed", error=str(error), remedy=error.remedy)
        if once or stop.wait(settings.interval):
            return


def _look(upload: Upload, metrics: Metrics, stop: threading.Event, settings: Settings) -> None:
    while not stop.is_set():
        count = upload.step()
        if count == 0:
            return
        metrics.add("batches_total")
        metrics.add("rows_total", 0 if settings.files else count)


def _upload(settings: Settings, attempts: Attempts, log: Log) -> Upload | None:
    state = load(Path(settings.state_dir)) or State()
    _check_source(settings, state)
    if settings.files is not None:
        return FileUpload(settings, state, FileTarget(settings.table_path, settings.storage_option, attempts), log)
    with reading(str(settings.sqlite)) as connection:
        shape = describe(connection, settings.table, settings.timestamp_field)
    if settings.format == "parquet":
        if shape.rowid is None:
            raise UsageError(
                f"The table {shape.table} has no rowid: Parquet files cannot take its rows once only",
                "Use --format delta, where repeats are removed by key.",
            )
        files = FileTarget(settings.table_path, settings.storage_option, attempts)
        return TableUpload(settings, state, ParquetTarget(files, settings.source, shape.table), log)
    delta = DeltaTarget(settings.table_path, settings.source, settings.storage_option, attempts)
    if settings.full_refresh:
        if shape.rowid is None:
            raise UsageError(
                f"The table {shape.table} has no rowid", "Use a larger --look-back: what is missing is merged by key."
            )
        full_refresh(settings, state, delta, log)
        return None
    kind: Callable[[Settings, State, DeltaTarget, Log], Upload] = KeyedUpload if shape.rowid is None else TableUpload
    return kind(settings, state, delta, log)


def _check_source(settings: Settings, state: State) -> None:
    for what, known, now in (("source", state.source, settings.source), ("table", state.table, settings.table)):
        if known and known.lower() != now.lower():
            raise UploaderError(
                f"The state folder belongs to the {what} {known}, not {now}",
                "Give each source its own --state-dir, or its name by --source.",
            )
