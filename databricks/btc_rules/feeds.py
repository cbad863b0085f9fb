"""Feed rows, file names and summary lines (contract section 5)."""

from collections.abc import Iterable, Sequence

from btc_constants import CREATED_BEFORE_AS_OF_MS, DEFAULT_CONTENT_TYPE
from btc_rules.decision import Completion, OpenAssignment
from btc_rules.draws import request_id, run_token
from btc_rules.week import business_week, format_instant, local_date


def csv_row(fields: Iterable[str]) -> str:
    """A row as feeds write it: every field quoted, quotes doubled, LF at the end."""
    return '"' + '","'.join(field.replace('"', '""') for field in fields) + '"\n'


def completion_row(employee_id: int, completion: Completion) -> str:
    """A row of the ContentUserCompletion feed."""
    started, completed = format_instant(completion.started_at), format_instant(completion.completed_at)
    return f'"{employee_id}","{completion.content_id:,}","{started}","{completed}"\n'


class NonCompletedRows:
    """Rows of the Non_Completed_Assignments feed of one run (section 3, items 5 and 6)."""

    def __init__(self, as_of: int, time_zone: str) -> None:
        week = business_week(as_of, time_zone)
        self._time_zone = time_zone
        self._day = week.as_of_date
        self._created = format_instant(as_of - CREATED_BEFORE_AS_OF_MS)
        self._end = [format_instant(week.starts_at), format_instant(week.due_at), DEFAULT_CONTENT_TYPE]
        self._same_for_all: dict[int, str] = {}

    def open(self, employee_id: int, row: OpenAssignment) -> str:
        """The row of an assignment that Databricks holds."""
        day = "" if row.assigned_at is None else local_date(row.assigned_at, self._time_zone)
        content_type = DEFAULT_CONTENT_TYPE if row.content_type is None else row.content_type
        dates = [_optional(row.begins_at), _optional(row.due_at)]
        number = str(request_id(row.content_id, day))
        start = [str(employee_id), _optional(row.assigned_at), number, f"{row.content_id:,}"]
        return csv_row([*start, *dates, content_type])

    def assigned(self, employee_id: int, content_id: int) -> str:
        """The row of an assignment that this run's manager made; all who have it share all but their id."""
        cells = self._same_for_all.get(content_id)
        if cells is None:
            number = str(request_id(content_id, self._day))
            cells = csv_row([self._created, number, f"{content_id:,}", *self._end])
            self._same_for_all[content_id] = cells
        return f'"{employee_id}",{cells}'


def _optional(instant: int | None) -> str:
    return "" if instant is None else format_instant(instant)


def feed_names(run_id: str, as_of: int, time_zone: str, date_format: str) -> dict[str, str]:
    """The names of a run's files. `date_format` is `yyyy_M_d` or `yy_MM_dd`."""
    year, month, day = local_date(as_of, time_zone).split("-")
    date = f"{year}_{int(month)}_{int(day)}" if date_format == "yyyy_M_d" else f"{year[2:]}_{month}_{day}"
    tail = f"{date}_1_{run_token(run_id)}"
    return {
        "completions": f"ContentUserCompletion_V2_{tail}.csv",
        "nonCompleted": f"Non_Completed_Assignments_V2_{tail}.csv",
        "userCompletion": f"UserCompletion_v2_{tail}.csv",
        "summary": f"Run_{tail}.summary.txt",
        "manifest": f"Run_{tail}.manifest.json",
    }


def summary_line(employee_id: int, completions: Sequence[Completion]) -> str:
    """An employee's line of the summary, without its line end."""
    items = ", ".join(f"{completion.content_id:,} ({completion.source})" for completion in completions)
    return f"{employee_id}: {items or 'none'}"
