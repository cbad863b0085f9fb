"""Writes sensor readings into SQLite as a real edge node does: in WAL mode, one transaction a second, some rows late or odd.

python examples/sensors.py --database /tmp/sensors/sensor.db --sensor press-07 --rows 1000 --per-second 10
"""

import argparse
import random
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

TABLE = """CREATE TABLE IF NOT EXISTS sensor_readings (
  id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT NOT NULL, sensor_id TEXT NOT NULL,
  temperature REAL, humidity REAL, pressure REAL, vibration REAL, voltage REAL, status_code INTEGER,
  anomaly_flag INTEGER, anomaly_type TEXT, firmware_version TEXT, model TEXT, manufacturer TEXT, location TEXT,
  latitude REAL, longitude REAL, original_timezone TEXT, serial_number INTEGER, raw BLOB)"""
COLUMNS = 19
_FORMS = ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S+00:00")
_KINDS = ("spike", "drift", "stuck")


def readings(sensor: str, count: int, seed: int, start: datetime) -> Iterator[tuple[object, ...]]:
    """Readings in the order of their arrival: one in fifty is late, timestamps have three forms, some values are missing."""
    chance = random.Random(f"{seed} {sensor}")
    serial = chance.randrange(2**60, 2**62)
    place = (round(chance.uniform(47, 55), 6), round(chance.uniform(6, 15), 6))
    for number in range(count):
        late = timedelta(seconds=chance.randrange(60, 7200)) if chance.random() < 0.02 else timedelta()
        at = (start + timedelta(milliseconds=100 * number) - late).strftime(chance.choices(_FORMS, (8, 1, 1))[0])
        odd = chance.random() < 0.01
        yield (
            at,
            sensor,
            round(chance.gauss(70 if not odd else 110, 2), 3),
            round(chance.uniform(30, 60), 2),
            round(chance.gauss(1013, 4), 2),
            round(abs(chance.gauss(0.4, 0.1)), 4),
            None if chance.random() < 0.03 else round(chance.gauss(24, 0.2), 3),
            200 if not odd else 500,
            int(odd),
            chance.choice(_KINDS) if odd else None,
            "2.4.1",
            "TX-9",
            "Brightwater",
            "Hall 3",
            *place,
            "Europe/Berlin",
            serial,
            chance.randbytes(8) if odd else None,
        )


def create(database: Path) -> sqlite3.Connection:
    """Opens the database for writing, with the table."""
    database.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(database, isolation_level=None, timeout=30)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(TABLE)
    return connection


def insert(connection: sqlite3.Connection, rows: list[tuple[object, ...]]) -> None:
    """One transaction."""
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(f"INSERT INTO sensor_readings VALUES (NULL{', ?' * COLUMNS})", rows)
    connection.execute("COMMIT")


def main() -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--sensor", default="press-07")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--per-second", type=int, default=0, help="0: as fast as possible")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    connection = create(given.database)
    each = given.per_second or 1000
    rows: list[tuple[object, ...]] = []
    for row in readings(given.sensor, given.rows, given.seed, datetime.now(UTC)):
        rows.append(row)
        if len(rows) == each:
            insert(connection, rows)
            rows = []
            if given.per_second:
                time.sleep(1)
    if rows:
        insert(connection, rows)
    connection.close()


if __name__ == "__main__":
    main()
