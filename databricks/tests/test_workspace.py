"""Where a notebook may read and write: shared layers to read, one's own schema to write, nothing else."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import btc_workspace
from btc_workspace import WorkspaceError, save_table, table_path, use_names

HELPER = Path(btc_workspace.__file__)
NAMES: dict[str, Any] = {
    "version": 1,
    "catalog": "people",
    "schemas": ["shared_bronze", "lab"],
    "shared_catalogs": {"sales_dev": ["gold"]},
    "people": {"ada@team.example": "ada", "ada@other.example": "ada_2"},
}


@pytest.fixture(autouse=True)
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(btc_workspace, "_names", None)
    path = tmp_path / "workspace_names.json"
    path.write_text(json.dumps(NAMES), "utf-8")
    use_names(path)


class Frame:
    """What a DataFrame does when it is saved."""

    def __init__(self) -> None:
        self.saved: list[tuple[str, str]] = []
        self.write = self
        self._mode = ""

    def mode(self, mode: str) -> "Frame":
        self._mode = mode
        return self

    def saveAsTable(self, path: str) -> None:
        self.saved.append((path, self._mode))


@pytest.mark.parametrize(
    ("layer", "path"),
    [
        ("bronze", "`people`.`shared_bronze`.`orders`"),
        ("shared_bronze", "`people`.`shared_bronze`.`orders`"),
        ("lab", "`people`.`lab`.`orders`"),
        ("sales_dev.gold", "`sales_dev`.`gold`.`orders`"),
        ("own", "`people`.`ada_2`.`orders`"),
    ],
)
def test_a_layer_is_read_where_the_description_has_it(layer: str, path: str) -> None:
    assert table_path(layer, "orders", user="ADA@other.example") == path


def test_one_writes_to_ones_own_schema_and_not_to_a_shared_layer() -> None:
    assert table_path("own", "orders", "write", user="ada@team.example") == "`people`.`ada`.`orders`"
    with pytest.raises(WorkspaceError, match=r"sales_dev\.gold is shared, and notebooks do not write there"):
        table_path("sales_dev.gold", "orders", "write", user="ada@team.example")


@pytest.mark.parametrize("layer", ["silver", "ada", "ada_2", "people.ada_2", "sales_dev", "sales_dev.ada", "", ".gold", "OWN"])
def test_no_other_layer_is_known_and_the_message_names_those_that_are(layer: str) -> None:
    with pytest.raises(WorkspaceError, match=r"There are: own, bronze, lab, sales_dev\.gold"):
        table_path(layer, "orders", user="ada@team.example")


@pytest.mark.parametrize("table", ["", "a.b", "x`; DROP TABLE y", "../a", "a b", "a\n"])
def test_a_name_that_is_no_table_is_refused(table: str) -> None:
    with pytest.raises(WorkspaceError, match="is no name of a table"):
        table_path("own", table, user="ada@team.example")


def test_an_unknown_mode_and_a_person_without_a_schema_are_refused() -> None:
    with pytest.raises(WorkspaceError, match="'read' or 'write'"):
        table_path("own", "orders", "append", user="ada@team.example")  # type: ignore[arg-type]
    with pytest.raises(WorkspaceError, match=r"add-user bo@team\.example"):
        table_path("own", "orders", user="bo@team.example")


def test_a_table_is_saved_in_ones_own_schema_however_its_name_is_written() -> None:
    frame = Frame()
    save_table(frame, "`people`.`ada`.`orders`", user="ada@team.example")
    save_table(frame, "People.ADA.orders", "overwrite", user="ada@team.example")
    assert frame.saved == [("`people`.`ada`.`orders`", "errorifexists"), ("`people`.`ada`.`orders`", "overwrite")]


@pytest.mark.parametrize(
    "path",
    [
        "people.ada_2.orders",
        "orders",
        "ada.orders",
        "people.shared_bronze.orders",
        "x.people.ada.orders",
        "people.ada.a; DROP",
        "",
    ],
)
def test_nothing_is_saved_anywhere_else(path: str) -> None:
    frame = Frame()
    with pytest.raises(WorkspaceError, match=r"is not in your schema people\.ada"):
        save_table(frame, path, user="ada@team.example")
    assert frame.saved == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1, "catalog": "people"}', '{"version": 1, "schemas": 3}'])
def test_a_file_that_is_damaged_is_an_error_that_says_how_to_write_it_again(text: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text, "utf-8")
    with pytest.raises(WorkspaceError, match="btc-fake workspace plan-names --write"):
        use_names(path)


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer.json"
    path.write_text(json.dumps({**NAMES, "version": 2}), "utf-8")
    with pytest.raises(WorkspaceError, match="version 2"):
        use_names(path)


def test_the_file_is_found_beside_the_notebook_that_runs_the_helper_by_percent_run(tmp_path: Path) -> None:
    code = HELPER.read_text("utf-8")
    assert code.startswith("# Databricks notebook source\n")
    inside = f"exec(compile({code!r}, 'cell', 'exec')); print(table_path('own', 't', user='Ada@team.example'))"
    found = subprocess.run(
        [sys.executable, "-c", inside], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (found.returncode, found.stdout) == (0, "`people`.`ada`.`t`\n"), found.stderr
    (tmp_path / "workspace_names.json").unlink()
    lacking = subprocess.run(
        [sys.executable, "-c", inside], cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert "There is no workspace_names.json" in lacking.stderr
