"""What is fixed about a run from its first moment (contract sections 2 and 4)."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from unicodedata import category

from btc_rules.errors import RuleError
from btc_rules.ids import is_run_id
from btc_rules.text import quoted_value, trim
from btc_rules.week import BusinessWeek, business_week, instant_of_local

_AS_OF = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?(?:\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?")
_FIRST_MS = 0
_END_MS = int(datetime.fromisoformat("9991-01-01T00:00:00+00:00").timestamp()) * 1000
_LONGEST_SEED = 200
DATE_FORMATS = ("yyyy_M_d", "yy_MM_dd")


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What all bytes of a run follow from besides its inputs; `as_of` in epoch milliseconds."""

    id: str
    seed: str
    as_of: int
    time_zone: str
    feed_date_format: str

    def week(self) -> BusinessWeek:
        """The business week that is simulated."""
        return business_week(self.as_of, self.time_zone)


def run_plan(run_id: str, seed: str, as_of: str, time_zone: str, feed_date_format: str) -> RunPlan:
    """Checks what a run is told. An empty seed is the run id. Raises USAGE."""
    if not is_run_id(run_id):
        raise RuleError("USAGE", f"run_id {quoted_value(run_id)} is no id of a run: a letter, then letters, digits, _ and -")
    if feed_date_format not in DATE_FORMATS:
        raise RuleError("USAGE", f"feed_date_format {quoted_value(feed_date_format)} is not one of {', '.join(DATE_FORMATS)}")
    return RunPlan(run_id, checked_seed(seed or run_id), as_of_instant(as_of, time_zone), time_zone, feed_date_format)


def checked_seed(seed: str) -> str:
    """A seed as it is given. Raises USAGE."""
    is_on_one_line = not any(category(one) in ("Cc", "Cs") or one in "\u2028\u2029" for one in seed)
    if is_on_one_line and trim(seed) and len(seed) <= _LONGEST_SEED:
        return seed
    raise RuleError("USAGE", f"The seed is not text on one line, of 1 to {_LONGEST_SEED} characters")


def as_of_instant(text: str, time_zone: str) -> int:
    """The instant that a text names, in whole seconds; without an offset it is local time. Raises USAGE."""
    match = _AS_OF.fullmatch(text)
    if match is None or not _is_real(match):
        raise RuleError("USAGE", f"as_of {quoted_value(text)} is not an instant")
    day, hour, minute, second, offset = match.groups()
    local = (date.fromisoformat(day).toordinal() - 719_163) * 86_400_000
    local += ((int(hour) * 60 + int(minute)) * 60 + int(second or 0)) * 1000
    if offset is None:
        instant = instant_of_local(local, time_zone)
    elif offset == "Z":
        instant = local
    else:
        ahead = (int(offset[1:3]) * 60 + int(offset[4:])) * 60_000
        if int(offset[1:3]) > 23 or int(offset[4:]) > 59:
            raise RuleError("USAGE", f"as_of {quoted_value(text)} has an impossible offset")
        instant = local - ahead if offset[0] == "+" else local + ahead
    if not _FIRST_MS <= instant < _END_MS:
        raise RuleError("USAGE", f"as_of {quoted_value(text)} is outside the years 1970 to 9990")
    return instant


def _is_real(match: re.Match[str]) -> bool:
    day, hour, minute, second, _ = match.groups()
    time = f"{hour}:{minute}:{second or '00'}"
    try:
        # 24:00:00 is the midnight that ends a day.
        datetime.fromisoformat(f"{day}T{'00:00:00' if time == '24:00:00' else time}")
    except ValueError:
        return False
    return True
