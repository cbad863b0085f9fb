"""Runs a notebook in Databricks source format in a plain Python process.

Cells run from top to bottom in one namespace, as in a workspace. Everything is read and compiled before anything runs. A cell
`%run ./other` runs the other notebook in the same namespace, `%md` cells are text, and any other magic is an error.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

HEADER = "# Databricks notebook source"
_SEPARATOR = "# COMMAND ----------"
_MAGIC = re.compile(r"# MAGIC(?: |$)")
_OF_A_CELL = ("# DBTITLE", HEADER)


class NotebookError(Exception):
    """A notebook that cannot run here: `FILE:LINE: what is wrong`."""


class NotebookExit(BaseException):
    """Ends a notebook. It is no `Exception`: a notebook's own `except Exception` must not swallow it."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


@dataclass(frozen=True, slots=True)
class _Cell:
    path: Path
    first_line: int
    lines: list[str]


def run_notebook(path: Path, namespace: dict[str, Any]) -> str | None:
    """Runs a notebook in `namespace`, which it changes; gives the value of its `dbutils.notebook.exit`, or None.

    Functions of a notebook belong to `__main__`, so that they travel to Spark's workers by value. Raises NotebookError.
    """
    path = path.resolve()
    program = _compiled(path, (path,))
    namespace["__name__"] = "__main__"
    namespace["__file__"] = str(path)
    try:
        for code in program:
            exec(code, namespace)
    except NotebookExit as end:
        return end.value
    return None


def _compiled(path: Path, running: tuple[Path, ...]) -> list[CodeType]:
    """The code of all cells, those of notebooks that it runs among them."""
    program: list[CodeType] = []
    for cell in _cells(path):
        magic = [line for line in cell.lines if _MAGIC.match(line)]
        if not magic:
            # Empty lines stand for what is above, so that a traceback has the numbers of the file.
            text = "\n" * (cell.first_line - 1) + "\n".join(cell.lines)
            program.append(compile(text, str(path), "exec", dont_inherit=True))
            continue
        _refuse_mixed(cell)
        number, command = _command(cell)
        name, _, argument = command.partition(" ")
        if name == "%run":
            other = _beside(path, number, argument.strip(), running)
            program += _compiled(other, (*running, other))
        elif not (name.startswith("%md") or name == ""):
            raise NotebookError(f"{path}:{number}: {name} does not run here; only %run and %md do")
    return program


def _cells(path: Path) -> Iterator[_Cell]:
    try:
        lines = path.read_text("utf-8").split("\n")
    except FileNotFoundError:
        raise NotebookError(f"{path}: there is no such notebook") from None
    if lines[0].rstrip() != HEADER:
        raise NotebookError(f"{path}:1: a notebook begins with {HEADER!r}")
    start = 0
    for index in range(len(lines) + 1):
        if index == len(lines) or lines[index].rstrip() == _SEPARATOR:
            yield _Cell(path, start + 1, lines[start:index])
            start = index + 1


def _refuse_mixed(cell: _Cell) -> None:
    for number, line in enumerate(cell.lines, cell.first_line):
        is_code = bool(line.strip()) and not line.startswith(_OF_A_CELL) and not _MAGIC.match(line)
        if is_code:
            raise NotebookError(f"{cell.path}:{number}: code in a cell of '# MAGIC' lines; begin a new cell with {_SEPARATOR!r}")


def _command(cell: _Cell) -> tuple[int, str]:
    for number, line in enumerate(cell.lines, cell.first_line):
        text = line.removeprefix("# MAGIC").strip()
        if _MAGIC.match(line) and text:
            return number, text
    return cell.first_line, ""


def _beside(path: Path, number: int, argument: str, running: tuple[Path, ...]) -> Path:
    name = argument.strip("\"'")
    if not name or "$" in argument or name.startswith("/"):
        raise NotebookError(f"{path}:{number}: %run takes one relative path without arguments, such as %run ./other")
    other = (path.parent / name).resolve()
    other = other if other.suffix == ".py" else other.with_name(other.name + ".py")
    if other in running:
        raise NotebookError(f"{path}:{number}: {other.name} would run itself")
    if not other.is_file():
        raise NotebookError(f"{path}:{number}: there is no notebook {other}")
    return other
