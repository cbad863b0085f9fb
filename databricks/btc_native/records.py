"""Training records from two tables, at any scale (contract section 1, "Training records").

The SQL means the same whatever the types of the columns are, and nothing in it can fail a query for a value.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyspark.errors import PySparkException

from btc_rules.errors import RuleError
from btc_rules.text import quoted_value

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_WHOLE_NUMBER = "^ *(-?[0-9]+|[1-9][0-9]{0,2}(,[0-9]{3})+)([.]0+)? *$"
_LARGEST_ID = 999_999_999_999_999
_SHOWN = 80
EMPLOYEES_PER_RANGE = 50_000
"""The queue asks for the records of so many employees at a time; rows between two ranges are nobody's."""


@dataclass(frozen=True, slots=True)
class TrainingRecords:
    """Rows by `employee_id`, and how many were skipped because they belong to no content."""

    open: "DataFrame"
    completions: "DataFrame"
    skipped_rows: int


@contextmanager
def in_utc(spark: "SparkSession") -> Iterator[None]:
    """Dates and texts without a zone are in UTC, as in the queue's session. The session's own zone is put back."""
    zone = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    try:
        yield
    finally:
        spark.conf.set("spark.sql.session.timeZone", str(zone))


def read_training_records(
    spark: "SparkSession", catalog: str, schema: str, ranges: list[tuple[int, int]], tables: tuple[str, str] | None = None
) -> TrainingRecords:
    """Reads open assignments and completions of employees whose ids are in `ranges`.

    `tables` are the names to read instead of those in catalog and schema.
    Raises DATABRICKS_VALUE, DATABRICKS_QUERY, CONFIG_INVALID.
    """
    try:
        return _read(spark, catalog, schema, ranges, tables)
    except PySparkException as error:
        # A missing table, column or grant; the first line says which.
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise RuleError(
            "DATABRICKS_QUERY", f"The training records in {catalog}.{schema} cannot be read: {first[:500]}"
        ) from error


def _read(
    spark: "SparkSession", catalog: str, schema: str, ranges: list[tuple[int, int]], tables: tuple[str, str] | None
) -> TrainingRecords:
    for name, value in (("training_catalog", catalog), ("training_schema", schema)):
        if not re.fullmatch("[A-Za-z0-9_]+", value):
            raise RuleError("CONFIG_INVALID", f"{name} is {quoted_value(value)}, which cannot be a name in SQL.")
    names = [f"{catalog}.{schema}.{table}" for table in ("content_assignments", "content_completion")]
    quoted = tables or tuple(f"`{catalog}`.`{schema}`.`{table}`" for table in ("content_assignments", "content_completion"))
    inside = " OR ".join(f"v.ba_id BETWEEN {first} AND {last}" for first, last in ranges) or "false"
    in_range = f"({inside} OR (v.ba_id IS NULL AND v.unreadable IS NOT NULL))"
    assignments = spark.sql(
        f"""SELECT v.* FROM {_readable(quoted[0], _ASSIGNMENTS)} AS v
WHERE {in_range} AND NOT EXISTS (
  SELECT 1 FROM {quoted[1]} AS c WHERE {_id("c.ba_id")} = v.ba_id AND {_id("c.content_id")} = v.content_id)"""
    )
    completions = spark.sql(
        f"""SELECT DISTINCT v.ba_id, v.content_id, v.completion_date, v.unreadable
FROM {_readable(quoted[1], _COMPLETIONS)} AS v WHERE {in_range}"""
    )
    is_content = f"content_id BETWEEN 1 AND {_LARGEST_ID}"
    # One look at each table: what must be refused, and how many rows are skipped.
    skipped = f"count_if(NOT coalesce({is_content}, false)) AS skipped"
    shown = [assignments.selectExpr(_UNREADABLE, skipped, *_YEARS), completions.selectExpr(_UNREADABLE, skipped, _NO_DATE)]
    found = [frame.collect()[0].asDict(recursive=True) for frame in shown]
    for name, row in zip(names, found, strict=True):
        _refuse_unreadable(name, row)
    _refuse_years(names[0], found[0])
    _refuse_no_date(names[1], found[1])
    open_rows = assignments.where(is_content).selectExpr(
        "ba_id AS employee_id",
        "content_id",
        *(f"unix_micros({column}) AS {column}" for column in _INSTANTS),
        "content_type",
    )
    done = completions.where(is_content).selectExpr("ba_id AS employee_id", "content_id", "completion_date")
    return TrainingRecords(open_rows, done, sum(row["skipped"] for row in found))


def _id(column: str) -> str:
    number = f"try_cast({column} AS DOUBLE)"
    text = _text(column)
    return f"""CASE
    WHEN lower(typeof({column})) = 'double' THEN
      CASE WHEN CAST(try_cast({number} AS BIGINT) AS DOUBLE) = {number} THEN try_cast({number} AS BIGINT) END
    WHEN regexp_like({text}, '{_WHOLE_NUMBER}') THEN
      try_cast(regexp_replace(replace({text}, ',', ''), '[.]0+ *$', '') AS BIGINT)
  END"""


def _text(column: str) -> str:
    return f"CAST({column} AS STRING)"


def _date_text(column: str) -> str:
    return f"nullif(trim({_text(column)}), '')"


def _instant(column: str) -> str:
    return f"try_cast({column} AS TIMESTAMP)"


_INSTANTS = ("assignment_date", "update_date", "assignment_begin_date", "assignment_due_date")
_ASSIGNMENTS = {"ba_id": _id, "content_id": _id, **dict.fromkeys(_INSTANTS, _instant), "content_type": _text}
_COMPLETIONS = {"ba_id": _id, "content_id": _id, "completion_date": _date_text}


def _readable(table: str, readings: Mapping[str, Callable[[str], str]]) -> str:
    values = [f"{reading(f't.{column}')} AS {column}" for column, reading in readings.items()]
    texts = [f"{_text(f't.{column}')} AS {column}_text" for column in readings]
    cases = [
        f"WHEN r.{column} IS NULL AND trim(r.{column}_text) <> '' THEN concat('{column} ', left(r.{column}_text, {_SHOWN}))"
        for column in readings
    ]
    order = "\n    ".join([cases[0], "WHEN r.ba_id IS NULL THEN NULL", *cases[1:]])
    read = f"SELECT {', '.join([*values, *texts])} FROM {table} AS t"
    return f"(SELECT r.*, CASE\n    {order}\n  END AS unreadable\n  FROM ({read}) AS r)"


_DATES = ("assignment_date", "assignment_begin_date", "assignment_due_date")
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799
_UNREADABLE = "min(struct(ba_id, content_id, unreadable)) FILTER (WHERE unreadable IS NOT NULL) AS unreadable"
_YEARS = tuple(
    f"min({column}_text) FILTER (WHERE unix_seconds({column}) NOT BETWEEN {_FIRST_SECOND} AND {_LAST_SECOND}) AS {column}"
    for column in _DATES
)
_IS_NO_DATE = "completion_date IS NOT NULL AND NOT regexp_like(completion_date, '^[0-9]{4}-[0-9]{2}-[0-9]{2}\\\\z')"
_NO_DATE = f"min(struct(ba_id, content_id, completion_date)) FILTER (WHERE {_IS_NO_DATE}) AS no_date"


def _refuse_unreadable(name: str, found: dict[str, Any]) -> None:
    if found["unreadable"] is not None:
        column, _, text = str(found["unreadable"]["unreadable"]).partition(" ")
        raise _refused(column, f"{name} holds {quoted_value(text)} in {column}, which is not a value of its type.")


def _refuse_years(name: str, found: dict[str, Any]) -> None:
    for column in _DATES:
        if found[column] is not None:
            what = f"{name} holds {found[column]} in {column}, outside the years 0001 to 9999."
            raise _refused(column, what)


def _refuse_no_date(name: str, found: dict[str, Any]) -> None:
    if found["no_date"] is not None:
        shown = quoted_value(str(found["no_date"]["completion_date"]))
        what = f"{name} holds {shown} in completion_date, which is not a value of its type."
        raise _refused("completion_date", what)


def _refused(column: str, message: str) -> RuleError:
    remedy = f"Compare the type of {column} with the feed contract's table, and correct the table or its view."
    return RuleError("DATABRICKS_VALUE", message, [remedy])
