"""Employees and catalogs from files (contract section 1)."""

import codecs
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from btc_rules.catalog import CatalogContent, CatalogReader, Notice, catalog_notices
from btc_rules.catalog_choice import FolderEntry, choose_catalogs
from btc_rules.catalog_dates import Pattern, compile_date_pattern
from btc_rules.csv_records import csv_records
from btc_rules.csv_shape import foreign_shape
from btc_rules.employees import Employee, EmployeeReader, is_blank_or_comment
from btc_rules.errors import RuleError
from btc_rules.text import quoted_value, trim
from btc_rules.week import local_date

_SHOWN_ERRORS = 20
_LOOKED_AT_BYTES = 64 * 1024
_BATCH = 50_000
_SKIPPING = ("no-id", "misaligned")
EMPLOYEE_SCHEMA = pa.schema([("position", pa.int64()), ("employee_id", pa.int64()), ("employee_type", pa.string())])


@dataclass(frozen=True, slots=True)
class EmployeesInput:
    """The employees file as it was read; `first` are the first rows that were skipped, `FILE:LINE: reason`."""

    name: str
    sha256: str
    employees: int
    invalid: int
    first: list[str]

    def as_json(self) -> dict[str, object]:
        """`inputs.employees` of the manifest."""
        invalid = {"count": self.invalid, "first": self.first}
        return {"name": self.name, "sha256": self.sha256, "employees": self.employees, "invalid": invalid}


@dataclass(frozen=True, slots=True)
class Catalogs:
    """What both catalog files hold, and what there is to know of them."""

    stand_alone: list[CatalogContent]
    course_catalog: list[CatalogContent]
    inputs: list[dict[str, object]]
    notices: list[Notice]
    files: list[Path]

    def known_ids(self) -> frozenset[int]:
        """Every id of both files."""
        return frozenset(content.id for content in (*self.stand_alone, *self.course_catalog))

    def titles(self, wanted: tuple[int, ...]) -> dict[int, str]:
        """The titles of some contents; of two files the StandAloneContent one wins."""
        everything = (*self.course_catalog[::-1], *self.stand_alone[::-1])
        return {content.id: content.title for content in everything if content.id in wanted}


def write_employees(path: Path, target: Path, skip_invalid: bool) -> EmployeesInput:
    """Reads an employees file into Parquet with a position for each row. Memory grows with the set of ids.

    Raises EMPLOYEES_INVALID with `FILE:LINE: reason` for the first 20 bad rows; FILE_UNREADABLE.
    """
    errors: list[str] = []
    counts = {"employees": 0, "invalid": 0}
    target.parent.mkdir(parents=True, exist_ok=True)
    with pq.ParquetWriter(target, EMPLOYEE_SCHEMA) as writer:
        batch: list[Employee] = []
        for row in _employee_rows(path):
            if isinstance(row, str):
                counts["invalid"] += 1
                if len(errors) < _SHOWN_ERRORS:
                    errors.append(row)
                continue
            batch.append(row)
            if len(batch) == _BATCH:
                _write(writer, batch, counts)
        _write(writer, batch, counts)
    invalid = counts["invalid"]
    if invalid and not skip_invalid:
        rows = "1 row is" if invalid == 1 else f"{invalid} rows are"
        raise RuleError("EMPLOYEES_INVALID", f"{path.name}: {rows} wrong", errors)
    return EmployeesInput(path.name, _sha256(path), counts["employees"], invalid, errors)


def id_ranges(employees: Path, size: int) -> list[tuple[int, int]]:
    """The first and the last id of each so many employees, in ascending order of their ids."""
    ids = np.sort(pq.read_table(employees, columns=["employee_id"])["employee_id"].to_numpy())
    return [(int(ids[i]), int(ids[min(i + size, len(ids)) - 1])) for i in range(0, len(ids), size)]


def _write(writer: pq.ParquetWriter, batch: list[Employee], counts: dict[str, int]) -> None:
    first = counts["employees"]
    positions = range(first, first + len(batch))
    columns = [positions, [employee.id for employee in batch], [employee.type for employee in batch]]
    if batch:
        arrays = [pa.array(list(column), field.type) for column, field in zip(columns, EMPLOYEE_SCHEMA, strict=True)]
        writer.write_table(pa.Table.from_arrays(arrays, schema=EMPLOYEE_SCHEMA))
    counts["employees"] += len(batch)
    batch.clear()


def _employee_rows(path: Path) -> Iterator[Employee | str]:
    reader: EmployeeReader | None = None
    for line, fields in read_csv(path, "EMPLOYEES_INVALID", comments=True):
        if reader is None:
            if fields and not is_blank_or_comment(fields):
                with _explained(path):
                    reader = EmployeeReader(fields, f"{path.name}:{line}")
            continue
        row = reader.read(fields) if fields else None
        if row is not None:
            yield f"{path.name}:{line}: {row}" if isinstance(row, str) else row
    if reader is None:
        with _explained(path):
            raise RuleError("EMPLOYEES_INVALID", f"{path.name}: the file is empty")


def read_catalogs(folder: Path, as_of: int, time_zone: str, date_formats: str, max_age_days: int, origin: str) -> Catalogs:
    """Reads the newest catalogs in a folder. `origin` is where they came from, as the manifest says it.

    Raises CATALOG_MISSING, CATALOG_INVALID, FILE_UNREADABLE; CONFIG_INVALID for a pattern that is none.
    """
    patterns, formats = _date_patterns(date_formats)
    chosen, notices = choose_catalogs(_entries(folder), local_date(as_of, time_zone), max_age_days, str(folder))
    contents: dict[str, list[CatalogContent]] = {}
    inputs: list[dict[str, object]] = []
    for file in chosen:
        path = folder / file.name
        reader = _read_catalog(path, file.kind, time_zone, patterns)
        contents[file.kind] = reader.finish()
        faults = reader.faults
        notices.extend(catalog_notices(file.name, faults))
        inputs.append(
            {
                "kind": file.kind,
                "name": file.name,
                "bytes": path.stat().st_size,
                "sha256": _sha256(path),
                "contents": len(contents[file.kind]),
                "skippedRows": sum(faults[fault].count for fault in _SKIPPING if fault in faults),
                "from": origin,
                **({"dateFormats": formats} if formats else {}),
            }
        )
    files = [folder / file.name for file in chosen]
    return Catalogs(contents["StandAloneContent"], contents["CourseCatalog"], inputs, notices, files)


def _read_catalog(path: Path, kind: str, time_zone: str, patterns: list[Pattern]) -> CatalogReader:
    reader: CatalogReader | None = None
    with _explained(path):
        for line, fields in read_csv(path, "CATALOG_INVALID"):
            if reader is not None:
                reader.add(line, fields)
            elif any(trim(field) for field in fields):
                reader = CatalogReader(kind, fields, line, path.name, time_zone, patterns)
        if reader is None:
            raise RuleError("CATALOG_INVALID", f"{path.name}: the file is empty")
    return reader


def _date_patterns(text: str) -> tuple[list[Pattern], list[str]]:
    formats = [trim(one) for one in text.split(";") if trim(one)]
    patterns = [compile_date_pattern(one) for one in formats]
    for one, pattern in zip(formats, patterns, strict=True):
        if pattern is None:
            raise RuleError(
                "CONFIG_INVALID", f"catalog_date_formats: {quoted_value(one)} is no date-fns pattern that can be read"
            )
    return [pattern for pattern in patterns if pattern is not None], formats


def _entries(folder: Path) -> list[FolderEntry]:
    try:
        with os.scandir(folder) as found:
            return [
                FolderEntry(
                    entry.name,
                    entry.is_file(follow_symlinks=False),
                    entry.is_dir(follow_symlinks=False),
                    entry.stat(follow_symlinks=False).st_mtime * 1000,
                )
                for entry in found
                if not entry.name.startswith(".") and not entry.name.endswith(".part")
            ]
    except FileNotFoundError:
        return []


def read_csv(path: Path, code: str, comments: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The records of a CSV file in UTF-8 with the lines that they begin on.

    Raises `code` with `FILE:LINE` when the file is no CSV in UTF-8; FILE_UNREADABLE.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            yield from csv_records(lines, path.name, code, comments)
    except UnicodeDecodeError:
        with _explained(path):
            raise RuleError(code, f"{path.name}:{_line_of_bad_utf8(path)}: there are bytes that are not UTF-8") from None
    except RuleError as error:
        with _explained(path):
            raise error
    except OSError as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: OSError) -> RuleError:
    """The error for a file that cannot be read."""
    reasons: dict[type[OSError], str] = {
        FileNotFoundError: "there is no such file",
        PermissionError: "reading it is not allowed",
        IsADirectoryError: "it is a folder",
    }
    return RuleError("FILE_UNREADABLE", f"{path}: {reasons.get(type(error), 'it cannot be read')}")


class _explained:
    """Says of a file that is refused what it is, where it is something else than CSV with commas."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, RuleError) or error.code == "FILE_UNREADABLE":
            return
        with self._path.open("rb") as file:
            shape = foreign_shape(file.read(_LOOKED_AT_BYTES))
        if shape is not None:
            raise RuleError(error.code, f"{self._path.name}: {shape}") from None


def _line_of_bad_utf8(path: Path) -> int:
    decoder = codecs.getincrementaldecoder("utf-8")()
    data = path.read_bytes()
    line = 1
    try:
        for piece in data.splitlines(keepends=True):
            decoder.decode(piece)
            line += piece.endswith((b"\n", b"\r"))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        pass
    return line


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
