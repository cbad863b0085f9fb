"""Sources, targets and processes that the tests share. Everything is real: SQLite files, Delta tables on disk, processes."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from deltalake import DeltaTable

ROOT = Path(__file__).parent.parent
FULL = os.environ.get("FAULTS") == "all"


@dataclass
class Edge:
    """One uploader and its surroundings: a database, a state folder, a target."""

    folder: Path
    table: str = "readings"
    source: str = "press-07"
    options: list[str] = field(default_factory=lambda: ["--timestamp-field", "timestamp"])

    @property
    def database(self) -> Path:
        return self.folder / "data" / "sensor.db"

    @property
    def state_dir(self) -> Path:
        return self.folder / "state"

    @property
    def target(self) -> Path:
        return self.folder / "target"

    @property
    def state(self) -> dict[str, object]:
        known: dict[str, object] = json.loads((self.state_dir / "last_upload.json").read_text())
        return known

    def sql(self, *statements: str) -> list[tuple[object, ...]]:
        """Runs statements as the writer does; the rows of the last one."""
        self.database.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.database, isolation_level=None)
        try:
            rows: list[tuple[object, ...]] = []
            for statement in statements:
                rows = connection.execute(statement).fetchall()
            return rows
        finally:
            connection.close()

    def arguments(self, *more: str) -> list[str]:
        return [
            *("--sqlite", str(self.database), "--table", self.table, "--table-path", str(self.target)),
            *("--state-dir", str(self.state_dir), "--source", self.source, "--once", *self.options, *more),
        ]

    def upload(self, *more: str) -> "Ended":
        """Looks once, in a process of its own."""
        return run(self.arguments(*more))

    def rows(self, columns: str = "_rowid, value") -> list[tuple[object, ...]]:
        """What has arrived, read by DuckDB from the files that the Delta log names."""
        return read_delta(self.target, columns)


@dataclass(frozen=True)
class Ended:
    """A process that has ended."""

    code: int
    out: str
    err: str

    def events(self, name: str) -> list[dict[str, object]]:
        lines = [json.loads(line) for line in self.err.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]


def command(arguments: list[str]) -> list[str]:
    return [sys.executable, "-m", "btc_fake_uploader", *arguments]


def environment(more: dict[str, str] | None = None) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("UPLOAD", "AWS_", "AZURE_", "SENSOR_ID"))}
    return {**clean, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **(more or {})}


def run(arguments: list[str], env: dict[str, str] | None = None, program: list[str] | None = None) -> Ended:
    ended = subprocess.run(
        (program or command([])) + arguments, env=environment(env), capture_output=True, text=True, timeout=120
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def read_delta(target: Path, columns: str) -> list[tuple[object, ...]]:
    import duckdb

    files = DeltaTable(target).file_uris()
    if not files:
        return []
    return (
        duckdb.connect().execute(f"SELECT {columns} FROM read_parquet(?, union_by_name = true) ORDER BY ALL", [files]).fetchall()
    )


@pytest.fixture
def edge(tmp_path: Path) -> Edge:
    return Edge(tmp_path)


@pytest.fixture
def plain(edge: Edge) -> Edge:
    """A table with an INTEGER PRIMARY KEY without AUTOINCREMENT, and five rows."""
    edge.sql("CREATE TABLE readings (id INTEGER PRIMARY KEY, timestamp TEXT, value TEXT)")
    add(edge, 1, 5)
    return edge


def add(edge: Edge, first: int, last: int) -> None:
    """Rows without a given id, one a second; their value is `row-N`."""
    values = ", ".join(
        f"('2026-11-02T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}Z', 'row-{n}')" for n in range(first, last + 1)
    )
    edge.sql(f"INSERT INTO readings (timestamp, value) VALUES {values}")


def values(edge: Edge) -> list[object]:
    """The values that arrived."""
    return sorted((row[0] for row in edge.rows("value")), key=lambda v: int(str(v).split("-")[1]))


def expected(*numbers: int) -> list[str]:
    return [f"row-{n}" for n in numbers]


@pytest.fixture
def started() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts processes, and kills those that a test leaves."""
    processes: list[subprocess.Popen[str]] = []

    def start(
        arguments: list[str], env: dict[str, str] | None = None, program: list[str] | None = None
    ) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            (program or command([])) + arguments,
            env=environment(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
