"""The rows of a catalog file, and what is not right with them (contract section 1, "Vendor catalog files")."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from btc_rules.catalog_dates import Pattern, read_catalog_date
from btc_rules.errors import RuleError
from btc_rules.ids import format_content_id, parse_content_id
from btc_rules.text import column_key, columns_found, display_text, plural, printable, quoted_value, trim

_ID_COLUMNS = ("ContentId", "TrainingElementId", "CourseId", "ElementId")
_TITLE_COLUMNS = ("Title", "ContentTitle", "ContentName", "CourseName", "Name")
_DATE_COLUMNS = ("CreateDate", "CreatedDate", "DateCreated", "CreateDateText")
_DAILY_DOSE_COLUMN = "Daily_Dose_BA"
_TRUE_WORDS = frozenset(("true", "t", "1", "y", "yes"))
_FALSE_WORDS = frozenset(("", "false", "f", "0", "n", "no"))


@dataclass(frozen=True, slots=True)
class CatalogContent:
    """One piece of training."""

    id: int
    title: str
    daily_dose: bool
    created_at: int | None


@dataclass(frozen=True, slots=True)
class Fault:
    """How often something is wrong, on which line first (from 1), and what is wrong there."""

    count: int
    first_line: int
    problem: str


def read_flag(text: str) -> bool | None:
    """`Daily_Dose_BA` as a truth value; None when it is neither, which counts as false."""
    word = trim(text).lower()
    return True if word in _TRUE_WORDS else False if word in _FALSE_WORDS else None


class CatalogReader:
    """Reads rows in file order: `add` each, then `finish`."""

    def __init__(self, kind: str, header: list[str], line: int, file: str, time_zone: str, patterns: list[Pattern]) -> None:
        """Finds the columns. Raises CATALOG_INVALID when there is no id column."""
        self._header, self._line, self._file = header, line, file
        self._time_zone, self._patterns = time_zone, patterns
        keys = [column_key(name) for name in header]
        self._id, self._title, self._date, self._flag = (
            next((keys.index(key) for key in map(column_key, names) if key in keys), -1)
            for names in (_ID_COLUMNS, _TITLE_COLUMNS, _DATE_COLUMNS, (_DAILY_DOSE_COLUMN,))
        )
        if self._id < 0:
            raise RuleError("CATALOG_INVALID", f"{file}: no id column ({columns_found(header)})")
        self._least = _filled(header)
        self._contents: dict[int, CatalogContent] = {}
        self._slash_dates: list[tuple[int, int, str, int | None, int | None]] = []
        self.faults: dict[str, Fault] = {}
        self._rows = 0
        # Of a CourseCatalog file nothing but ids and titles is used.
        if kind == "CourseCatalog":
            return
        if self._date < 0:
            names = ", ".join(_DATE_COLUMNS)
            problem = f"no date column ({names}), every date counts as missing ({columns_found(header)})"
            self.faults["no-date-column"] = Fault(1, line, problem)
        if self._flag < 0:
            problem = f"no column {_DAILY_DOSE_COLUMN}, nothing counts as Daily Dose ({columns_found(header)})"
            self.faults["no-daily-dose-column"] = Fault(1, line, problem)

    def add(self, line: int, fields: list[str]) -> None:
        """Reads the row that begins on a line, from 1."""
        filled = _filled(fields)
        if filled == 0:
            return
        self._rows += 1
        width = len(self._header)
        if len(fields) < self._least or filled > width:
            self._fault("misaligned", line, f"it has {len(fields)} fields, not {width}; the row is skipped")
            return
        content_id = parse_content_id(_field(fields, self._id))
        if content_id is None:
            self._fault("no-id", line, f"{self._cell(fields, self._id)} is not a content id")
        elif content_id in self._contents:
            what = f"{self._name(self._id)} {format_content_id(content_id)}"
            self._fault("repeated-id", line, f"{what} was seen before; the first row with it counts")
        else:
            title = display_text(_field(fields, self._title))
            created_at = self._read_date(content_id, line, fields)
            flag = read_flag(_field(fields, self._flag))
            if flag is None:
                cell = self._cell(fields, self._flag)
                self._fault("unreadable-flag", line, f"{cell} is neither true nor false")
            self._contents[content_id] = CatalogContent(content_id, title, flag is True, created_at)

    def finish(self) -> list[CatalogContent]:
        """Ends the file: decides in which order dates with slashes are written. Raises CATALOG_INVALID."""
        only_day_first = [slash for slash in self._slash_dates if slash[3] is None]
        is_day_first = bool(only_day_first) and all(slash[4] is not None for slash in self._slash_dates)
        for content_id, line, text, month_first, day_first in self._slash_dates:
            created_at = day_first if is_day_first else month_first
            if created_at is None:
                self._unreadable_date(line, text)
            self._contents[content_id] = replace(self._contents[content_id], created_at=created_at)
        if is_day_first:
            dates, example = plural(len(self._slash_dates), "date"), quoted_value(only_day_first[0][2])
            problem = (
                f"{dates} with slashes read day first, since {example} can only be that "
                "(CATALOG_DATE_FORMATS can say how dates are written)"
            )
            self.faults["day-first"] = Fault(len(self._slash_dates), only_day_first[0][1], problem)
        if self._rows > 0 and not self._contents:
            first = next((fault for fault in self.faults.values() if fault.first_line > self._line), None)
            why = "" if first is None else f", in line {first.first_line} because {first.problem}"
            found = columns_found(self._header)
            raise RuleError("CATALOG_INVALID", f"{self._file}: none of its rows can be used ({self._rows}){why} ({found})")
        return list(self._contents.values())

    def _read_date(self, content_id: int, line: int, fields: list[str]) -> int | None:
        text = _field(fields, self._date)
        if not trim(text):
            return None
        readings = read_catalog_date(text, self._time_zone, self._patterns)
        if readings is None:
            self._unreadable_date(line, text)
            return None
        if readings.month_first != readings.day_first:
            self._slash_dates.append((content_id, line, text, *readings))
        return readings.month_first

    def _unreadable_date(self, line: int, text: str) -> None:
        what = f"{self._name(self._date)} {quoted_value(text)}"
        self._fault("unreadable-date", line, f"{what} is not a date or timestamp that can be read")

    def _fault(self, fault: str, line: int, problem: str) -> None:
        known = self.faults.get(fault)
        if known is None:
            self.faults[fault] = Fault(1, line, problem)
        elif line < known.first_line:
            self.faults[fault] = Fault(known.count + 1, line, problem)
        else:
            self.faults[fault] = replace(known, count=known.count + 1)

    def _name(self, column: int) -> str:
        return printable(trim(self._header[column]))

    def _cell(self, fields: list[str], column: int) -> str:
        return f"{self._name(column)} {quoted_value(_field(fields, column))}"


def _field(fields: Sequence[str], column: int) -> str:
    return fields[column] if 0 <= column < len(fields) else ""


def _filled(fields: Sequence[str]) -> int:
    return next((i for i in range(len(fields), 0, -1) if trim(fields[i - 1])), 0)


_FILE_CODES = {
    "no-date-column": "catalog-date-column-missing",
    "no-daily-dose-column": "catalog-daily-dose-column-missing",
    "day-first": "catalog-read-day-first",
}
_ROW_CODES = {
    "no-id": ("catalog-rows-skipped", "skipped rows without a usable id"),
    "misaligned": ("catalog-rows-misaligned", "skipped rows with more or fewer fields than the header"),
    "repeated-id": ("catalog-ids-repeated", "skipped rows with an id that was seen before"),
    "unreadable-date": (
        "catalog-dates-unreadable",
        "dates that cannot be read and count as missing (CATALOG_DATE_FORMATS can say how dates are written)",
    ),
    "unreadable-flag": (
        "catalog-flags-unreadable",
        "Daily_Dose_BA values that are neither true nor false and count as false",
    ),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a run did without, guessed or left out, as the manifest says it."""

    code: str
    text: str
    count: int | None = None
    first_line: int | None = None

    def as_json(self) -> dict[str, object]:
        """The notice with the manifest's names."""
        written: dict[str, object] = {"code": self.code, "text": self.text}
        if self.count is not None:
            written["count"] = self.count
        if self.first_line is not None:
            written["firstLine"] = self.first_line
        return written


def catalog_notices(file: str, faults: dict[str, Fault]) -> list[Notice]:
    """The notices of one catalog file, in the order in which the summary lists them."""
    notices = []
    for fault, code in _FILE_CODES.items():
        if tally := faults.get(fault):
            notices.append(Notice(code, f"{file}: {tally.problem}", tally.count, tally.first_line))
    for fault, (code, words) in _ROW_CODES.items():
        if tally := faults.get(fault):
            text = f"{file}: {words}: {tally.count}, the first in line {tally.first_line}: {tally.problem}"
            notices.append(Notice(code, text, tally.count, tally.first_line))
    return notices
