"""Which catalog files a run takes, and what people may not expect of them (contract section 1)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from btc_rules.catalog import Notice
from btc_rules.catalog_names import CatalogFileName, newest_catalog_file, parse_catalog_file_name
from btc_rules.errors import RuleError
from btc_rules.text import plural, printable

KINDS = ("CourseCatalog", "StandAloneContent")
MAX_BYTES = 500_000_000
"""The size of a catalog file from which on it is refused, unless another is given."""

_SHOWN_NAMES = 3
_MEGABYTE = 1_000_000
_DATE = re.compile(r"([0-9]{4})[^0-9]([0-9]{1,2})[^0-9]([0-9]{1,2})")


@dataclass(frozen=True, slots=True)
class FolderEntry:
    """Something in a folder; the time is its last change in epoch milliseconds."""

    name: str
    is_file: bool
    is_folder: bool
    modified_at: float
    bytes: int = 0


def is_nearly_catalog_name(name: str) -> bool:
    """Whether a name is meant as a catalog file's, but is not."""
    letters = re.sub("[^a-z]", "", name.lower())
    return any(kind.lower() in letters for kind in KINDS) and parse_catalog_file_name(name) is None


def choose_catalogs(
    entries: Iterable[FolderEntry], day: str, max_age_days: int, place: str, max_bytes: int = MAX_BYTES
) -> tuple[list[CatalogFileName], list[Notice]]:
    """The catalogs of a run on a day, `YYYY-MM-DD`, one of each kind, and the notices.

    Raises CATALOG_MISSING, CATALOG_TOO_LARGE.
    """
    files: list[tuple[CatalogFileName, int]] = []
    sizes: dict[str, int] = {}
    near: list[str] = []
    for entry in entries:
        parsed = parse_catalog_file_name(entry.name)
        if parsed is not None and entry.is_file:
            files.append((parsed, int(entry.modified_at)))
            sizes[entry.name] = entry.bytes
        elif parsed is not None or (not entry.is_folder and is_nearly_catalog_name(entry.name)):
            near.append(entry.name)
    near.sort()
    near.sort(key=_date_in, reverse=True)
    near = [printable(name) for name in near]
    newest = [newest_catalog_file(files, kind, day) for kind in KINDS]
    missing = [kind for kind, file in zip(KINDS, newest, strict=True) if file is None]
    if missing:
        lines = [f"its name nearly matches: {_listed(near)}"] if near else []
        raise RuleError("CATALOG_MISSING", f"{place}: no {' and no '.join(missing)} file", lines)
    chosen = [file for file in newest if file is not None]
    for file in chosen:
        if sizes[file.name] > max_bytes:
            limit = f"more than CATALOG_MAX_MB allows ({_megabytes(max_bytes)})"
            raise RuleError("CATALOG_TOO_LARGE", f"{file.name} has {_megabytes(sizes[file.name])}, {limit}")
    notices = [notice for file in chosen if (notice := _age_notice(file, day, max_age_days))]
    if near:
        text = f"Files beside the catalogs whose names nearly match were not used: {len(near):,} ({_listed(near)})"
        notices.append(Notice("catalog-near-misses", text, len(near)))
    return chosen, notices


def _megabytes(number: int) -> str:
    return f"{-(-number // _MEGABYTE):,} MB"


def _date_in(name: str) -> str:
    match = _DATE.search(name)
    return f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}" if match else ""


def _listed(names: list[str]) -> str:
    more = len(names) - _SHOWN_NAMES
    return f"{', '.join(names[:_SHOWN_NAMES])} and {more:,} more" if more > 0 else ", ".join(names)


def _age_notice(file: CatalogFileName, day: str, max_age_days: int) -> Notice | None:
    if file.date > day:
        text = f"{file.name}: its date is after {day}, the day of the run, and there is none of that day or before"
        return Notice("catalog-later-than-run", text)
    days = (date.fromisoformat(day) - date.fromisoformat(file.date)).days
    if days <= max_age_days:
        return None
    limit = f"more than CATALOG_MAX_AGE_DAYS ({max_age_days})"
    return Notice(
        "catalog-old", f"{file.name}: it is {plural(days, 'day')} older than the run, {limit}, and there is none that is newer"
    )
