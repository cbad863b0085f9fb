"""Timestamps as sources write them: texts of many forms, and numbers since 1970."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FORMS = ("%Y/%m/%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d", "%a, %d %b %Y %H:%M:%S %z")
# Below each limit a number counts seconds, milliseconds, microseconds or nanoseconds.
_UNITS = ((10**11, 1_000_000.0), (10**14, 1_000.0), (10**17, 1.0), (10**20, 0.001))


def micros(value: object) -> int | None:
    """Microseconds since 1970 in UTC; a text without a zone is taken as UTC. None: not a timestamp."""
    if isinstance(value, int | float):
        for limit, factor in _UNITS:
            if abs(value) < limit:
                return round(value * factor)
        return None
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        return micros(float(text))
    except ValueError:
        return _micros_of_text(text)
    except OverflowError:
        return None


def iso(at: int | None) -> str | None:
    """The instant as text, `2026-11-26T08:00:00.000000Z`."""
    if at is None:
        return None
    try:
        return (_EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    except OverflowError:
        return None


def _micros_of_text(text: str) -> int | None:
    for form in ("", *_FORMS):
        try:
            at = datetime.strptime(text, form) if form else datetime.fromisoformat(text)
        except ValueError:
            continue
        return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // _MICROSECOND
    return None
