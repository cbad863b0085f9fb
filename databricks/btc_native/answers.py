"""The recommender's answers, kept in blocks, so that a run that is started again asks only for those that are missing."""

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from btc_native.call_pool import CallPool
from btc_native.recommender import Answer, CallSettings, Recommender
from btc_rules.errors import RuleError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

BLOCK = 2_000
"""Employees whose answers are kept at a time."""

ANSWER_SCHEMA = pa.schema(
    [
        ("employee_id", pa.int64()),
        ("recommendations", pa.list_(pa.int64())),
        ("code", pa.string()),
        ("message", pa.string()),
    ]
)
ANSWER_DDL = "employee_id bigint, recommendations array<bigint>, code string, message string"
_LONG_COLUMNS = {"employee_id", "rank", "content_id"}


def ask_from_driver(employees: Path, folder: Path, settings: CallSettings, told: Callable[[int], None]) -> None:
    """Asks for every employee of a Parquet file, a block at a time; memory is that of a block.

    Answers that are in `folder` already are not asked for again. `told` hears how many employees are done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with pq.ParquetFile(employees) as file, CallPool(settings, file.metadata.num_rows) as calls:
        done = 0
        for number, batch in enumerate(file.iter_batches(BLOCK, columns=["employee_id"])):
            ids = batch["employee_id"].to_pylist()
            path = folder / f"block-{number:06}.parquet"
            known = _good_answers(path)
            missing = [employee_id for employee_id in ids if employee_id not in known]
            if missing:
                known.update((answer.employee_id, answer) for answer in calls.ask_all(missing))
                _write(path, [known[employee_id] for employee_id in ids])
            done += len(ids)
            told(done)


def _good_answers(path: Path) -> dict[int, Answer]:
    if not path.is_file():
        return {}
    try:
        rows = pq.read_table(path).to_pylist()
    except pa.ArrowInvalid:
        # The run was ended while the block was copied: its answers are asked for again.
        return {}
    return {row["employee_id"]: Answer(**row) for row in rows if row["code"] is None}


def _write(path: Path, answers: list[Answer]) -> None:
    # A volume takes no random writes: the block is written on the local disk, and then copied.
    with tempfile.TemporaryDirectory() as scratch:
        part = Path(scratch) / path.name
        pq.write_table(_batch(answers), part)
        shutil.copyfile(part, path)


def _batch(answers: list[Answer]) -> pa.Table:
    rows = [
        {"employee_id": a.employee_id, "recommendations": a.recommendations, "code": a.code, "message": a.message}
        for a in answers
    ]
    return pa.Table.from_pylist(rows, schema=ANSWER_SCHEMA)


def asker(settings: CallSettings) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """A function for `mapInArrow` that asks from an executor which may reach the recommender."""

    def ask(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        recommender = Recommender(settings)
        for batch in batches:
            ids = batch["employee_id"].to_pylist()
            for first in range(0, len(ids), BLOCK):
                yield from _batch(recommender.ask_all(ids[first : first + BLOCK])).to_batches()

    return ask


def ask_from_executors(spark: "SparkSession", employees: "DataFrame", folder: str, settings: CallSettings) -> None:
    """Asks from the executors and appends the answers to a folder; only employees without a good answer are asked for."""
    missing = employees.select("employee_id")
    if _has_parquet(spark, folder):
        kept = spark.read.parquet(folder).where("code IS NULL").select("employee_id")
        missing = missing.join(kept, "employee_id", "left_anti")
    missing.mapInArrow(asker(settings), ANSWER_DDL).write.mode("append").parquet(folder)


def _has_parquet(spark: "SparkSession", folder: str) -> bool:
    from pyspark.errors import PySparkException

    try:
        return bool(spark.read.parquet(folder).columns)
    except PySparkException:
        return False


def kept_answers(spark: "SparkSession", folder: str) -> "DataFrame":
    """The newest answer of each employee: a good one before a failure."""
    from pyspark.sql import functions as f

    answers = spark.read.schema(ANSWER_DDL).parquet(folder)
    best = f.min_by(f.struct("recommendations", "code", "message"), f.when(f.col("code").isNull(), 0).otherwise(1))
    return answers.groupBy("employee_id").agg(best.alias("best")).select("employee_id", "best.*")


def answers_from_table(spark: "SparkSession", table: str, employees: "DataFrame") -> "DataFrame":
    """Answers from a table, or from Parquet files under a path, instead of calls.

    Rows are `employee_id, rank, content_id`, as in the ground truth, where an employee without a row was recommended nothing;
    or `employee_id, recommendations`, where an employee without a row has no answer. Raises CONFIG_INVALID.
    """
    from pyspark.errors import PySparkException
    from pyspark.sql import functions as f

    try:
        rows = spark.read.parquet(table) if "/" in table else spark.table(table)
        columns = set(rows.columns)
    except PySparkException as error:
        raise RuleError(
            "CONFIG_INVALID", f"recommender_table: {table} cannot be read: {str(error).splitlines()[0][:300]}"
        ) from error
    ids = employees.select("employee_id")
    none = f.lit(None).cast("string")
    if columns >= _LONG_COLUMNS:
        listed = f.sort_array(f.collect_list(f.struct("rank", "content_id")))
        lists = rows.groupBy("employee_id").agg(listed.alias("listed"))
        found = ids.join(lists, "employee_id", "left")
        ordered = f.coalesce(f.transform("listed", lambda one: one["content_id"]), f.array().cast("array<bigint>"))
        return found.select("employee_id", ordered.alias("recommendations"), none.alias("code"), none.alias("message"))
    if {"employee_id", "recommendations"} <= columns:
        found = ids.join(rows.select("employee_id", "recommendations"), "employee_id", "left")
        is_missing = f.col("recommendations").isNull()
        return found.select(
            "employee_id",
            f.col("recommendations").cast("array<bigint>").alias("recommendations"),
            f.when(is_missing, "RECOMMENDER_REJECTED").alias("code"),
            f.when(is_missing, f.lit(f"{table} has no answer for the employee")).alias("message"),
        )
    found_columns = ", ".join(sorted(columns))
    wanted = "employee_id with rank and content_id, or with recommendations"
    raise RuleError("CONFIG_INVALID", f"recommender_table: {table} has the columns {found_columns}, not {wanted}")
