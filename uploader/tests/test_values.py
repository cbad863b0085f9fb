"""Any table: types, values that do not fit, columns that come later, names that Delta does not allow; two independent readers."""

import json
import math
import sqlite3

import pytest
from conftest import Edge
from deltalake import DeltaTable

from btc_fake_uploader.columns import Planned, plan, schema, to_batch
from btc_fake_uploader.shape import Column, Shape


def shape(*columns: tuple[str, str]) -> Shape:
    return Shape("t", tuple(Column(*c) for c in columns), "rowid", False, False, ())


def converted(type_: str, value: object, mixed: bool = False) -> tuple[object, str | None]:
    """The value as the target has it, and the reason for a reject."""
    planned = [Planned("c", type_, mixed)]
    _, _, values, rejects = (to_batch([(1, value)], planned, schema(planned), "s").column(i).to_pylist() for i in range(4))
    found = json.loads(str(rejects[0]))[0] if rejects[0] is not None else None
    return values[0], None if found is None else found["reason"]


@pytest.mark.parametrize(
    ("type_", "value", "arrives", "reason"),
    [
        ("long", 2**53 + 1, 2**53 + 1, None),
        ("long", -(2**63), -(2**63), None),
        ("long", "N/A", None, "text in a column of type long"),
        ("long", 1.5, None, "a real number in a column of type long"),
        ("double", 0.1, 0.1, None),
        ("double", math.inf, None, "an infinite number"),
        ("double", "off", None, "text in a column of type double"),
        ("string", "", "", None),
        ("string", "a\0b\n\u2028", "a\0b\n\u2028", None),
        ("string", 7, "7", None),
        ("string", 0.1, "0.1", None),
        ("string", b"\xff", None, "a blob in a column of type string"),
        ("string", "\udcff", None, "text that is not UTF-8"),
        ("binary", b"\0\xff", b"\0\xff", None),
        ("binary", "x", None, "text in a column of type binary"),
        ("long", None, None, None),
    ],
)
def test_a_value_arrives_unchanged_or_is_rejected_with_its_reason(
    type_: str, value: object, arrives: object, reason: str | None
) -> None:
    assert converted(type_, value) == (arrives, reason)


def test_integers_in_a_decimal_column_arrive_only_if_a_double_holds_them_exactly() -> None:
    assert converted("double", 2**53, mixed=True) == (float(2**53), None)
    assert converted("double", 2**53 + 1, mixed=True) == (None, "an integer that a double cannot hold exactly")


def test_the_declaration_decides_the_type_not_the_first_values(edge: Edge) -> None:
    edge.sql("CREATE TABLE readings (a INTEGER, b DECIMAL(8,2), c, d DATETIME, e BOOLEAN, timestamp TEXT)")
    edge.sql("INSERT INTO readings (c) VALUES (NULL)", "INSERT INTO readings VALUES (1, 2, 3, '2026-11-02', 1, 'x')")
    edge.upload("--batch-rows", "1")
    edge.sql("INSERT INTO readings VALUES ('late', 2.5, 'three', 5, 0, 'x')")
    edge.upload()
    assert edge.rows("_rowid, a, b, c, d, e, _rejects IS NULL") == [
        (1, None, None, None, None, None, True),
        (2, 1, 2.0, "3", "2026-11-02", 1, True),
        (3, None, 2.5, "three", "5", 0, False),
    ]


def test_names_that_delta_does_not_allow_become_distinct_and_stay() -> None:
    table = shape(
        ("a b", "TEXT"), ("a_b", "TEXT"), ("A;B", "TEXT"), ("_rowid", "TEXT"), ("it's", "TEXT"), ("", "TEXT"), ("x\ny", "")
    )
    names = [p.name for p in plan(table, {}, {})]
    assert names == ["a_b", "a_b_2", "A_B_3", "_rowid_2", "it's", "column_6", "x_y"]
    known = dict(zip(table.names, names, strict=True))
    assert [p.name for p in plan(shape(("a_b", "TEXT"), ("new", "")), known, {})] == ["a_b_2", "new"]


def test_awkward_names_of_table_and_columns_arrive(edge: Edge) -> None:
    edge.table = 'order "items"; --'
    edge.options = []
    edge.sql('CREATE TABLE "order ""items""; --" ("a b" TEXT, "select" INTEGER, "ünï" REAL)')
    edge.sql('INSERT INTO "order ""items""; --" VALUES (\'x\', 1, 0.5)')
    assert edge.upload().code == 0
    assert edge.rows('a_b, "select", "ünï"') == [("x", 1, 0.5)]


def test_columns_added_while_it_runs_are_merged_into_the_target(plain: Edge) -> None:
    plain.upload()
    plain.sql("ALTER TABLE readings ADD COLUMN extra INTEGER", "INSERT INTO readings VALUES (6, 't', 'row-6', 9007199254740993)")
    assert plain.upload().code == 0
    plain.sql("ALTER TABLE readings DROP COLUMN value", "INSERT INTO readings VALUES (7, 't', 1)")
    assert plain.upload().code == 0
    assert plain.rows("_rowid, value, extra")[-2:] == [(6, "row-6", 9007199254740993), (7, None, 1)]


def test_a_target_column_of_another_type_decides_and_what_does_not_fit_is_rejected(plain: Edge) -> None:
    plain.upload()
    other = Edge(plain.folder / "other", source="press-08")
    other.sql("CREATE TABLE readings (id INTEGER PRIMARY KEY, timestamp TEXT, value INTEGER)")
    other.sql("INSERT INTO readings VALUES (1, 't', 5)")
    assert other.upload("--table-path", str(plain.target)).code == 0
    assert ("press-08", "5") in plain.rows("_source, value")


def test_text_that_is_not_utf8_is_kept_as_a_reject(plain: Edge) -> None:
    plain.sql("INSERT INTO readings VALUES (6, 't', CAST(x'ff41' AS TEXT))")
    assert plain.upload().events("batch")[0]["rejects"] == 1
    assert "not UTF-8" in str(plain.rows("_rowid, value, _rejects")[-1][2])


def test_all_cells_are_equal_in_two_readers(edge: Edge) -> None:
    edge.sql("CREATE TABLE readings (id INTEGER PRIMARY KEY, timestamp TEXT, i INTEGER, r REAL, b BLOB)")
    connection = sqlite3.connect(edge.database)
    cells = [
        ("0001-01-01", 2**63 - 1, 5e-324, b""),
        ("9999-12-31T23:59:59.999999Z", -(2**63), 1.7976931348623157e308, b"\0"),
        ("1582-10-10", None, -0.0, None),
        ("'; DROP TABLE readings; --", 0, None, bytes(range(256))),
    ]
    with connection:
        connection.executemany("INSERT INTO readings VALUES (NULL, ?, ?, ?, ?)", cells)
    connection.close()
    edge.upload()
    table = DeltaTable(edge.target).scan(columns=["timestamp", "i", "r", "b"]).read_all()
    by_delta = list(zip(*(table.column(n).to_pylist() for n in ("timestamp", "i", "r", "b")), strict=True))
    assert sorted(by_delta, key=repr) == sorted(cells, key=repr)
    assert sorted(edge.rows("timestamp, i, r, b"), key=repr) == sorted(cells, key=repr)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("CREATE VIEW readings AS SELECT 1 AS timestamp", "is a view, not a table"),
        ("CREATE TABLE other (timestamp TEXT)", "is not in the database"),
        ("CREATE TABLE readings (other TEXT)", "has no column timestamp"),
    ],
)
def test_a_table_that_will_not_do_is_refused_in_one_line(edge: Edge, statement: str, says: str) -> None:
    edge.sql(statement)
    ended = edge.upload()
    assert ended.code == 1
    assert says in ended.err
    assert len(ended.err.splitlines()) == 2
