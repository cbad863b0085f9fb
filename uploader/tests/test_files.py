"""Finished Parquet files: each once, only when complete, then kept, moved or deleted."""

import os
import time
from pathlib import Path

import pytest
from arro3.core import Array, DataType, Table
from arro3.io import write_parquet
from conftest import Ended, run


class Jobs:
    """A folder where jobs leave files, and the uploader for it."""

    def __init__(self, folder: Path) -> None:
        self.data, self.target, self.state, self.moved = (folder / n for n in ("data", "target", "state", "moved"))

    def leave(self, name: str, number: int, age: float = 60) -> Path:
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_parquet(Table.from_pydict({"n": Array([number], type=DataType.int64())}), path)
        os.utime(path, (time.time() - age, time.time() - age))
        return path

    def upload(self, *more: str) -> Ended:
        arguments = ["--files", str(self.data), "--table-path", str(self.target), "--state-dir", str(self.state), "--once"]
        return run([*arguments, *more])

    def arrived(self) -> list[str]:
        return sorted(p.relative_to(self.target).as_posix() for p in self.target.rglob("*") if p.is_file())


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path)


def test_files_arrive_once_under_their_names_and_are_kept(jobs: Jobs) -> None:
    path = jobs.leave("007/results_1.parquet", 1)
    jobs.leave("1e3/results_1.parquet", 2)
    assert len(jobs.upload().events("batch")) == 2
    assert jobs.upload().events("batch") == []
    assert jobs.arrived() == ["007/results_1.parquet", "1e3/results_1.parquet"]
    assert (jobs.target / "007/results_1.parquet").read_bytes() == path.read_bytes()


def test_a_file_that_is_not_complete_waits(jobs: Jobs) -> None:
    whole = jobs.leave("a/results_1.parquet", 1).read_bytes()
    for n, content in enumerate([b"", whole[:-1], whole[:-9] + whole[-8:], b"PAR1" + b"\0" * 20 + b"PAR1"]):
        broken = jobs.data / "a" / f"results_broken{n}.parquet"
        broken.write_bytes(content)
        os.utime(broken, (1, 1))
    jobs.leave("a/results_2.parquet", 2, age=0)
    jobs.leave("a/_results_3.parquet", 3)
    jobs.leave("a/.results_4.parquet", 4)
    assert jobs.upload().code == 0
    assert jobs.arrived() == ["a/results_1.parquet"]


def test_uploaded_files_are_moved_or_deleted_as_told(jobs: Jobs) -> None:
    first = jobs.leave("a/results_1.parquet", 1)
    jobs.upload("--after", "move", "--move-to", str(jobs.moved))
    assert (jobs.moved / "a/results_1.parquet").exists()
    second = jobs.leave("a/results_2.parquet", 2)
    jobs.upload()
    jobs.upload("--after", "delete")
    assert not first.exists()
    assert not second.exists()
    assert len(jobs.arrived()) == 2


def test_other_bytes_under_an_old_name_are_an_error_and_stay(jobs: Jobs) -> None:
    jobs.leave("a/results_1.parquet", 1)
    jobs.upload("--after", "delete")
    before = (jobs.target / "a/results_1.parquet").read_bytes()
    path = jobs.leave("a/results_1.parquet", 2)
    ended = jobs.upload("--after", "delete")
    assert ended.events("conflict")[0]["file"] == "a/results_1.parquet"
    assert path.exists()
    assert (jobs.target / "a/results_1.parquet").read_bytes() == before


def test_a_lost_state_uploads_the_same_bytes_without_harm(jobs: Jobs) -> None:
    jobs.leave("a/results_1.parquet", 1)
    jobs.upload()
    (jobs.state / "last_upload.json").unlink()
    assert jobs.upload().events("batch")[0]["new"] is False
    assert jobs.arrived() == ["a/results_1.parquet"]
