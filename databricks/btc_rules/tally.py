"""What a run came to, and the words about it in the summary (contract section 5)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from btc_rules.catalog import Notice
from btc_rules.decision import Assignments, Completion, ManagerChoice

SKIP_TEXT = {
    "completed-this-week": "completed a Daily Dose this week",
    "open-this-week": "a Daily Dose of this week is open",
    "already-open": "already open",
    "already-completed": "already completed",
}
"""Why a Daily Dose content was not assigned, by reason, in the order of the summary."""


def dose_outcomes(assignments: Assignments, choice: ManagerChoice) -> list[str]:
    """For each chosen Daily Dose content: `assigned`, or the reason why the employee did not get it."""
    if assignments.decision != "eligible":
        return [assignments.decision] * len(choice.daily_dose)
    conflicts = dict(assignments.conflicts)
    return [conflicts.get(content_id, "assigned") for content_id in choice.daily_dose]


@dataclass(slots=True)
class RunTally:
    """Counts over all employees; those that the run is finished without are in the assignments alone."""

    choice: ManagerChoice
    doses: list[Counter[str]] = field(init=False)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.doses = [Counter() for _ in self.choice.daily_dose]

    def assignments_json(self) -> dict[str, object]:
        """`assignments` of the manifest."""
        doses = [
            {
                "contentId": content_id,
                "assigned": found["assigned"],
                "skipped": {reason: found[reason] for reason in SKIP_TEXT},
            }
            for content_id, found in zip(self.choice.daily_dose, self.doses, strict=True)
        ]
        random = {"assigned": self.counts["random"], "nothingLeft": self.counts["nothing_left"]}
        return {"dailyDose": doses, "random": random, "openAssignments": self.counts["open"]}

    def counts_json(self, employees: int) -> dict[str, object]:
        """`counts` of the manifest."""
        by_type = {
            kind: {"employees": self.counts[f"employees_{kind}"], "completions": self.counts[f"completions_{kind}"]}
            for kind in "abf"
        }
        by_source = {source: self.counts[f"completed_{source}"] for source in ("manager", "ai")}
        return {
            "employees": employees,
            "byType": by_type,
            "completionsBySource": by_source,
            "recommendations": self.counts["recommendations"],
            "unknownRecommendations": self.counts["unknown_recommendations"],
        }


def choice_notices(choice: ManagerChoice, nothing_left: int) -> list[Notice]:
    """What people may not expect of the manager's choice."""
    notices = []
    if not choice.daily_dose:
        text = "The StandAloneContent file has no Daily Dose content: none was assigned"
        notices.append(Notice("no-daily-dose", text))
    if nothing_left > 0:
        text = f"Employees for whom no content was left to assign: {nothing_left}"
        notices.append(Notice("nothing-left-to-assign", text, nothing_left))
    return notices


def summary_tail(
    tally: RunTally,
    titles: Mapping[int, str],
    notices: Sequence[Notice],
    failed: Iterable[tuple[int, str]],
    file_names: Sequence[str],
) -> list[str]:
    """The lines below the employees: the manager's choices, what the run did without, and its files."""
    lines = ["", "Manager's choices"]
    for content_id, found in zip(tally.choice.daily_dose, tally.doses, strict=True):
        reasons = [reason for reason in SKIP_TEXT if found[reason] > 0]
        total = sum(found[reason] for reason in reasons)
        why = "; ".join(f"{SKIP_TEXT[reason]}: {found[reason]}" for reason in reasons)
        title = titles.get(content_id)
        name = f"{content_id:,} {title}" if title else f"{content_id:,}"
        skipped = f"skipped for {total} ({why})" if why else f"skipped for {total}"
        lines.append(f"  {name} (Daily Dose): assigned to {found['assigned']}, {skipped}")
    random, nothing_left = tally.counts["random"], tally.counts["nothing_left"]
    lines.append(f"  Random content: assigned to {random}, nothing left for {nothing_left}")
    if notices:
        lines += ["", "Notices", *(f"  {notice.text}" for notice in notices)]
    left_out = [f"  {employee_id}: {reason}" for employee_id, reason in failed]
    if left_out:
        lines += ["", "Finished without", *left_out]
    return [*lines, "", "Files", *(f"  {name}" for name in file_names)]


def unknown(recommendations: Iterable[int], known: frozenset[int]) -> int:
    """How many recommendations are in neither catalog file."""
    return sum(content_id not in known for content_id in recommendations)


def remaining(assignments: Assignments, completions: Sequence[Completion]) -> tuple[list[int], list[int]]:
    """Positions of open assignments, and new contents, that an employee did not complete."""
    completed = {completion.content_id for completion in completions}
    still_open = [i for i, row in enumerate(assignments.open) if row.content_id not in completed]
    return still_open, [content_id for content_id in assignments.new() if content_id not in completed]
