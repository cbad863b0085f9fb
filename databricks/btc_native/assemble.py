"""The files of a run, as single files, byte for byte, out of sorted parts (contract section 5)."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from btc_rules.errors import RuleError
from btc_rules.feeds import csv_row
from btc_rules.tally import RunTally

COMPLETION_COLUMNS = ("UserId", "ContentId", "DateStarted", "DateCompleted")
NON_COMPLETED_COLUMNS = (
    "UserID",
    "CreateDate_text",
    "RequestId",
    "TrainingElementId",
    "Start_Date_text",
    "DueDate_text",
    "ContentType",
)
_BATCH = 4_096


class OutputFile:
    """A file that is written from its first byte to its last, and hashed on the way."""

    def __init__(self, path: Path) -> None:
        self.path, self.rows, self.bytes = path, 0, 0
        self._hash = hashlib.sha256()
        self._file: IO[bytes] = path.open("wb")

    def write(self, text: str | bytes, rows: int) -> None:
        """Appends a text that holds so many rows."""
        data = text.encode() if isinstance(text, str) else text
        self._file.write(data)
        self._hash.update(data)
        self.bytes += len(data)
        self.rows += rows

    def append(self, other: Path, rows: int) -> None:
        """Appends the bytes of another file."""
        with other.open("rb") as file:
            while piece := file.read(1 << 20):
                self.write(piece, 0)
        self.rows += rows

    def finish(self) -> dict[str, object]:
        """Closes the file; gives what the manifest says of it."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return {"name": self.path.name, "rows": self.rows, "bytes": self.bytes, "sha256": self._hash.hexdigest()}


@dataclass(frozen=True, slots=True)
class Drafts:
    """The feeds and the summary so far."""

    completions: OutputFile
    non_completed: OutputFile
    summary: OutputFile


def write_feeds(decided: Path, folder: Path, names: dict[str, str], tally: RunTally, employees: int) -> Drafts:
    """Joins the sorted parts of the decided employees in a local folder. Raises INTERNAL when employees are missing."""
    completions = OutputFile(folder / names["completions"])
    completions.write(csv_row(COMPLETION_COLUMNS), 0)
    non_completed = OutputFile(folder / names["nonCompleted"])
    non_completed.write(csv_row(NON_COMPLETED_COLUMNS), 0)
    summary = OutputFile(folder / names["summary"])
    new_rows = OutputFile(folder / "new-rows.part")
    expected = 0
    for batch in decided_batches(decided):
        expected = _check_positions(batch, expected)
        _count(tally, batch)
        by_source = [pc.sum(batch[name]).as_py() or 0 for name in ("completed_manager", "completed_ai")]
        completions.write(_joined(batch, "completion_rows"), sum(by_source))
        non_completed.write(_joined(batch, "open_rows"), pc.sum(batch["open_count"]).as_py() or 0)
        new_rows.write(_joined(batch, "new_rows"), pc.sum(batch["new_count"]).as_py() or 0)
        summary.write(_joined(batch, "summary"), batch.num_rows - (pc.sum(batch["left_out"]).as_py() or 0))
    if expected != employees:
        raise RuleError("INTERNAL", f"Of {employees} employees only {expected} were decided")
    new_rows.finish()
    non_completed.append(new_rows.path, new_rows.rows)
    new_rows.path.unlink()
    return Drafts(completions, non_completed, summary)


def decided_batches(folder: Path, columns: list[str] | None = None, size: int = _BATCH) -> Iterator[pa.RecordBatch]:
    """The decided employees in input order, so many at a time."""
    parts = [(first, path) for path in folder.glob("*.parquet") if (first := _first_position(path)) is not None]
    for _, path in sorted(parts):
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(size, columns=columns)


def _first_position(path: Path) -> int | None:
    with pq.ParquetFile(path) as file:
        first = next(file.iter_batches(1, columns=["position"]), None)
    return None if first is None or first.num_rows == 0 else int(first["position"][0].as_py())


def _check_positions(batch: pa.RecordBatch, expected: int) -> int:
    positions = batch["position"]
    first, last = positions[0].as_py(), positions[-1].as_py()
    if first != expected or last != expected + batch.num_rows - 1:
        raise RuleError("INTERNAL", f"Employees are missing or out of order near position {expected}")
    return expected + int(batch.num_rows)


def _joined(batch: pa.RecordBatch, column: str) -> str:
    return "".join(batch[column].to_pylist())


def _count(tally: RunTally, batch: pa.RecordBatch) -> None:
    counts = tally.counts
    kept = batch.filter(pc.invert(batch["left_out"]))
    for name in ("completed_manager", "completed_ai", "unknown_recommendations"):
        counts[name] += pc.sum(kept[name]).as_py() or 0
    counts["recommendations"] += pc.sum(pc.list_value_length(kept["recommendations"])).as_py() or 0
    for name in ("records_open", "records_completed"):
        counts[name] += pc.sum(batch[name]).as_py() or 0
    counts["open"] += pc.sum(batch["total_open"]).as_py() or 0
    has_random = pc.sum(batch["has_random"]).as_py() or 0
    counts["random"] += has_random
    counts["nothing_left"] += batch.num_rows - has_random
    totals = pc.add(kept["completed_manager"], kept["completed_ai"]).to_pylist()
    for kind, completed in zip(kept["employee_type"].to_pylist(), totals, strict=True):
        counts[f"employees_{kind}"] += 1
        counts[f"completions_{kind}"] += completed
    for doses in batch["doses"].to_pylist():
        for found, outcome in zip(tally.doses, doses, strict=True):
            found[outcome] += 1


def copy_template(template: Path, target: Path) -> dict[str, object]:
    """A byte-for-byte copy of the UserCompletion template; its rows are its lines without the header. Raises FILE_UNREADABLE."""
    from btc_native.input_files import unreadable

    try:
        data = template.read_bytes()
    except OSError as error:
        raise unreadable(template, error) from None
    file = OutputFile(target)
    lines = data.count(b"\n") + (1 if data and not data.endswith(b"\n") else 0)
    file.write(data, max(0, lines - 1))
    return file.finish()


def manifest_text(manifest: dict[str, Any]) -> str:
    """A manifest as both engines write it."""
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
