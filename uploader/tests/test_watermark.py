"""The watermark: every row once, whatever SQLite does with rowids, and whatever timestamps say."""

import shutil
from pathlib import Path

import pytest
from conftest import Edge, add, expected, values


def test_new_rows_arrive_once_however_often_it_looks(plain: Edge) -> None:
    assert plain.upload().code == 0
    assert plain.upload().code == 0
    add(plain, 6, 8)
    plain.upload()
    assert values(plain) == expected(1, 2, 3, 4, 5, 6, 7, 8)
    assert plain.state["last_rowid"] == 8
    assert plain.state["last_upload"] == "2026-11-02T00:00:08.000000Z"


def test_an_empty_look_writes_nothing(plain: Edge) -> None:
    plain.upload()
    before = sorted(p.name for p in plain.target.rglob("*"))
    state = (plain.state_dir / "last_upload.json").stat().st_mtime_ns
    assert plain.upload().events("batch") == []
    assert sorted(p.name for p in plain.target.rglob("*")) == before
    assert (plain.state_dir / "last_upload.json").stat().st_mtime_ns == state


def test_rows_under_the_rowids_of_deleted_ones_arrive(plain: Edge) -> None:
    plain.upload()
    plain.sql("DELETE FROM readings WHERE id >= 4")
    add(plain, 6, 8)
    assert plain.sql("SELECT max(id) FROM readings") == [(6,)]
    ended = plain.upload()
    assert ended.events("watermark_moved")[0]["after"] == 3
    assert values(plain) == expected(1, 2, 3, 4, 5, 6, 7, 8)


def test_a_deleted_newest_row_is_noticed_before_its_rowid_comes_again(plain: Edge) -> None:
    plain.upload()
    plain.sql("DELETE FROM readings WHERE id = 5")
    plain.upload()
    add(plain, 6, 6)
    plain.upload()
    assert values(plain) == expected(1, 2, 3, 4, 5, 6)


def test_a_row_at_the_watermark_that_may_be_changed_or_new_stops_the_upload(plain: Edge) -> None:
    plain.upload()
    plain.sql("UPDATE readings SET value = 'row-50' WHERE id = 5")
    ended = plain.upload()
    assert ended.code == 1
    assert "it was changed, or its rowid was reused" in ended.err
    assert "--changed-rows" in ended.err
    assert plain.upload("--changed-rows", "ignore").code == 0
    assert values(plain) == expected(1, 2, 3, 4, 5)
    assert plain.upload("--changed-rows", "new").code == 0
    assert values(plain) == expected(1, 2, 3, 4, 5, 50)


def test_changed_rows_below_the_watermark_are_said_and_refreshed_on_demand(plain: Edge) -> None:
    plain.upload()
    plain.sql("UPDATE readings SET value = 'row-20' WHERE id = 2")
    assert plain.upload().events("changed_rows")[0]["rows"] == 1
    assert values(plain) == expected(1, 2, 3, 4, 5)
    assert plain.upload("--full-refresh").code == 0
    assert values(plain) == expected(1, 3, 4, 5, 20)
    add(plain, 6, 6)
    plain.upload()
    assert values(plain) == expected(1, 3, 4, 5, 6, 20)


def test_a_full_refresh_leaves_the_rows_of_other_sources(plain: Edge) -> None:
    plain.upload()
    plain.upload("--source", "it's another", "--state-dir", str(plain.folder / "other"))
    plain.sql("DELETE FROM readings WHERE id < 5")
    plain.upload("--source", "it's another", "--state-dir", str(plain.folder / "other"), "--full-refresh")
    assert values(plain) == expected(1, 2, 3, 4, 5, 5)


def test_rows_arrive_once_after_vacuum_renumbered_them(edge: Edge) -> None:
    edge.sql("CREATE TABLE readings (timestamp TEXT, value TEXT)")
    add(edge, 1, 20)
    edge.upload()
    edge.sql("DELETE FROM readings WHERE rowid IN (3, 4, 9)", "VACUUM")
    assert edge.sql("SELECT max(rowid) FROM readings") == [(17,)]
    add(edge, 21, 30)
    ended = edge.upload()
    assert ended.events("watermark_moved")[0]["why"] == "VACUUM renumbered the rows"
    edge.upload()
    assert values(edge) == expected(*range(1, 31))


def test_an_autoincrement_key_survives_deletion_of_all_rows(edge: Edge) -> None:
    edge.sql("CREATE TABLE readings (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT, value TEXT)")
    add(edge, 1, 5)
    edge.upload()
    edge.sql("DELETE FROM readings")
    edge.upload()
    add(edge, 6, 7)
    edge.upload()
    assert values(edge) == expected(1, 2, 3, 4, 5, 6, 7)


def test_a_restored_older_copy_stops_where_rowids_are_never_reused(edge: Edge) -> None:
    edge.sql("CREATE TABLE readings (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT, value TEXT)")
    add(edge, 1, 5)
    shutil.copy(edge.database, edge.folder / "backup")
    add(edge, 6, 9)
    edge.upload()
    shutil.copy(edge.folder / "backup", edge.database)
    ended = edge.upload()
    assert ended.code == 1
    assert "it was restored" in ended.err
    add(edge, 10, 20)
    ended = edge.upload()
    assert "was restored or replaced" in ended.err
    assert values(edge) == expected(*range(1, 10))


def test_another_database_under_the_same_path_stops_the_upload(plain: Edge) -> None:
    plain.upload()
    plain.database.unlink()
    plain.sql("CREATE TABLE readings (id INTEGER PRIMARY KEY, timestamp TEXT, value TEXT)")
    add(plain, 101, 120)
    ended = plain.upload()
    assert ended.code == 1
    assert "None of the last uploaded rows is there" in ended.err
    assert values(plain) == expected(1, 2, 3, 4, 5)


def test_a_row_inserted_below_the_watermark_stops_the_upload(plain: Edge) -> None:
    plain.sql("DELETE FROM readings WHERE id = 3")
    plain.upload()
    plain.sql("INSERT INTO readings VALUES (3, '2026-11-02T01:00:00Z', 'row-3')")
    ended = plain.upload()
    assert ended.code == 1
    assert "Row 3 was inserted below the watermark 5" in ended.err


def test_late_rows_ties_and_mixed_timestamp_texts_arrive_once(plain: Edge) -> None:
    plain.upload()
    forms = (
        "2020-01-01T00:00:00Z",
        "2026-11-02 00:00:05",
        "2026-11-02T01:00:05+01:00",
        "1793577605",
        "2026/11/02 00:00:05",
        "soon",
    )
    numbers = range(6, 1006)
    rows = ", ".join(f"('{forms[n % len(forms)]}', 'row-{n}')" for n in numbers)
    plain.sql(f"INSERT INTO readings (timestamp, value) VALUES {rows}")
    for _ in range(2):
        plain.upload("--batch-rows", "100")
    assert values(plain) == expected(*range(1, 1006))


@pytest.mark.parametrize(("since", "first"), [("3", 4), ("2026-11-02T00:00:03Z", 3), ("2026-11-02 01:00:03+01:00", 3)])
def test_since_says_where_a_source_without_state_begins(plain: Edge, since: str, first: int) -> None:
    plain.upload("--since", since)
    plain.upload("--since", "0")
    assert values(plain) == expected(*range(first, 6))


def test_a_dry_run_writes_nothing_and_says_what_it_would(plain: Edge) -> None:
    ended = plain.upload("--dry-run", "--batch-rows", "2")
    assert [e["rows"] for e in ended.events("would_upload")] == [2, 2, 1]
    assert not plain.target.exists()
    assert not plain.state_dir.exists()


def test_batches_are_bounded_in_rows_and_bytes(plain: Edge) -> None:
    assert [e["rows"] for e in plain.upload("--batch-rows", "2").events("batch")] == [2, 2, 1]
    rows = ", ".join(f"('2026-11-02T01:00:00Z', 'row-{n}{'x' * 10_000}')" for n in range(200))
    plain.sql(f"INSERT INTO readings (timestamp, value) VALUES {rows}")
    sizes = [e["bytes"] for e in plain.upload("--batch-bytes", "500000").events("batch")]
    assert len(sizes) >= 3
    assert all(int(str(size)) < 2_000_000 for size in sizes)


def test_the_source_is_never_written(plain: Edge) -> None:
    before = plain.database.read_bytes()
    plain.upload()
    assert plain.database.read_bytes() == before
    assert sorted(p.name for p in Path(plain.database.parent).iterdir()) == ["sensor.db"]
