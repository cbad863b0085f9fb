"""Whole files: the Python readers read each as the TypeScript readers do, or refuse it with the same code, words and lines."""

import base64
from pathlib import Path
from typing import Any

import pytest
from vector_cases import Case, assert_outcome, cases

from btc_native import input_files


def read(path: Path, kind: str) -> Any:
    if kind == "employees":
        return [[one.id, one.type] for one in input_files.read_employees(path, False, input_files.EmployeesRead())]
    contents, faults = input_files.read_catalog(path, kind, "UTC", [])
    return {
        "contents": [{"id": c.id, "title": c.title, "dailyDose": c.daily_dose, "createdAt": c.created_at} for c in contents],
        "faults": {
            name: {"count": fault.count, "firstLine": fault.first_line, "problem": fault.problem}
            for name, fault in faults.items()
        },
    }


@pytest.mark.parametrize("case", cases("files"))
def test_files_are_read_and_refused_as_by_the_queue(case: Case, tmp_path: Path) -> None:
    path = tmp_path / case["name"]
    path.write_bytes(base64.b64decode(case["file"]))
    assert_outcome(case, lambda: read(path, case["read"]))
