"""What each employee is assigned and completes, decided on executors: DataFrame in, DataFrame out (contract sections 3 to 5)."""

import gc
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from btc_constants import CREATED_BEFORE_AS_OF_MS, DEFAULT_CONTENT_TYPE
from btc_rules.decision import (
    Assignments,
    Completion,
    ManagerChoice,
    OpenAssignment,
    assign_employee,
    combined_list,
    complete_employee,
)
from btc_rules.draws import request_id, seeded_draw
from btc_rules.employees import Employee
from btc_rules.feeds import NonCompletedRows, completion_row, summary_line
from btc_rules.run_plan import RunPlan
from btc_rules.tally import dose_outcomes, remaining, unknown
from btc_rules.week import BusinessWeek, local_date

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from btc_native.records import TrainingRecords

_ASSIGNED = (
    "array<struct<content_id: bigint, request_id: bigint, source: string, create_date: bigint, start_date: bigint, "
    "due_date: bigint, content_type: string>>"
)
_COMPLETED = "array<struct<content_id: bigint, source: string, date_started: bigint, date_completed: bigint>>"
DECIDED_SCHEMA = (
    "position bigint, employee_id bigint, employee_type string, left_out boolean, open_rows string, new_rows string, "
    "completion_rows string, summary string, open_count int, new_count int, completed_manager int, completed_ai int, "
    "unknown_recommendations int, has_random boolean, doses array<string>, records_open int, records_completed int, "
    f"total_open int, recommendations array<bigint>, assigned {_ASSIGNED}, completed {_COMPLETED}"
)
"""One row per employee: the text of its rows in the feeds, what is counted, and its ground truth; instants in microseconds."""

Batches = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]


def arrow_schema(spark: "SparkSession") -> pa.Schema:
    """`DECIDED_SCHEMA` as Arrow has it."""
    from pyspark.sql.pandas.types import to_arrow_schema

    return to_arrow_schema(spark.createDataFrame([], DECIDED_SCHEMA).schema)


def join_inputs(employees: "DataFrame", records: "TrainingRecords | None", answers: "DataFrame") -> "DataFrame":
    """All that is known of each employee, in input order over the partitions.

    `answers` has `employee_id` and `recommendations`, and no row for an employee that is left out.
    """
    from pyspark.sql import functions as f

    joined = employees
    if records is None:
        open_type = (
            "array<struct<content_id: bigint, assignment_date: bigint, update_date: bigint, assignment_begin_date: bigint, "
            "assignment_due_date: bigint, content_type: string>>"
        )
        joined = joined.withColumn("open", f.lit(None).cast(open_type)).withColumn(
            "done", f.lit(None).cast("array<struct<content_id: bigint, completion_date: string>>")
        )
    else:
        for name, frame in (("open", records.open), ("done", records.completions)):
            fields = [column for column in frame.columns if column != "employee_id"]
            grouped = frame.groupBy("employee_id").agg(f.collect_list(f.struct(*fields)).alias(name))
            joined = joined.join(grouped, "employee_id", "left")
    joined = joined.join(answers, "employee_id", "left")
    columns = ("position", "employee_id", "employee_type", "open", "done", "recommendations")
    return joined.select(*columns)


def in_input_order(frame: "DataFrame", partitions: int) -> "DataFrame":
    """The same rows, sorted by position over all partitions."""
    return frame.repartitionByRange(partitions, "position").sortWithinPartitions("position")


def decider(plan: RunPlan, choice: ManagerChoice, known_ids: frozenset[int], schema: pa.Schema) -> Batches:
    """A function for `mapInArrow` that decides for each row of `join_inputs`; `schema` is that of its result."""
    week = plan.week()

    def decide(row: dict[str, Any], rows: NonCompletedRows, new: Callable[[int], dict[str, Any]]) -> dict[str, Any]:
        employee = Employee(row["employee_id"], row["employee_type"])
        draw = seeded_draw(plan.seed, employee.id)
        open_rows = _open_assignments(row["open"] or ())
        done = [(one["content_id"], one["completion_date"]) for one in row["done"] or ()]
        assigned = assign_employee(open_rows, done, choice, week, draw)
        is_left_out = row["recommendations"] is None
        recommendations = row["recommendations"] or []
        completed: list[Completion] = []
        if not is_left_out:
            completed = complete_employee(employee, combined_list(assigned, recommendations), plan.as_of, draw)
        still_open, still_new = remaining(assigned, completed)
        by_manager = sum(completion.source == "manager" for completion in completed)
        return {
            "position": row["position"],
            "employee_id": employee.id,
            "employee_type": employee.type,
            "left_out": is_left_out,
            "open_rows": "".join(rows.open(employee.id, assigned.open[i]) for i in still_open),
            "new_rows": "".join(rows.assigned(employee.id, content_id) for content_id in still_new),
            "completion_rows": "".join(completion_row(employee.id, completion) for completion in completed),
            "summary": "" if is_left_out else f"{summary_line(employee.id, completed)}\n",
            "open_count": len(still_open),
            "new_count": len(still_new),
            "completed_manager": by_manager,
            "completed_ai": len(completed) - by_manager,
            "unknown_recommendations": unknown(recommendations, known_ids),
            "has_random": assigned.random is not None,
            "doses": dose_outcomes(assigned, choice),
            "records_open": len(row["open"] or ()),
            "records_completed": len(row["done"] or ()),
            "total_open": len(assigned.open),
            "recommendations": recommendations,
            "assigned": [*_open_ones(assigned, plan), *map(new, assigned.new())],
            "completed": [
                {
                    "content_id": one.content_id,
                    "source": one.source,
                    "date_started": one.started_at * 1000,
                    "date_completed": one.completed_at * 1000,
                }
                for one in completed
            ],
        }

    def decide_all(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rows = NonCompletedRows(plan.as_of, plan.time_zone)
        # All who get a content share its row.
        new = lru_cache(maxsize=65_536)(lambda content_id: _new_one(content_id, plan, week))
        # A batch is tens of thousands of objects without a cycle: looking for one costs a fifth of the time.
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            for batch in batches:
                decided = [decide(row, rows, new) for row in _rows_of(batch)]
                columns = [[row[name] for row in decided] for name in schema.names]
                arrays = [pa.array(values, kind.type) for values, kind in zip(columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)
        finally:
            if was_enabled:
                gc.enable()

    return decide_all


def _rows_of(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows of a batch; numbers without nulls are read at once, which is a tenth of the time."""
    names = batch.schema.names
    columns = [
        column.to_numpy().tolist() if pa.types.is_integer(column.type) and not column.null_count else column.to_pylist()
        for column in batch.columns
    ]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _open_assignments(rows: Iterable[dict[str, Any]]) -> list[OpenAssignment]:
    """In the order in which the queue reads them: by content, then the latest first, whatever the order of the table."""
    ordered = sorted(rows, key=_order)
    return [
        OpenAssignment(
            row["content_id"],
            _whole_second(row["assignment_date"]),
            _whole_second(row["assignment_begin_date"]),
            _whole_second(row["assignment_due_date"]),
            row["content_type"],
        )
        for row in ordered
    ]


def _order(row: dict[str, Any]) -> tuple[Any, ...]:
    instants = (row["assignment_date"], row["update_date"], row["assignment_begin_date"], row["assignment_due_date"])
    latest_first = [part for at in instants for part in (at is None, -(at or 0))]
    kind = row["content_type"]
    return (row["content_id"], *latest_first, kind is None, kind or "")


def _whole_second(micros: int | None) -> int | None:
    """Epoch milliseconds, cut down towards the past."""
    return None if micros is None else micros // 1_000_000 * 1000


def _open_ones(assigned: Assignments, plan: RunPlan) -> list[dict[str, Any]]:
    """The rows of the ground truth's `assignments` that Databricks holds (contract section 7)."""
    return [
        {
            "content_id": row.content_id,
            "request_id": request_id(
                row.content_id, "" if row.assigned_at is None else local_date(row.assigned_at, plan.time_zone)
            ),
            "source": "databricks",
            "create_date": _micros(row.assigned_at),
            "start_date": _micros(row.begins_at),
            "due_date": _micros(row.due_at),
            "content_type": DEFAULT_CONTENT_TYPE if row.content_type is None else row.content_type,
        }
        for row in assigned.open
    ]


def _new_one(content_id: int, plan: RunPlan, week: BusinessWeek) -> dict[str, Any]:
    """The row of an assignment that this run's manager made."""
    return {
        "content_id": content_id,
        "request_id": request_id(content_id, week.as_of_date),
        "source": "manager",
        "create_date": (plan.as_of - CREATED_BEFORE_AS_OF_MS) * 1000,
        "start_date": week.starts_at * 1000,
        "due_date": week.due_at * 1000,
        "content_type": DEFAULT_CONTENT_TYPE,
    }


def _micros(instant: int | None) -> int | None:
    return None if instant is None else instant * 1000
