"""Sources: WAL beside a writer, read-only folders, and tables WITHOUT ROWID."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from conftest import Edge, add, expected, values

from btc_fake_uploader import source
from btc_fake_uploader.errors import UploaderError


def writer(edge: Edge) -> sqlite3.Connection:
    connection = sqlite3.connect(edge.database, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    return connection


def test_rows_in_the_log_of_a_wal_database_arrive_and_its_checkpoint_continues(plain: Edge) -> None:
    connection = writer(plain)
    connection.execute("INSERT INTO readings VALUES (6, 't', 'row-6')")
    assert (plain.database.parent / "sensor.db-wal").stat().st_size > 0
    plain.upload()
    assert values(plain) == expected(*range(1, 7))
    assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    connection.close()


def test_no_read_outlasts_its_batch(plain: Edge) -> None:
    connection = writer(plain)
    with source.reading(str(plain.database)) as reader:
        reader.execute("SELECT * FROM readings").fetchall()
    assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    connection.close()


def test_a_wal_database_without_its_writer_is_read_where_nothing_can_be_written(
    plain: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = writer(plain)
    connection.execute("INSERT INTO readings VALUES (6, 't', 'row-6')")
    connection.close()
    monkeypatch.setattr(source, "_opens", lambda _uri: False)
    with source.reading(str(plain.database)) as reader:
        assert reader.execute("SELECT count(*) FROM readings").fetchone() == (6,)
    with pytest.raises(UploaderError, match="written while it was read"), source.reading(str(plain.database)) as reader:
        reader.execute("SELECT count(*) FROM readings").fetchone()
        os.utime(plain.database, (1, 1))


def test_a_database_that_is_mounted_alone_is_refused(plain: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_is_mounted_alone", lambda _path: True)
    with pytest.raises(UploaderError, match="is mounted alone"), source.reading(str(plain.database)):
        pass


def test_what_is_no_database_ends_with_one_clear_line(plain: Edge) -> None:
    plain.database.write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    ended = plain.upload()
    assert (ended.code, len(ended.err.splitlines())) == (1, 2)
    plain.database.unlink()
    assert "There is no database" in plain.upload().err


@pytest.fixture
def keyed(edge: Edge) -> Edge:
    edge.sql("CREATE TABLE readings (value TEXT, timestamp TEXT, n INTEGER, PRIMARY KEY (value, n)) WITHOUT ROWID")
    insert_keyed(edge, range(1, 11))
    return edge


def insert_keyed(edge: Edge, numbers: range, at: str | None = None) -> None:
    rows = ", ".join(f"('row-{n}', '{at or f'2026-11-02T00:00:{n:02d}Z'}', {n})" for n in numbers)
    edge.sql(f"INSERT INTO readings VALUES {rows}")


def test_a_table_without_rowid_arrives_once_late_rows_within_the_look_back_too(keyed: Edge) -> None:
    for _ in range(2):
        assert keyed.upload("--batch-rows", "4").code == 0
    insert_keyed(keyed, range(11, 13), "2026-11-01T12:00:00Z")
    insert_keyed(keyed, range(13, 15), "2026-11-02T00:00:10Z")
    insert_keyed(keyed, range(15, 16), "no time at all")
    for _ in range(2):
        assert keyed.upload("--batch-rows", "4").code == 0
    assert values(keyed) == expected(*range(1, 16))


def test_a_lost_state_of_a_table_without_rowid_is_noticed(keyed: Edge) -> None:
    keyed.upload()
    shutil.rmtree(keyed.state_dir)
    assert "does not know" in keyed.upload().err


def test_a_table_without_rowid_needs_delta_and_a_timestamp(keyed: Edge) -> None:
    assert "Use --format delta" in keyed.upload("--format", "parquet").err
    keyed.options = []
    assert "Give --timestamp-field" in keyed.upload().err


def test_the_folder_of_the_source_may_be_read_only(plain: Edge) -> None:
    Path(plain.database.parent).chmod(0o555)
    try:
        assert plain.upload().code == 0
    finally:
        Path(plain.database.parent).chmod(0o755)
    add(plain, 6, 6)
    plain.upload()
    assert values(plain) == expected(*range(1, 7))
