"""The tables of the ground truth out of the decided employees (contract section 7): one file per run and table."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from btc_native.assemble import decided_batches
from btc_native.drop import MANIFEST_KEY
from btc_rules.catalog import CatalogContent
from btc_rules.run_plan import RunPlan
from btc_rules.tally import RunTally
from btc_rules.week import local_date

_ID = pa.int64()
_TEXT = pa.string()
_AT = pa.timestamp("us", tz="UTC")


def _schema(*columns: tuple[str, pa.DataType]) -> pa.Schema:
    optional = ("title", "create_date", "start_date", "due_date")
    return pa.schema([pa.field(name, kind, nullable=name in optional) for name, kind in (("run_id", _TEXT), *columns)])


EMPLOYEES = _schema(("position", _ID), ("employee_id", _ID), ("employee_type", _TEXT))
MANAGER_CHOICES = _schema(
    ("rank", _ID),
    ("content_id", _ID),
    ("title", _TEXT),
    ("create_date", _AT),
    ("assigned", _ID),
    ("completed_this_week", _ID),
    ("open_this_week", _ID),
    ("already_open", _ID),
    ("already_completed", _ID),
)
ASSIGNMENTS = _schema(
    ("employee_id", _ID),
    ("content_id", _ID),
    ("request_id", _ID),
    ("source", _TEXT),
    ("create_date", _AT),
    ("start_date", _AT),
    ("due_date", _AT),
    ("content_type", _TEXT),
)
RECOMMENDATIONS = _schema(("employee_id", _ID), ("rank", _ID), ("content_id", _ID))
COMPLETIONS = _schema(
    ("employee_id", _ID), ("content_id", _ID), ("source", _TEXT), ("date_started", _AT), ("date_completed", _AT)
)
LEFT_OUT = _schema(("employee_id", _ID), ("reason", _TEXT))
RUNS = _schema(
    ("engine", _TEXT),
    ("as_of", _AT),
    ("seed", _TEXT),
    ("business_timezone", _TEXT),
    ("week_start", _AT),
    ("week_due", _AT),
    ("employees", _ID),
    ("assignments", _ID),
    ("recommendations", _ID),
    ("completions", _ID),
    ("left_out", _ID),
    ("software_version", _TEXT),
)
_Columns = dict[str, Any]
"""Arrow arrays of one length by the names of their columns."""
_EMPLOYEES_AT_A_TIME = 50_000
_NESTED = ["employee_id", "left_out", "recommendations", "assigned", "completed"]


class GroundTruth:
    """Writes the tables into a local folder, as `TABLE/run_date=DATE/RUNID.parquet`; `paths` are the files, `runs` the last."""

    def __init__(self, folder: Path, plan: RunPlan, manifest_sha256: str) -> None:
        self.folder, self._plan = folder, plan
        self._metadata = {MANIFEST_KEY: manifest_sha256.encode()}
        self.paths: list[Path] = []
        self.counts: dict[str, int] = {}

    def write(
        self,
        employees: Path,
        decided: Path,
        choices: list[CatalogContent],
        tally: RunTally,
        failed: list[tuple[int, str, str]],
        version: str,
    ) -> None:
        """All tables. `failed` are the employees that the run was finished without, with codes and messages."""
        self._write_employees(employees)
        self._write("manager_choices", MANAGER_CHOICES, self._choices(choices, tally))
        self._write_decided(decided)
        left_out = [{"employee_id": employee_id, "reason": code} for employee_id, code, _ in failed]
        self._write("left_out", LEFT_OUT, left_out)
        week = self._plan.week()
        run = {
            "engine": "native",
            "as_of": self._plan.as_of * 1000,
            "seed": self._plan.seed,
            "business_timezone": self._plan.time_zone,
            "week_start": week.starts_at * 1000,
            "week_due": week.due_at * 1000,
            **{name: self.counts[name] for name in ("employees", "assignments", "recommendations", "completions", "left_out")},
            "software_version": version,
        }
        self._write("runs", RUNS, [run])

    def _write_employees(self, path: Path) -> None:
        with self._open("employees", EMPLOYEES) as writer, pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                columns = {name: batch[name] for name in EMPLOYEES.names[1:]}
                self._add("employees", writer, EMPLOYEES, columns)

    def _choices(self, choices: list[CatalogContent], tally: RunTally) -> list[dict[str, Any]]:
        reasons = ("completed-this-week", "open-this-week", "already-open", "already-completed")
        return [
            {
                "rank": rank,
                "content_id": content.id,
                "title": content.title or None,
                "create_date": None if content.created_at is None else content.created_at * 1000,
                "assigned": found["assigned"],
                **{reason.replace("-", "_"): found[reason] for reason in reasons},
            }
            for rank, (content, found) in enumerate(zip(choices, tally.doses, strict=True), 1)
        ]

    def _write_decided(self, decided: Path) -> None:
        """Three tables in one pass over the employees, column by column."""
        schemas = {"assignments": ASSIGNMENTS, "recommendations": RECOMMENDATIONS, "completions": COMPLETIONS}
        writers = {name: self._open(name, schema) for name, schema in schemas.items()}
        try:
            for batch in decided_batches(decided, _NESTED, _EMPLOYEES_AT_A_TIME):
                columns = {
                    "assignments": _of_each_employee(batch, "assigned"),
                    "recommendations": _ranked(batch),
                    "completions": _of_each_employee(batch, "completed"),
                }
                for name, schema in schemas.items():
                    self._add(name, writers[name], schema, columns[name])
        finally:
            for writer in writers.values():
                writer.close()

    def _write(self, name: str, schema: pa.Schema, rows: list[dict[str, Any]]) -> None:
        table = pa.Table.from_pylist(rows, schema=pa.schema(list(schema)[1:]))
        with self._open(name, schema) as writer:
            self._add(name, writer, schema, {column: table[column] for column in table.column_names})

    def _open(self, name: str, schema: pa.Schema) -> pq.ParquetWriter:
        day = local_date(self._plan.as_of, self._plan.time_zone)
        path = self.folder / name / f"run_date={day}" / f"{self._plan.id}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.paths.append(path)
        self.counts[name] = 0
        return pq.ParquetWriter(path, schema.with_metadata(self._metadata))

    def _add(self, name: str, writer: pq.ParquetWriter, schema: pa.Schema, columns: _Columns) -> None:
        count = len(columns[schema.names[1]])
        if count:
            values = {"run_id": pa.repeat(pa.scalar(self._plan.id), count), **columns}
            arrays = [values[field.name].cast(field.type) for field in schema]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema.with_metadata(self._metadata)))
        self.counts[name] += count


def _of_each_employee(batch: pa.RecordBatch, name: str) -> _Columns:
    """A row for each struct in a column of lists, with the id of its employee."""
    rows = pc.list_flatten(batch[name])
    ids = batch["employee_id"].take(pc.list_parent_indices(batch[name]))
    return {"employee_id": ids, **{field.name: rows.field(i) for i, field in enumerate(rows.type)}}


def _ranked(batch: pa.RecordBatch) -> _Columns:
    """A row for each recommendation, with its rank from 1."""
    lists = batch["recommendations"]
    parents = pc.list_parent_indices(lists)
    first = np.concatenate(([0], np.cumsum(pc.fill_null(pc.list_value_length(lists), 0).to_numpy())))[:-1]
    rank = np.arange(1, len(parents) + 1) - first[parents.to_numpy()]
    return {"employee_id": batch["employee_id"].take(parents), "rank": pa.array(rank), "content_id": pc.list_flatten(lists)}
