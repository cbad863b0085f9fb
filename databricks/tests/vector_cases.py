"""The committed vectors, and how a rule is held against one of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from btc_rules.errors import RuleError

VECTORS = Path(__file__).parent / "vectors"
Case = dict[str, Any]


def cases(name: str) -> list[Any]:
    """The cases of one file, named by their line."""
    lines = (VECTORS / f"{name}.jsonl").read_text("ascii").splitlines()
    return [pytest.param(json.loads(line), id=f"{name}:{number}") for number, line in enumerate(lines, 1)]


def outcome(make: Callable[[], Any]) -> Case:
    """What a rule gives, or the code, the words and the lines with which it refuses."""
    try:
        return {"value": make()}
    except RuleError as error:
        return {"code": error.code, "message": str(error), "lines": error.lines}


def assert_outcome(case: Case, make: Callable[[], Any]) -> None:
    """Holds a rule to what a case wants; lines only where the case has them."""
    wanted = {key: case[key] for key in ("value", "code", "message", "lines") if key in case}
    found = outcome(make)
    assert {key: value for key, value in found.items() if key != "lines" or key in wanted} == wanted
