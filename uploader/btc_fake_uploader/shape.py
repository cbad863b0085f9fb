"""What a SQLite table looks like: columns, keys, and how its rows are told apart."""

import hashlib
import re
import sqlite3
from dataclasses import dataclass

from .errors import UploaderError


@dataclass(frozen=True)
class Column:
    """A column as the table declares it."""

    name: str
    declared: str


@dataclass(frozen=True)
class Shape:
    """A table. `rowid` is the expression for its rowid; None: WITHOUT ROWID, told apart by `key`."""

    table: str
    columns: tuple[Column, ...]
    rowid: str | None
    has_integer_key: bool
    never_reuses: bool
    key: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """The columns' names, in the table's order."""
        return [c.name for c in self.columns]

    @property
    def hash(self) -> str:
        """Changes when columns are added, dropped, renamed or declared in another way."""
        return hashlib.sha256(repr((self.columns, self.key)).encode()).hexdigest()[:16]


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def describe(connection: sqlite3.Connection, table: str, timestamp_field: str | None) -> Shape:
    """Reads the shape of a table. Raises UploaderError if it is none, or if the timestamp field is not in it."""
    found = connection.execute(
        "SELECT type, wr, name FROM pragma_table_list WHERE schema = 'main' AND lower(name) = lower(?)", (table,)
    ).fetchone()
    if found is None or found[0] != "table":
        tables = [r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name LIMIT 10")]
        what = "is not in the database" if found is None else f"is a {found[0]}, not a table"
        raise UploaderError(f"The table {table} {what}", f"Its tables are: {', '.join(tables) or 'none'}.")
    info = connection.execute("SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)", (found[2],)).fetchall()
    columns = tuple(Column(name, declared or "") for name, declared, _, hidden in info if hidden != 1)
    names = {c.name.lower(): c.name for c in columns}
    if timestamp_field is not None and timestamp_field.lower() not in names:
        raise UploaderError(
            f"The table {table} has no column {timestamp_field}", f"Its columns are: {', '.join(names.values())}."
        )
    key = tuple(name for name, _, pk, _ in sorted((r for r in info if r[2]), key=lambda r: int(r[2])))
    if found[1]:
        return Shape(found[2], columns, None, False, True, key)
    integer_key = len(key) == 1 and next(c.declared for c in columns if c.name == key[0]).upper() == "INTEGER"
    alias = next((a for a in ("rowid", "_rowid_", "oid") if a not in names), quoted(key[0]) if integer_key else None)
    if alias is None:
        raise UploaderError(f"The table {table} hides its rowid behind columns", "Rename one of rowid, _rowid_ and oid.")
    return Shape(found[2], columns, alias, integer_key, integer_key and _autoincrement(connection, found[2]), key)


def _autoincrement(connection: sqlite3.Connection, table: str) -> bool:
    sql = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()[0]
    return re.search(r"\bPRIMARY\s+KEY\b[^,]*\bAUTOINCREMENT\b", sql, re.IGNORECASE) is not None


def sequence(connection: sqlite3.Connection, table: str) -> int | None:
    """The highest rowid that an AUTOINCREMENT table ever gave; None: none yet."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return None if row is None else int(row[0])
