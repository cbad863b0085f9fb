"""The tables of the ground truth out of the decided employees (contract section 7): one file per run and table."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
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
        self._write("employees", EMPLOYEES, self._employees(employees))
        self._write("manager_choices", MANAGER_CHOICES, iter([self._choices(choices, tally)]))
        self._write_decided(decided)
        left_out = [{"employee_id": employee_id, "reason": code} for employee_id, code, _ in failed]
        self._write("left_out", LEFT_OUT, iter([left_out]))
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
        self._write("runs", RUNS, iter([[run]]))

    def _employees(self, path: Path) -> Iterator[list[dict[str, Any]]]:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                yield batch.to_pylist()

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
        """Three tables in one pass over the employees."""
        schemas = {"assignments": ASSIGNMENTS, "recommendations": RECOMMENDATIONS, "completions": COMPLETIONS}
        writers = {name: self._open(name, schema) for name, schema in schemas.items()}
        try:
            for batch in decided_batches(decided, _NESTED):
                rows: dict[str, list[dict[str, Any]]] = {name: [] for name in schemas}
                for one in batch.to_pylist():
                    own = {"employee_id": one["employee_id"]}
                    rows["assignments"] += [own | row for row in one["assigned"]]
                    rows["completions"] += [own | row for row in one["completed"]]
                    rows["recommendations"] += [
                        own | {"rank": i, "content_id": c} for i, c in enumerate(one["recommendations"], 1)
                    ]
                for name, schema in schemas.items():
                    self._add(name, writers[name], schema, rows[name])
        finally:
            for writer in writers.values():
                writer.close()

    def _write(self, name: str, schema: pa.Schema, batches: Iterator[list[dict[str, Any]]]) -> None:
        with self._open(name, schema) as writer:
            for rows in batches:
                self._add(name, writer, schema, rows)

    def _open(self, name: str, schema: pa.Schema) -> pq.ParquetWriter:
        day = local_date(self._plan.as_of, self._plan.time_zone)
        path = self.folder / name / f"run_date={day}" / f"{self._plan.id}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.paths.append(path)
        self.counts[name] = 0
        return pq.ParquetWriter(path, schema.with_metadata(self._metadata))

    def _add(self, name: str, writer: pq.ParquetWriter, schema: pa.Schema, rows: list[dict[str, Any]]) -> None:
        if rows:
            run_id = {"run_id": self._plan.id}
            writer.write_table(pa.Table.from_pylist([run_id | row for row in rows], schema=schema.with_metadata(self._metadata)))
        self.counts[name] += len(rows)
