"""Employees and catalogs out of files, row by row, with the error codes and the places of the queue (contract section 1)."""

import codecs
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from btc_rules.catalog import CatalogContent, CatalogReader, Fault
from btc_rules.catalog_dates import Pattern
from btc_rules.csv_records import OpenQuoteError, csv_records, limited_lines
from btc_rules.csv_shape import foreign_shape
from btc_rules.employees import Employee, EmployeeReader, is_blank_or_comment
from btc_rules.errors import RuleError
from btc_rules.text import trim

_SHOWN_ERRORS = 20
_LOOKED_AT_BYTES = 64 * 1024
Records = Iterator[tuple[int, list[str]]]


@dataclass(slots=True)
class EmployeesRead:
    """What an employees file came to: employees, and rows that are wrong, of which the first are spelled out."""

    employees: int = 0
    invalid: int = 0
    first: list[str] = field(default_factory=list)


def read_employees(path: Path, skip_invalid: bool, read: EmployeesRead) -> Iterator[Employee]:
    """The employees in input order; `read` is complete at the end. Memory grows with the set of ids.

    Raises, after the last employee, EMPLOYEES_INVALID with `FILE:LINE: reason` for the first 20 bad rows and the count of all;
    before that EMPLOYEES_INVALID for a file without the columns, or that is no CSV in UTF-8; FILE_UNREADABLE.
    """
    with _explained(path):
        records = read_csv(path, "EMPLOYEES_INVALID", comments=True)
        reader = _employee_reader(path, records)
        for line, fields in records:
            row = reader.read(fields) if fields else None
            if isinstance(row, Employee):
                read.employees += 1
                yield row
            elif row is not None:
                read.invalid += 1
                if len(read.first) < _SHOWN_ERRORS:
                    read.first.append(f"{path.name}:{line}: {row}")
        if read.invalid and not skip_invalid:
            rows = "1 row is" if read.invalid == 1 else f"{read.invalid} rows are"
            raise RuleError("EMPLOYEES_INVALID", f"{path.name}: {rows} wrong", read.first)


def _employee_reader(path: Path, records: Records) -> EmployeeReader:
    for line, fields in records:
        if not fields or is_blank_or_comment(fields):
            continue
        with _unless_no_csv(records):
            return EmployeeReader(fields, f"{path.name}:{line}")
    raise RuleError("EMPLOYEES_INVALID", f"{path.name}: the file is empty")


def read_catalog(path: Path, kind: str, time_zone: str, patterns: list[Pattern]) -> tuple[list[CatalogContent], dict[str, Fault]]:
    """What a catalog file holds, and what is not right with it. Raises CATALOG_INVALID, FILE_UNREADABLE."""
    with _explained(path):
        records = read_csv(path, "CATALOG_INVALID")
        reader: CatalogReader | None = None
        for line, fields in records:
            if reader is not None:
                reader.add(line, fields)
            elif any(trim(field) for field in fields):
                with _unless_no_csv(records):
                    reader = CatalogReader(kind, fields, line, path.name, time_zone, patterns)
        if reader is None:
            raise RuleError("CATALOG_INVALID", f"{path.name}: the file is empty")
        return reader.finish(), reader.faults


def read_csv(path: Path, code: str, comments: bool = False) -> Records:
    """The records of a CSV file in UTF-8 with the lines that they begin on.

    Raises `code` with `FILE:LINE` when the file is no CSV in UTF-8; FILE_UNREADABLE.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv_records(limited_lines(file), path.name, code, comments)
    except (UnicodeDecodeError, RuleError):
        # Bytes that are no text come before what the text says.
        if (line := _line_of_bad_utf8(path)) is not None:
            raise RuleError(code, f"{path.name}:{line}: there are bytes that are not UTF-8") from None
        raise
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


@contextmanager
def _unless_no_csv(records: Records) -> Iterator[None]:
    """A wrong header is told of a file in which no record is worse; a quote that is never closed counts as less."""
    try:
        yield
    except RuleError:
        with suppress(OpenQuoteError):
            for _ in records:
                pass
        raise


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Says of a file that is refused what it is, where it is something else than CSV with commas."""
    try:
        yield
    except RuleError as error:
        if error.code == "FILE_UNREADABLE":
            raise
        with path.open("rb") as file:
            shape = foreign_shape(file.read(_LOOKED_AT_BYTES))
        if shape is None:
            raise
        raise RuleError(error.code, f"{path.name}: {shape}") from None


def _line_of_bad_utf8(path: Path) -> int | None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    try:
        with path.open("rb") as file:
            for piece in (piece for block in file for piece in block.splitlines(keepends=True)):
                decoder.decode(piece)
                line += piece.endswith((b"\n", b"\r"))
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line
    return None
