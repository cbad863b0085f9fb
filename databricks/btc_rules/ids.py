"""Ids of employees, contents and runs (contract section 1, "Content ids", and section 4)."""

import re

from btc_rules.text import trim

_PLAIN = re.compile(r"0*[1-9][0-9]{0,14}")
_NO_FRACTION = re.compile(r"\.0+\Z")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+")
_RUN_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
_LARGEST_SAFE = 2**53 - 1


def parse_employee_id(text: str) -> int | None:
    """A positive integer of at most 15 digits, or None."""
    return int(text) if _PLAIN.fullmatch(text) else None


def parse_content_id(value: object) -> int | None:
    """A content id from text or a number, or None. Scientific notation is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, float):
        if not value.is_integer():
            return None
        value = int(value)
    if isinstance(value, int):
        return value if 0 < value <= _LARGEST_SAFE and len(str(value)) <= 15 else None
    text = _NO_FRACTION.sub("", trim(value))
    digits = text.replace(",", "") if _GROUPED.fullmatch(text) else text
    return int(digits) if _PLAIN.fullmatch(digits) else None


def format_content_id(content_id: int) -> str:
    """`1915085` as `1,915,085`."""
    return f"{content_id:,}"


def is_run_id(text: str) -> bool:
    """Whether a text can be a run id (contract section 4)."""
    return _RUN_ID.fullmatch(text) is not None
