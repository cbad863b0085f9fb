"""Dates in catalogs (contract section 1, "Dates"). Readings are epoch milliseconds."""

import calendar
import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from btc_rules.text import BLANK, BLANKS, length_in_units, trim
from btc_rules.week import DAY_MS, instant_of_local

_FLAGS = re.ASCII | re.IGNORECASE
_MONTHS = {
    name: number for number in range(1, 13) for name in (calendar.month_name[number].lower(), calendar.month_abbr[number].lower())
} | {"sept": 9}
_TIME = re.compile(
    rf"(?:(?:T|{BLANK}+)(?P<hour>[0-9]{{1,2}}):(?P<minute>[0-9]{{2}})(?::(?P<second>[0-9]{{2}})(?:[.,](?P<fraction>[0-9]+))?)?"
    rf"(?:{BLANK}*(?P<meridiem>AM|PM))?(?:{BLANK}*(?P<zone>Z|UTC|[+-][0-9]{{2}}(?::?[0-9]{{2}})?))?)?",
    _FLAGS,
)
_YEAR_FIRST = re.compile(r"(?P<year>[0-9]{4})([-/])(?P<month>[0-9]{2})\2(?P<day>[0-9]{2})(?![0-9])")
_NUMBERS = re.compile(r"([0-9]{1,2})([/.])([0-9]{1,2})\2([0-9]{4})(?![0-9])")
_DAY_AND_NAME = re.compile(
    rf"(?P<day>[0-9]{{1,2}})[-/{BLANKS}]{BLANK}*(?P<month>[a-z]{{3,9}})\.?[-/,{BLANKS}]{BLANK}*(?P<year>[0-9]{{4}})(?![0-9])",
    _FLAGS,
)
_NAME_AND_DAY = re.compile(
    rf"(?P<month>[a-z]{{3,9}})\.?[-/{BLANKS}]{BLANK}*(?P<day>[0-9]{{1,2}})[-/,{BLANKS}]{BLANK}*(?P<year>[0-9]{{4}})(?![0-9])",
    _FLAGS,
)
_ZONE = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})?")

Parts = dict[str, str | None]
Pattern = Callable[[str, str], int | None]
"""Reads a text in a time zone."""


class Readings(NamedTuple):
    """What a date can mean. The two differ only for a date with slashes."""

    month_first: int | None
    day_first: int | None


def instant_of(parts: Parts, time_zone: str) -> int | None:
    """The instant that written parts name, or None for an impossible one."""
    year_text, month_text = parts["year"] or "", parts["month"] or ""
    year = int(year_text)
    if len(year_text) == 2:
        year += 2000 if year <= 68 else 1900
    month = _MONTHS.get(month_text.lower()) or (int(month_text) if month_text.isdigit() else 0)
    hour = _hour(parts.get("hour"), parts.get("meridiem"))
    minute, second = int(parts.get("minute") or 0), int(parts.get("second") or 0)
    if hour is None or hour > 23 or minute > 59 or second > 59:
        return None
    try:
        day = date(year, month, int(parts["day"] or 0)).toordinal() - 719_163
    except ValueError:
        return None
    milliseconds = int((parts.get("fraction") or "")[:3].ljust(3, "0"))
    as_if_utc = day * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds
    zone = parts.get("zone")
    if zone is None:
        return instant_of_local(as_if_utc, time_zone)
    offset = _offset_minutes(zone)
    return None if offset is None else as_if_utc - offset * 60_000


def _hour(text: str | None, meridiem: str | None) -> int | None:
    hour = int(text or 0)
    if meridiem is None:
        return hour
    if not 1 <= hour <= 12:
        return None
    return hour % 12 + (12 if meridiem.lower() == "pm" else 0)


def _offset_minutes(zone: str) -> int | None:
    match = _ZONE.fullmatch(zone)
    if match is None:
        return 0
    hours, minutes = int(match[2]), int(match[3] or 0)
    if hours > 23 or minutes > 59:
        return None
    return (-1 if match[1] == "-" else 1) * (hours * 60 + minutes)


def read_catalog_date(text: str, time_zone: str, patterns: list[Pattern]) -> Readings | None:
    """What a catalog's date means, or None. `patterns` are CATALOG_DATE_FORMATS, tried first."""
    text = trim(text)
    if not text or length_in_units(text) > 80:
        return None
    for read in patterns:
        instant = read(text, time_zone)
        if instant is not None:
            return Readings(instant, instant)
    numbers = _NUMBERS.match(text)
    if numbers is not None:
        first, separator, second, year = numbers.groups()
        rest = text[numbers.end() :]
        day_first = _timed({"year": year, "month": second, "day": first}, rest, time_zone)
        month_first = day_first
        if separator == "/":
            month_first = _timed({"year": year, "month": first, "day": second}, rest, time_zone)
        return None if day_first is None and month_first is None else Readings(month_first, day_first)
    match = _YEAR_FIRST.match(text) or _DAY_AND_NAME.match(text) or _NAME_AND_DAY.match(text)
    if match is None:
        return None
    instant = _timed(match.groupdict(), text[match.end() :], time_zone)
    return None if instant is None else Readings(instant, instant)


def _timed(parts: Parts, time: str, time_zone: str) -> int | None:
    match = _TIME.fullmatch(time)
    return None if match is None else instant_of({**parts, **match.groupdict()}, time_zone)


_TOKENS = {
    "yyyy": ("year", "[0-9]{4}"),
    "yy": ("year", "[0-9][0-9]"),
    "MMMM": ("month", "[A-Za-z]{3,9}"),
    "MMM": ("month", "[A-Za-z]{3,4}"),
    "MM": ("month", "[0-9]{2}"),
    "M": ("month", "[0-9]{1,2}"),
    "dd": ("day", "[0-9]{2}"),
    "d": ("day", "[0-9]{1,2}"),
    "HH": ("hour", "[0-9]{2}"),
    "H": ("hour", "[0-9]{1,2}"),
    "hh": ("hour", "[0-9]{2}"),
    "h": ("hour", "[0-9]{1,2}"),
    "mm": ("minute", "[0-9]{2}"),
    "m": ("minute", "[0-9]{1,2}"),
    "ss": ("second", "[0-9]{2}"),
    "s": ("second", "[0-9]{1,2}"),
    "SSS": ("fraction", "[0-9]{3}"),
    "a": ("meridiem", "[AP]M"),
    "XXX": ("zone", "(?:Z|[+-][0-9][0-9]:[0-9][0-9])"),
    "X": ("zone", "(?:Z|[+-][0-9][0-9](?:[0-9][0-9])?)"),
}
_PIECES = re.compile(rf"'(?:''|[^'])+'|([A-Za-z])\1*|''|{BLANK}+|[^A-Za-z'{BLANKS}]")


def compile_date_pattern(pattern: str) -> Pattern | None:
    """A reader of one of CATALOG_DATE_FORMATS, or None when the pattern is none (contract section 1)."""
    pieces = [match[0] for match in _PIECES.finditer(pattern)]
    if "".join(pieces) != pattern:
        return None
    source, seen = "", set[str]()
    for i, piece in enumerate(pieces):
        if not (piece[0].isascii() and piece[0].isalpha()):
            source += _literal(piece)
            continue
        part, accepted = _TOKENS.get(piece, ("", ""))
        if not part or part in seen:
            return None
        beside = _is_number(piece) and any(_is_number(other) for other in [*pieces[max(i - 1, 0) : i], *pieces[i + 1 : i + 2]])
        if beside and len(piece) == 1:
            return None
        seen.add(part)
        source += f"(?P<{part}>{accepted if beside else accepted.replace('{2}', '{1,2}')})"
    twelve_hours = any(piece.startswith("h") for piece in pieces)
    if not {"year", "month", "day"} <= seen or ("meridiem" in seen) != twelve_hours:
        return None
    expression = re.compile(source, _FLAGS)

    def read(text: str, time_zone: str) -> int | None:
        match = expression.fullmatch(text)
        return None if match is None else instant_of(match.groupdict(), time_zone)

    return read


def _is_number(piece: str) -> bool:
    return _TOKENS.get(piece, ("", ""))[1].startswith("[0-9]")


def _literal(piece: str) -> str:
    quoted = re.fullmatch(r"'(.+)'", piece, re.DOTALL)
    text = "'" if piece == "''" else (quoted[1] if quoted else piece).replace("''", "'")
    return "".join(f"{BLANK}+" if run[0] in BLANKS else re.escape(run) for run in re.findall(f"{BLANK}+|[^{BLANKS}]+", text))
