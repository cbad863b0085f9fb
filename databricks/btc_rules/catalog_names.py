"""Names of the vendor's catalog files, and which is the newest (contract section 1)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

_NAME = re.compile(
    r"(CourseCatalog|StandAloneContent)_v2_([0-9]{4})_([0-9]{1,2})_([0-9]{1,2})_([0-9]{1,9})_[A-Za-z0-9]+\.csv",
    re.ASCII | re.IGNORECASE,
)
_KINDS = {"coursecatalog": "CourseCatalog", "standalonecontent": "StandAloneContent"}


@dataclass(frozen=True, slots=True)
class CatalogFileName:
    """A catalog's name; `date` is `YYYY-MM-DD`."""

    kind: str
    name: str
    date: str
    sequence: int


def parse_catalog_file_name(name: str) -> CatalogFileName | None:
    """What a name says, or None; an impossible date is no date."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    prefix, year, month, day, sequence = match.groups()
    # JavaScript's calendar has a year 0, Python's has not; 2000 is a leap year as 0 is.
    try:
        date(int(year) or 2000, int(month), int(day))
    except ValueError:
        return None
    return CatalogFileName(_KINDS[prefix.lower()], name, f"{year}-{int(month):02}-{int(day):02}", int(sequence))


def newest_catalog_file(files: Iterable[tuple[CatalogFileName, int]], kind: str, day: str) -> CatalogFileName | None:
    """The newest that is not after `day`, else the newest of all. The number beside a name is its modification time."""
    of_kind = [(file, modified) for file, modified in files if file.kind == kind]
    if not of_kind:
        return None
    return max(
        of_kind,
        key=lambda f: (
            f[0].date <= day,
            f[0].date,
            f[0].sequence,
            f[1],
            f[0].name.encode("utf-16-be", "surrogatepass"),
        ),
    )[0]
