"""The state file: whole or not at all, recognised, refused when corrupt; and the subcommands."""

import json
import os
from pathlib import Path

import pytest
from conftest import Edge, add, expected, run, values

from btc_fake_uploader import state as states
from btc_fake_uploader.errors import UploaderError


def test_corrupt_state_is_refused_and_nothing_is_uploaded(plain: Edge) -> None:
    plain.upload()
    add(plain, 6, 7)
    file = plain.state_dir / "last_upload.json"
    good = file.read_text()
    for bad in ("", "{", "null", "[]", good[:-40], good.replace('"last_rowid": 5', '"last_rowid": 2')):
        file.write_text(bad)
        ended = plain.upload()
        assert ended.code == 1
        assert "is corrupt" in ended.err
    file.write_text(good)
    assert plain.upload().code == 0
    assert values(plain) == expected(*range(1, 8))


def test_state_of_the_original_form_continues_exactly_after_its_mark(plain: Edge) -> None:
    plain.sql("INSERT INTO readings VALUES (6, '2020-01-01T00:00:00Z', 'row-6')")
    plain.state_dir.mkdir()
    (plain.state_dir / "last_upload.json").write_text('{"last_upload": "2026-11-02T00:00:03+00:00"}')
    plain.upload()
    plain.upload()
    assert values(plain) == expected(4, 5, 6)


def test_a_lost_state_folder_is_noticed_and_set_by_hand(plain: Edge) -> None:
    plain.upload()
    (plain.state_dir / "last_upload.json").unlink()
    add(plain, 6, 8)
    ended = plain.upload()
    assert ended.code == 1
    assert "state set --rowid" in ended.err
    assert run(["state", "set", "--state-dir", str(plain.state_dir), "--rowid", "5"]).code == 0
    plain.upload()
    plain.upload()
    assert values(plain) == expected(*range(1, 9))


def test_a_lost_state_folder_is_noticed_for_parquet_too(plain: Edge) -> None:
    plain.upload("--format", "parquet")
    (plain.state_dir / "last_upload.json").unlink()
    assert "state set --rowid" in plain.upload("--format", "parquet").err


def test_state_show_reset_and_set(plain: Edge) -> None:
    plain.upload()
    folder = ("--state-dir", str(plain.state_dir))
    shown = json.loads(run(["state", "show", *folder]).out)
    assert (shown["last_rowid"], shown["batch"], shown["last_upload"]) == (5, 1, "2026-11-02T00:00:05.000000Z")
    assert run(["state", "set", *folder]).code == 2
    assert run(["state", "set", *folder, "--time", "soon"]).code == 2
    assert run(["state", "reset", *folder]).code == 0
    plain.upload()
    assert len(values(plain)) == 10
    run(["state", "set", *folder, "--time", "2026-11-02T00:00:04Z"])
    plain.upload()
    assert len(values(plain)) == 11


def test_state_of_another_source_or_table_is_refused(plain: Edge) -> None:
    plain.upload()
    assert "belongs to the source press-07" in plain.upload("--source", "press-08").err
    plain.sql("CREATE TABLE others (timestamp TEXT)")
    assert "belongs to the table readings" in plain.upload("--table", "others").err


@pytest.mark.parametrize("step", ["fsync", "replace", "open"])
def test_a_full_disk_while_the_state_is_written_keeps_the_state_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    states.save(tmp_path, states.State(source="before"))

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        if step == "open":
            broken.setattr("builtins.open", full)
        else:
            broken.setattr(os, step, full)
        with pytest.raises(UploaderError, match="No space left"):
            states.save(tmp_path, states.State(source="after"))
    found = states.load(tmp_path)
    assert found is not None
    assert found.source == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["last_upload.json"]
