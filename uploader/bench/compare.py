"""Compares the uploader with the plainest loop: the same rows from SQLite to Delta in one write, nothing kept.

python bench/compare.py [--rows 1000000] [--pairs 3]; the bars are a ratio of 1.3 and 300 MB.
"""

import argparse
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "examples")]
READ = 20_000
COMMAND = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from btc_fake_uploader.main import main; sys.exit(main())"


def plain(database: str, target: str) -> None:
    """The baseline: sqlite3, Arrow, one write_deltalake."""
    from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
    from deltalake import write_deltalake

    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, check_same_thread=False)
    info = connection.execute("SELECT name, type FROM pragma_table_info('sensor_readings')").fetchall()
    types = {"INTEGER": DataType.int64(), "REAL": DataType.float64(), "TEXT": DataType.utf8(), "BLOB": DataType.binary()}
    schema = Schema([Field(name, types[declared]) for name, declared in info])

    def batches() -> Iterator[RecordBatch]:
        cursor = connection.execute("SELECT * FROM sensor_readings ORDER BY rowid")
        while rows := cursor.fetchmany(READ):
            columns = zip(zip(*rows, strict=True), info, strict=True)
            yield RecordBatch.from_arrays([Array(c, type=types[declared]) for c, (_, declared) in columns], schema=schema)

    write_deltalake(target, RecordBatchReader.from_batches(schema, batches()))


def measured(arguments: list[str]) -> tuple[float, float]:
    """Seconds and peak memory in MB of a process."""
    wrapper = "import resource, subprocess, sys; e = subprocess.run(sys.argv[1:], stderr=2).returncode; "
    wrapper += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(e)"
    began = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-c", wrapper, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - began, int(ended.stdout) / 1024


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--plain", nargs=2, metavar=("DATABASE", "TARGET"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.plain:
        plain(*given.plain)
        return
    from sensors import create, insert, readings

    folder = Path(tempfile.mkdtemp(prefix="uploader-bench-"))
    database = folder / "data" / "sensor.db"
    connection = create(database)
    insert(connection, list(readings("press-07", given.rows, 7, datetime(2026, 11, 2, tzinfo=UTC))))
    connection.close()
    ratios, uploads = [], []
    for pair in range(given.pairs):
        base = measured([sys.executable, __file__, "--plain", str(database), str(folder / f"plain-{pair}")])
        options = ["--sqlite", str(database), "--table", "sensor_readings", "--timestamp-field", "timestamp", "--once"]
        options += ["--table-path", str(folder / f"delta-{pair}"), "--state-dir", str(folder / f"state-{pair}")]
        upload = measured([sys.executable, "-c", COMMAND, *options])
        ratios.append(upload[0] / base[0])
        uploads.append(upload[1])
        print(f"plain {base[0]:.2f} s {base[1]:.0f} MB, uploader {upload[0]:.2f} s {upload[1]:.0f} MB, ratio {ratios[-1]:.2f}")
    print(
        f"{given.rows} rows x 20 columns: ratio {statistics.median(ratios):.2f} (bar 1.3), peak {max(uploads):.0f} MB (bar 300)"
    )
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
