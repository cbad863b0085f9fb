"""Local time and the business week (contract section 2). Instants are epoch milliseconds."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS = -62_135_510_400_000
_LAST_MS = 253_402_128_000_000
_MONDAY, _SATURDAY = 0, 5


@dataclass(frozen=True, slots=True)
class BusinessWeek:
    """The week of a run; the dates are local, `YYYY-MM-DD`."""

    starts_at: int
    due_at: int
    start_date: str
    as_of_date: str


_dates: dict[int, str] = {}
"""The dates of days since 1970 that were asked for. A plain dictionary travels to Spark's workers; `lru_cache` does not."""

_MOST_DATES = 4096


def offset_ms(time_zone: str, instant: int) -> int:
    """How far local time is ahead of UTC at an instant."""
    if time_zone == "UTC":
        return 0
    # A day is left at both ends of the calendar, where an offset would leave it.
    seconds = min(max(instant, _FIRST_MS), _LAST_MS) // 1000
    offset = (_EPOCH + timedelta(seconds=seconds)).astimezone(ZoneInfo(time_zone)).utcoffset()
    assert offset is not None
    return offset // timedelta(milliseconds=1)


def format_instant(instant: int) -> str:
    """An instant as feeds write it: UTC, whole seconds, cut down towards the past."""
    day, second = divmod(instant // 1000, 86_400)
    minute, second = divmod(second, 60)
    return f"{_date(day)}T{minute // 60:02}:{minute % 60:02}:{second:02}Z"


def _date(day: int) -> str:
    known = _dates.get(day)
    if known is None:
        if len(_dates) >= _MOST_DATES:
            _dates.clear()
        known = _dates[day] = date.fromordinal(day + 719_163).isoformat()
    return known


def local_date(instant: int, time_zone: str) -> str:
    """The calendar date at an instant, `YYYY-MM-DD`."""
    return format_instant(instant + offset_ms(time_zone, instant))[:10]


def instant_of_local(as_if_utc: int, time_zone: str) -> int:
    """The instant of a local time: the first of two; a time that a clock change skips moves forward."""
    before = offset_ms(time_zone, as_if_utc - DAY_MS)
    after = offset_ms(time_zone, as_if_utc + DAY_MS)
    candidates = (as_if_utc - before, as_if_utc - after)
    real = [at for at in candidates if at + offset_ms(time_zone, at) == as_if_utc]
    return min(real, default=as_if_utc - before)


def business_week(as_of: int, time_zone: str) -> BusinessWeek:
    """Monday 00:01:00 not after `as_of`, to Saturday 13:13:59 not before it."""
    as_of_date = local_date(as_of, time_zone)
    noon = date.fromisoformat(as_of_date)
    days = [noon + timedelta(days=n) for n in range(-14, 15)]
    starts = [_local(day, 60, time_zone) for day in days if day.weekday() == _MONDAY]
    dues = [_local(day, 13 * 3600 + 13 * 60 + 59, time_zone) for day in days if day.weekday() == _SATURDAY]
    starts_at = max(at for at in starts if at <= as_of)
    due_at = min(at for at in dues if at >= as_of)
    return BusinessWeek(starts_at, due_at, local_date(starts_at, time_zone), as_of_date)


def _local(day: date, second: int, time_zone: str) -> int:
    return instant_of_local((day.toordinal() - 719_163) * DAY_MS + second * 1000, time_zone)
