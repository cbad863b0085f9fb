"""The rule for types and names: what a declared SQLite column becomes, and what does not fit."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arro3.core import Array, DataType, Field, RecordBatch, Schema

from .errors import UploaderError
from .shape import Column, Shape

SOURCE, ROWID, REJECTS = "_source", "_rowid", "_rejects"
TYPES = {"long": DataType.int64(), "double": DataType.float64(), "string": DataType.utf8(), "binary": DataType.binary()}
_EXACT = 2**53
_FORBIDDEN = re.compile(r"[ ,;{}()\n\t=\x00-\x1f]")


@dataclass(frozen=True)
class Planned:
    """A column of the target: its name there, and its type (long, double, string, binary)."""

    name: str
    type: str
    mixed: bool


def declared_type(column: Column) -> tuple[str, bool]:
    """The type by the declaration, as SQLite's affinity reads it; and whether numbers of both kinds may stand there."""
    declared = column.declared.upper()
    if "INT" in declared or declared.startswith("BOOL"):
        return "long", False
    if any(word in declared for word in ("CHAR", "CLOB", "TEXT", "DATE", "TIME", "JSON", "UUID")):
        return "string", False
    if "BLOB" in declared:
        return "binary", False
    if any(word in declared for word in ("REAL", "FLOA", "DOUB")):
        return "double", False
    if any(word in declared for word in ("NUM", "DEC")):
        return "double", True
    return "string", False


def plan(shape: Shape, known: Mapping[str, str], target: Mapping[str, tuple[str, str]]) -> list[Planned]:
    """The target's columns in the table's order. `known`: names given before; `target`: what is there, by lower-case name.

    A sign that Delta does not allow becomes `_`; a name that is taken gets `_2`, `_3`. Names given once stay.
    Raises UploaderError where the target has the column with another type."""
    taken = {SOURCE, ROWID, REJECTS, *(name.lower() for name in known.values())}
    planned = []
    for i, column in enumerate(shape.columns):
        name = known.get(column.name) or _free(_FORBIDDEN.sub("_", column.name) or f"column_{i + 1}", taken)
        taken.add(name.lower())
        type_, mixed = declared_type(column)
        there, there_type = target.get(name.lower(), (name, type_))
        if there_type not in TYPES:
            raise UploaderError(
                f"The target's column {there} has the type {there_type}, which the uploader does not write",
                "Upload to a table of its own and convert there.",
            )
        planned.append(Planned(there, there_type, mixed or there_type != type_))
    return planned


def schema(planned: Sequence[Planned]) -> Schema:
    """The Arrow schema of a batch; every column may be null."""
    own = [Field(SOURCE, TYPES["string"]), Field(ROWID, TYPES["long"])]
    return Schema([*own, *(Field(p.name, TYPES[p.type]) for p in planned), Field(REJECTS, TYPES["string"])])


def to_batch(rows: Sequence[Sequence[object]], planned: Sequence[Planned], into: Schema, source: str) -> RecordBatch:
    """Rows (the rowid first) as Arrow. A value that does not fit is null there, and kept in `_rejects` with its reason."""
    ids, *columns = zip(*rows, strict=True)
    arrays = [Array([source] * len(rows), type=TYPES["string"]), Array(ids, type=TYPES["long"])]
    rejects: dict[int, list[dict[str, str]]] = {}
    for values, column in zip(columns, planned, strict=True):
        arrays.append(_array(values, column, rejects))
    texts = (
        [json.dumps(rejects[i], ensure_ascii=True) if i in rejects else None for i in range(len(rows))]
        if rejects
        else [None] * len(rows)
    )
    return RecordBatch.from_arrays([*arrays, Array(texts, type=TYPES["string"])], schema=into)


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free.lower() in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _array(values: Sequence[object], column: Planned, rejects: dict[int, list[dict[str, str]]]) -> Array:
    type_ = TYPES[column.type]
    if not column.mixed and not (column.type == "double" and (math.inf in values or -math.inf in values)):
        try:
            return Array(values, type=type_)
        except (TypeError, ValueError, OverflowError):
            pass
    fitting: list[object] = []
    for i, value in enumerate(values):
        fits, reason = _fit(value, column.type)
        fitting.append(fits)
        if reason is not None:
            shown = (
                value.hex()
                if isinstance(value, bytes)
                else str(value).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            )
            rejects.setdefault(i, []).append({"column": column.name, "value": shown, "reason": reason})
    return Array(fitting, type=type_)


def _fit(value: object, type_: str) -> tuple[object, str | None]:
    """The value in this type without loss, or null with the reason."""
    if value is None:
        return None, None
    kind = {int: "an integer", float: "a real number", str: "text", bytes: "a blob"}[type(value)]
    refused = (None, f"{kind} in a column of type {type_}")
    match value:
        case str() if any("\ud800" <= sign <= "\udfff" for sign in value):
            return None, "text that is not UTF-8"
        case float() if type_ == "double":
            return (value, None) if math.isfinite(value) else (None, "an infinite number")
        case int() if type_ == "double":
            exact = abs(value) <= _EXACT or int(float(value)) == value
            return (float(value), None) if exact else (None, "an integer that a double cannot hold exactly")
        case int() if type_ in ("long", "string"):
            return (value if type_ == "long" else str(value)), None
        case float() if type_ == "long" and value.is_integer() and abs(value) <= _EXACT:
            return int(value), None
        case float() if type_ == "string":
            return repr(value), None
        case str() if type_ == "string":
            return value, None
        case bytes() if type_ == "binary":
            return value, None
        case _:
            return refused
