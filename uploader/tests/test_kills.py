"""Kills: between every two steps, and at random while a writer works. Every row arrives once."""

import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import kill_at
import pytest
from conftest import FULL, Edge, Ended, add, expected, run, values
from sensors import create, insert, readings

KILLER = [sys.executable, str(Path(__file__).parent / "kill_at.py")]
KILLS = 200 if FULL else 25
SIGKILLED = -9
Start = Callable[..., "subprocess.Popen[str]"]


def parquet_values(edge: Edge) -> list[object]:
    import duckdb

    query = "SELECT value FROM read_parquet(?) ORDER BY CAST(split_part(value, '-', 2) AS INT)"
    return [row[0] for row in duckdb.connect().execute(query, [f"{edge.target}/*/*.parquet"]).fetchall()]


@pytest.mark.parametrize(
    ("step", "format_"), [*((s, "delta") for s in kill_at.STEPS if s != "put"), ("put", "parquet"), ("state-saved", "parquet")]
)
def test_a_kill_before_and_after_every_call_of_a_step_loses_and_repeats_nothing(plain: Edge, step: str, format_: str) -> None:
    arrived = values if format_ == "delta" else parquet_values
    killed = 0
    last = 5
    for number in range(12):
        ended = run([step, str(number), *plain.arguments("--batch-rows", "3", "--format", format_)], program=KILLER)
        assert ended.code in (0, SIGKILLED), ended.err
        killed += ended.code == SIGKILLED
        if ended.code == 0 and number % 2 == 0:
            break
        # A newest row that was deleted gives its rowid to the next row.
        if number % 4 == 3:
            plain.upload("--format", format_)
            plain.sql(f"DELETE FROM readings WHERE value = 'row-{last}'")
        add(plain, last + 1, last + 2)
        last += 2
    assert plain.upload("--format", format_).code == 0
    assert arrived(plain) == expected(*range(1, last + 1))
    assert killed >= 2


def test_kills_at_random_while_a_writer_works_lose_and_repeat_nothing(
    edge: Edge, started: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = random.randrange(10**6)
    with capsys.disabled():
        print(f"kills at random: seed {seed}", end=" ")
    chance = random.Random(seed)
    edge.table = "sensor_readings"
    connection = create(edge.database)
    rows = readings("press-07", 100 * (KILLS + 5), seed, datetime(2026, 11, 2, tzinfo=UTC))
    written = 0
    arguments = [*edge.arguments("--batch-rows", "40", "--interval", "0"), "--no-once"]
    for _ in range(KILLS):
        process = started(arguments)
        end = time.monotonic() + chance.uniform(0.25, 0.9)
        while time.monotonic() < end:
            chunk = [next(rows) for _ in range(chance.randrange(1, 20))] if written < 100 * KILLS else []
            insert(connection, chunk)
            written += len(chunk)
            time.sleep(0.02)
        process.kill()
        _, said = process.communicate()
        assert process.returncode == SIGKILLED, said
    connection.close()
    assert edge.upload().code == 0
    count = sqlite3.connect(edge.database).execute("SELECT count(*) FROM sensor_readings").fetchone()[0]
    ids = [row[0] for row in edge.rows("id")]
    assert count == written
    assert ids == list(range(1, written + 1)), f"seed {seed}"


def test_sigterm_ends_within_a_batch_and_loses_nothing(plain: Edge, started: Start) -> None:
    add(plain, 6, 3000)
    process = started([*plain.arguments("--batch-rows", "10"), "--no-once"])
    assert process.stderr is not None
    process.stderr.readline()
    process.terminate()
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert len(values(plain)) < 3000
    assert plain.upload().code == 0
    assert values(plain) == expected(*range(1, 3001))


def test_a_kill_between_write_and_state_is_recognised_in_the_next_process(plain: Edge) -> None:
    run(["delta-write", "1", *plain.arguments()], program=KILLER)
    add(plain, 6, 7)
    ended = plain.upload()
    assert [e["rows"] for e in ended.events("batch")] == [2]
    assert values(plain) == expected(*range(1, 8))


def test_two_uploaders_cannot_use_one_state_folder(plain: Edge, started: Start) -> None:
    process = started([*plain.arguments(), "--no-once", "--interval", "60"])
    assert process.stderr is not None
    process.stderr.readline()
    second = plain.upload()
    process.terminate()
    assert second.code == 1
    assert "Another uploader uses the state folder" in second.err


def test_two_uploaders_under_one_source_name_are_noticed(plain: Edge) -> None:
    plain.upload()
    add(plain, 6, 7)
    second: Ended = plain.upload("--state-dir", str(plain.folder / "second"))
    assert second.code == 1
    assert "that this state folder does not know" in second.err
    assert values(plain) == expected(1, 2, 3, 4, 5)
