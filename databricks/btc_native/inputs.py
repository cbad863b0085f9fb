"""Employees and catalogs from files (contract section 1)."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from btc_native.input_files import EmployeesRead, read_catalog, read_employees, unreadable
from btc_native.sftp import Listing
from btc_rules.catalog import CatalogContent, Notice, catalog_notices
from btc_rules.catalog_choice import FolderEntry, choose_catalogs
from btc_rules.catalog_dates import Pattern, compile_date_pattern
from btc_rules.employees import Employee
from btc_rules.errors import RuleError
from btc_rules.text import quoted_value, trim

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
    """What both catalog files hold, and what the manifest says of them; `files` are the run's own copies."""

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

    The run works on its own copy beside `target`: a file that is replaced meanwhile changes nothing.

    Raises EMPLOYEES_INVALID with `FILE:LINE: reason` for the first 20 bad rows; FILE_UNREADABLE.
    """
    read = EmployeesRead()
    written = 0
    path = _own_copy(path, target.parent / "input")
    with pq.ParquetWriter(target, EMPLOYEE_SCHEMA) as writer:
        for batch in batched(read_employees(path, skip_invalid, read), _BATCH):
            writer.write_table(_table(written, batch))
            written += len(batch)
    if not read.employees:
        raise RuleError("EMPLOYEES_INVALID", f"{path.name}: the file holds no employees")
    return EmployeesInput(path.name, _sha256(path), read.employees, read.invalid, read.first)


def id_ranges(employees: Path, size: int) -> list[tuple[int, int]]:
    """The first and the last id of each so many employees, in ascending order of their ids."""
    ids = np.sort(pq.read_table(employees, columns=["employee_id"])["employee_id"].to_numpy())
    return [(int(ids[i]), int(ids[min(i + size, len(ids)) - 1])) for i in range(0, len(ids), size)]


def batched(employees: Iterator[Employee], size: int) -> Iterator[list[Employee]]:
    """So many at a time, the last ones fewer."""
    while batch := list(islice(employees, size)):
        yield batch


def _table(first: int, batch: list[Employee]) -> pa.Table:
    columns = [range(first, first + len(batch)), [employee.id for employee in batch], [employee.type for employee in batch]]
    arrays = [pa.array(list(column), field.type) for column, field in zip(columns, EMPLOYEE_SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=EMPLOYEE_SCHEMA)


def read_catalogs(
    folder: Path,
    own: Path,
    day: str,
    time_zone: str,
    date_formats: str,
    max_age_days: int,
    max_bytes: int,
    listed: Listing | None = None,
) -> Catalogs:
    """Reads the newest catalogs of a day in a folder; `listed` is what an SFTP server has, if they came from one.

    They are copied to `own` first, so that what is read, hashed and dropped are the same bytes.

    Raises CATALOG_MISSING, CATALOG_TOO_LARGE, CATALOG_INVALID, FILE_UNREADABLE; CONFIG_INVALID for a pattern that is none.
    """
    patterns, formats = _date_patterns(date_formats)
    entries = _entries(folder) if listed is None else listed.entries
    chosen, of_choice = choose_catalogs(entries, day, max_age_days, str(folder), max_bytes)
    notices = [*([] if listed is None else listed.notices), *of_choice]
    contents: dict[str, list[CatalogContent]] = {}
    inputs: list[dict[str, object]] = []
    files: list[Path] = []
    for file in chosen:
        path = _own_copy(folder / file.name, own)
        files.append(path)
        contents[file.kind], faults = read_catalog(path, file.kind, time_zone, patterns)
        notices.extend(catalog_notices(file.name, faults))
        inputs.append(
            {
                "kind": file.kind,
                "name": file.name,
                "bytes": path.stat().st_size,
                "sha256": _sha256(path),
                "contents": len(contents[file.kind]),
                "skippedRows": sum(faults[fault].count for fault in _SKIPPING if fault in faults),
                "from": "volume" if listed is None else "sftp",
                **({"dateFormats": formats} if formats else {}),
            }
        )
    return Catalogs(contents["StandAloneContent"], contents["CourseCatalog"], inputs, notices, files)


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
                    entry.stat(follow_symlinks=False).st_size,
                )
                for entry in found
                if not entry.name.startswith(".") and not entry.name.endswith(".part")
            ]
    except FileNotFoundError:
        return []


def _own_copy(path: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return Path(shutil.copyfile(path, folder / path.name))
    except OSError as error:
        raise unreadable(path, error) from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
