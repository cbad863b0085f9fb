"""`python -m btc_local`: runs notebooks on a local Spark, for the command line of BTC Fake and for its tests.

The first line of standard input is a JSON object that says how Spark is started: `jars`, `warehouse` and optionally `connect`,
true for a Spark Connect server of its own, and `large`, true for 100,000 rows and more. Each further line is a run: `notebook`,
`widgets`, and optionally `secrets` (by scope and key), `volumes`, `tables` (Parquet or CSV files by the widget that gets their
Delta tables) and `sessionZone`.

A run ends with one JSON line on standard output: `{"value": ...}` or `{"error": {"code", "message", "lines"}}`. Everything else
goes to standard error. Secrets come by standard input, because every user of the machine can read arguments.
"""

import contextlib
import json
import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from btc_local.connect_server import connect_server
from btc_local.notebook import NotebookError, run_notebook
from btc_local.spark import connect_session, local_session, session_settings
from btc_local.standins import LocalDbutils, display
from btc_rules.errors import RuleError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


def main() -> int:
    """Runs what standard input says. The exit code is 1 when any run failed."""
    results = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    # What notebooks and Spark print is for people.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    setup = json.loads(sys.stdin.readline())
    jars, warehouse = Path(setup["jars"]).absolute(), Path(setup["warehouse"]).absolute()
    # Executors of a workspace have none of our modules: here they start in a folder where none is found.
    warehouse.mkdir(parents=True, exist_ok=True)
    os.chdir(warehouse)
    if not setup.get("connect"):
        return _run_all(local_session(jars, warehouse, large=bool(setup.get("large"))), warehouse, results)
    with connect_server(session_settings(jars, warehouse)) as address:
        return _run_all(connect_session(address), warehouse, results)


def _run_all(spark: "SparkSession", warehouse: Path, results: TextIO) -> int:
    failed = False
    for number, line in enumerate(sys.stdin):
        job = json.loads(line)
        try:
            outcome: dict[str, Any] = {"value": _run(spark, job, warehouse / f"tables-{number}")}
        except Exception as error:
            outcome = {"error": _described(error)}
            failed = True
        results.write(f"{json.dumps(outcome)}\n")
        results.flush()
    spark.stop()
    return 1 if failed else 0


def _run(spark: "SparkSession", job: dict[str, Any], folder: Path) -> Any:
    widgets = dict(job["widgets"])
    for widget, files in job.get("tables", {}).items():
        widgets[widget] = "|".join(_delta_table(spark, Path(file), folder) for file in files)
    if zone := job.get("sessionZone"):
        spark.conf.set("spark.sql.session.timeZone", zone)
    secrets = {(scope, key): value for scope, keys in job.get("secrets", {}).items() for key, value in keys.items()}
    volumes = job.get("volumes")
    dbutils = LocalDbutils(widgets, secrets, Path(volumes) if volumes else None)
    value = run_notebook(Path(job["notebook"]), {"spark": spark, "dbutils": dbutils, "display": display})
    return None if value is None else json.loads(value)


def _delta_table(spark: "SparkSession", file: Path, folder: Path) -> str:
    target = folder / file.stem
    rows = _csv(spark, file) if file.suffix == ".csv" else spark.read.parquet(str(file))
    rows.write.format("delta").mode("overwrite").save(str(target))
    return f"delta.`{target}`"


def _csv(spark: "SparkSession", file: Path) -> "DataFrame":
    # Spark's own escape character is the backslash, and it ends records at line breaks.
    return spark.read.options(header=True, multiLine=True, escape='"').csv(str(file))


def _described(error: Exception) -> dict[str, Any]:
    if isinstance(error, RuleError):
        return {"code": error.code, "message": str(error), "lines": error.lines}
    if isinstance(error, NotebookError):
        return {"code": "INTERNAL", "message": str(error), "lines": []}
    with contextlib.suppress(Exception):
        traceback.print_exc()
    first = str(error).strip().splitlines()
    return {"code": "INTERNAL", "message": f"{type(error).__name__}: {first[0] if first else ''}", "lines": []}


if __name__ == "__main__":
    sys.exit(main())
