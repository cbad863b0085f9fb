# Databricks notebook source
"""Where tables of this workspace are, for notebooks: reads what is shared, and writes to one's own schema alone.

`%run ./btc_workspace` or `from btc_workspace import save_table, table_path`. The names of schemas are those of
`workspace_names.json`, which `btc-fake workspace plan-names --write` makes out of the description. They are read, never computed.
"""

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

NAMES_FILE = "workspace_names.json"
OWN = "own"
_SHARED_PREFIX = "shared_"
_TABLE = re.compile(r"[A-Za-z0-9_]{1,255}")


class WorkspaceError(Exception):
    """Something that this workspace does not allow or does not have; the message says what to do."""


@dataclass(frozen=True)
class WorkspaceNames:
    """The names of one workspace, as its description has them."""

    catalog: str
    schemas: tuple[str, ...]
    shared_catalogs: Mapping[str, tuple[str, ...]]
    people: Mapping[str, str]

    def own_schema(self, user: str) -> str:
        """The personal schema of a user, whatever the case of the address."""
        schema = self.people.get(user.lower())
        if schema is None:
            raise WorkspaceError(f"{user} has no personal schema. Ask for one: btc-fake workspace add-user {user}")
        return f"{self.catalog}.{schema}"

    def shared_schema(self, layer: str) -> str:
        """The shared schema of a layer: `gold` (shared_gold of the people's catalog) or `sales_dev.gold`."""
        catalog, _, schema = layer.rpartition(".")
        if catalog == "":
            for name in (layer, f"{_SHARED_PREFIX}{layer}"):
                if name in self.schemas:
                    return f"{self.catalog}.{name}"
        elif schema in self.shared_catalogs.get(catalog, ()):
            return layer
        raise WorkspaceError(f"There is no shared layer {layer!r}. There are: {', '.join(self.layers())}")

    def layers(self) -> list[str]:
        """The names that `table_path` knows."""
        short = [name.removeprefix(_SHARED_PREFIX) for name in self.schemas]
        return [OWN, *short, *(f"{catalog}.{name}" for catalog, names in self.shared_catalogs.items() for name in names)]


def read_names(path: str | Path) -> WorkspaceNames:
    """Reads the file of names."""
    try:
        value = json.loads(Path(path).read_text("utf-8"))
        if value["version"] != 1:
            raise WorkspaceError(f"{path} is of version {value['version']}, and this helper reads version 1. Update both.")
        return WorkspaceNames(
            catalog=value["catalog"],
            schemas=tuple(value["schemas"]),
            shared_catalogs={name: tuple(schemas) for name, schemas in value["shared_catalogs"].items()},
            people=dict(value["people"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WorkspaceError(f"{path} cannot be read ({type(error).__name__}). Write it again: {_WRITE}") from error


_WRITE = f"btc-fake workspace plan-names --write {NAMES_FILE}"
_names: WorkspaceNames | None = None


def use_names(path: str | Path) -> WorkspaceNames:
    """Takes the names from this file from now on: for a notebook that does not lie beside the file."""
    global _names
    _names = read_names(path)
    return _names


def workspace_names() -> WorkspaceNames:
    """The names in use: those of `use_names`, else of the file beside this one, in Python's path or in the working folder."""
    if _names is not None:
        return _names
    # A notebook that is run by %run has no __file__.
    beside = [os.path.dirname(__file__)] if "__file__" in globals() else []
    for folder in [*beside, *sys.path, os.getcwd()]:
        path = Path(folder or ".") / NAMES_FILE
        if path.is_file():
            return use_names(path)
    raise WorkspaceError(f"There is no {NAMES_FILE}. Write it with {_WRITE}, or name one: use_names('/Workspace/…/{NAMES_FILE}')")


def current_user() -> str:
    """The address of the person whose notebook this is, as Spark knows it."""
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is None:
        raise WorkspaceError("There is no Spark session to ask who you are. Give user=…, or start one.")
    return str(session.sql("SELECT current_user()").first()[0])


def table_path(layer: str, table: str, mode: Literal["read", "write"] = "read", *, user: str | None = None) -> str:
    """The whole name of a table, quoted for SQL: of a shared layer to read, of the layer `own` to read or to write.

    Raises WorkspaceError for another mode, layer or table than there can be, and for writing to a shared layer.
    """
    if mode not in ("read", "write"):
        raise WorkspaceError(f"mode is {mode!r}; it is 'read' or 'write'")
    if not _TABLE.fullmatch(table):
        raise WorkspaceError(f"{table!r} is no name of a table: letters, digits and _ only")
    names = workspace_names()
    if layer == OWN:
        schema = names.own_schema(current_user() if user is None else user)
    else:
        schema = names.shared_schema(layer)
        if mode == "write":
            raise WorkspaceError(f"{schema} is shared, and notebooks do not write there. Write to layer {OWN!r} instead.")
    return ".".join(f"`{part}`" for part in [*schema.split("."), table])


def save_table(frame: Any, path: str, mode: str = "errorifexists", *, user: str | None = None) -> None:
    """Saves a DataFrame as a table of one's own; refuses a name in any other schema, however it is written."""
    own = workspace_names().own_schema(current_user() if user is None else user)
    parts = re.fullmatch(r"(?:`?(\w+)`?\.`?(\w+)`?\.)`?(\w+)`?", path, re.ASCII)
    if parts is None or f"{parts[1]}.{parts[2]}".lower() != own.lower():
        raise WorkspaceError(f"{path} is not in your schema {own}, and notebooks write nowhere else. Use table_path({OWN!r}, …).")
    frame.write.mode(mode).saveAsTable(table_path(OWN, parts[3], "write", user=user))
