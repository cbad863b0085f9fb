"""What the manager assigns and what an employee completes (contract sections 3 and 4)."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from btc_constants import (
    COMPLETION_SECONDS_MAX,
    COMPLETION_SECONDS_MIN,
    DAILY_DOSE_COUNT,
    PAUSE_SECONDS_MAX,
    PAUSE_SECONDS_MIN,
)
from btc_rules.catalog import CatalogContent
from btc_rules.draws import Draw, below
from btc_rules.employees import Employee
from btc_rules.week import BusinessWeek

_COMPLETION_SPAN = COMPLETION_SECONDS_MAX - COMPLETION_SECONDS_MIN + 1
_PAUSE_SPAN = PAUSE_SECONDS_MAX - PAUSE_SECONDS_MIN + 1


@dataclass(frozen=True, slots=True)
class OpenAssignment:
    """An assignment that Databricks holds. A missing date is None."""

    content_id: int
    assigned_at: int | None
    begins_at: int | None
    due_at: int | None
    content_type: str | None


@dataclass(frozen=True, slots=True)
class ManagerChoice:
    """What the manager chooses from: the chosen Daily Dose, all Daily Dose ids, and the others in ascending order."""

    daily_dose: tuple[int, ...]
    daily_dose_contents: frozenset[int]
    others: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Assignments:
    """What one employee is assigned. `conflicts` are Daily Dose contents that were left out, with the reason."""

    open: list[OpenAssignment]
    decision: str
    daily_dose: list[int]
    conflicts: list[tuple[int, str]]
    random: int | None

    def new(self) -> list[int]:
        """What the manager newly assigned, Daily Dose first."""
        return self.daily_dose if self.random is None else [*self.daily_dose, self.random]


@dataclass(frozen=True, slots=True)
class Completion:
    """A finished content; `source` is `manager` or `ai`."""

    content_id: int
    source: str
    started_at: int
    completed_at: int


def manager_choice(contents: Iterable[CatalogContent]) -> ManagerChoice:
    """Chooses from the newest StandAloneContent file (section 3, items 1 and 3)."""
    everything = list(contents)
    flagged = [content for content in everything if content.daily_dose]
    # False sorts before True: dated ones first, the latest first, and the highest id first.
    flagged.sort(key=lambda c: (c.created_at is None, -(c.created_at or 0), -c.id))
    return ManagerChoice(
        tuple(content.id for content in flagged[:DAILY_DOSE_COUNT]),
        frozenset(content.id for content in flagged),
        tuple(sorted(content.id for content in everything if not content.daily_dose)),
    )


def assign_employee(
    open_rows: Sequence[OpenAssignment],
    completions: Sequence[tuple[int, str | None]],
    choice: ManagerChoice,
    week: BusinessWeek,
    draw: Draw,
) -> Assignments:
    """Section 3, items 2 to 4 and 7. `completions` are content ids with the local date, `YYYY-MM-DD`, or None."""
    completed = {content_id for content_id, _ in completions}
    latest: dict[int, OpenAssignment] = {}
    for row in open_rows:
        if row.content_id in completed:
            continue
        known = latest.get(row.content_id)
        if known is None or _at(row.assigned_at) > _at(known.assigned_at):
            latest[row.content_id] = row
    still_open = sorted(latest.values(), key=lambda r: (r.due_at is None, r.due_at or 0, r.content_id))
    decision = _daily_dose_decision(still_open, completions, choice, week)
    daily_dose: list[int] = []
    conflicts: list[tuple[int, str]] = []
    for content_id in choice.daily_dose if decision == "eligible" else ():
        if content_id in latest:
            conflicts.append((content_id, "already-open"))
        elif content_id in completed:
            conflicts.append((content_id, "already-completed"))
        else:
            daily_dose.append(content_id)
    return Assignments(still_open, decision, daily_dose, conflicts, _draw_random(choice.others, latest.keys() | completed, draw))


def _at(instant: int | None) -> float:
    return float("-inf") if instant is None else instant


def _daily_dose_decision(
    open_rows: list[OpenAssignment],
    completions: Sequence[tuple[int, str | None]],
    choice: ManagerChoice,
    week: BusinessWeek,
) -> str:
    doses = choice.daily_dose_contents
    for content_id, day in completions:
        if content_id in doses and day is not None and week.start_date <= day <= week.as_of_date:
            return "completed-this-week"
    if any(row.content_id in doses and is_for_this_week(row, week) for row in open_rows):
        return "open-this-week"
    return "eligible"


def is_for_this_week(row: OpenAssignment, week: BusinessWeek) -> bool:
    """Whether the begin-to-due interval overlaps the week; one without dates does (section 2)."""
    begins = row.begins_at is None or row.begins_at <= week.due_at
    return begins and (row.due_at is None or row.due_at >= week.starts_at)


def _draw_random(others: tuple[int, ...], excluded: Iterable[int], draw: Draw) -> int | None:
    gaps = []
    for content_id in excluded:
        at = bisect_left(others, content_id)
        if at < len(others) and others[at] == content_id:
            gaps.append(at)
    count = len(others) - len(gaps)
    if count == 0:
        return None
    index = below(draw("assign", 0), count)
    for gap in sorted(gaps):
        if gap <= index:
            index += 1
    return others[index]


def combined_list(assignments: Assignments, recommendations: Iterable[int]) -> list[tuple[int, str]]:
    """The manager's list followed by the recommendations, each content once; the manager's wins (section 4)."""
    listed = dict.fromkeys((row.content_id for row in assignments.open), "manager")
    for content_id in assignments.new():
        listed.setdefault(content_id, "manager")
    for content_id in recommendations:
        listed.setdefault(content_id, "ai")
    return list(listed.items())


def complete_employee(employee: Employee, items: list[tuple[int, str]], as_of: int, draw: Draw) -> list[Completion]:
    """What an employee completes of the combined list, in order of time (section 4, "Times")."""
    if not items or employee.type == "f":
        return []
    chosen = items if employee.type == "a" else [items[below(draw("complete", 0), len(items))]]
    completions: list[Completion] = []
    next_start = as_of // 1000
    for i, (content_id, source) in enumerate(reversed(chosen)):
        end = next_start - PAUSE_SECONDS_MIN - below(draw("time", 2 * i + 1), _PAUSE_SPAN)
        next_start = end - COMPLETION_SECONDS_MIN - below(draw("time", 2 * i), _COMPLETION_SPAN)
        completions.append(Completion(content_id, source, next_start * 1000, end * 1000))
    completions.reverse()
    return completions
