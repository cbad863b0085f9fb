"""Delta: many writers at one table, what the uploader leaves to maintenance."""

import json
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from conftest import FULL, Edge, add, read_delta
from deltalake import DeltaTable

from btc_fake_uploader.attempts import Attempts
from btc_fake_uploader.delta_target import DeltaTarget
from btc_fake_uploader.errors import UploaderError

if TYPE_CHECKING:
    import subprocess

COMMITS = 250 if FULL else 25


def ids(table: DeltaTable) -> list[tuple[object, object]]:
    data = table.scan(columns=["_source", "_rowid"]).read_all()
    return sorted(zip(data.column("_source").to_pylist(), data.column("_rowid").to_pylist(), strict=True), key=repr)


def test_four_sources_append_to_one_table_and_all_rows_are_there_once(
    plain: Edge, started: "Callable[..., subprocess.Popen[str]]"
) -> None:
    target = plain.folder / "shared"
    edges = [Edge(plain.folder / f"node-{n}", source=f"node-{n}") for n in range(4)]
    processes = []
    for edge in edges:
        edge.sql("CREATE TABLE readings (id INTEGER PRIMARY KEY, timestamp TEXT, value TEXT)")
        add(edge, 1, COMMITS * 4)
        processes.append(started(edge.arguments("--batch-rows", "4", "--table-path", str(target), "--attempts", "40")))
    for process in processes:
        _, said = process.communicate(timeout=900)
        assert process.returncode == 0, said
    wanted = sorted(((e.source, n) for e in edges for n in range(1, COMMITS * 4 + 1)), key=repr)
    table = DeltaTable(target)
    assert ids(table) == wanted
    assert sorted(read_delta(target, "_source, _rowid"), key=repr) == wanted
    assert len([h for h in table.history() if "batch" in h]) == 4 * COMMITS


def test_the_uploader_writes_no_checkpoints_and_deletes_nothing(plain: Edge) -> None:
    add(plain, 6, 250)
    plain.upload("--batch-rows", "2")
    log = sorted(p.name for p in (plain.target / "_delta_log").iterdir() if p.is_file())
    assert log == [f"{n:020d}.json" for n in range(126)]


def test_a_failed_commit_is_tried_again_in_a_bounded_loop(plain: Edge) -> None:
    plain.upload()
    add(plain, 6, 7)
    (plain.target / "_delta_log").rename(plain.target / "moved")
    (plain.target / "_delta_log").write_text("in the way")
    ended = plain.upload("--attempts", "2")
    assert ended.code == 1
    assert len(ended.events("attempt_failed")) == 2
    (plain.target / "_delta_log").unlink()
    (plain.target / "moved").rename(plain.target / "_delta_log")
    assert plain.upload().code == 0
    assert len(plain.rows()) == 7


@pytest.mark.parametrize("url", ["/Volumes/main/raw/landing/t", "dbfs:/Volumes/main/raw/t", "/dbfs/Volumes/main/raw/t"])
def test_a_delta_table_inside_a_volume_is_refused_by_name(plain: Edge, url: str) -> None:
    ended = plain.upload("--table-path", url)
    assert ended.code == 1
    assert f"{url} is inside a Volume" in ended.err


def test_the_log_has_one_line_a_batch_that_says_what_it_held(plain: Edge) -> None:
    lines = [json.loads(line) for line in plain.upload("--batch-rows", "3").err.splitlines()]
    assert [(x["event"], x["rows"], x["first"], x["last"]) for x in lines] == [("batch", 3, None, 3), ("batch", 2, 3, 5)]


def test_a_batch_that_is_delivered_twice_arrives_once_and_a_stranger_is_refused(plain: Edge) -> None:
    from arro3.core import Array, DataType, Table

    attempts = Attempts(1, threading.Event(), print)
    data = Table.from_pydict({"_source": Array(["a"], type=DataType.utf8()), "_rowid": Array([1], type=DataType.int64())})
    for _ in range(2):
        DeltaTarget(str(plain.target), "a", {}, attempts).append(data, 1 << 20 | 7, None)
    assert ids(DeltaTable(plain.target)) == [("a", 1)]
    with pytest.raises(UploaderError, match="does not know"):
        DeltaTarget(str(plain.target), "a", {}, attempts).append(data, 1 << 20 | 8, None)
    assert ids(DeltaTable(plain.target)) == [("a", 1)]
