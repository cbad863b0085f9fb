"""Rows of an employees file (contract section 1, "Employees")."""

from dataclasses import dataclass

from btc_rules.errors import RuleError
from btc_rules.ids import parse_employee_id
from btc_rules.text import column_key, columns_found, quoted_value, trim


@dataclass(frozen=True, slots=True)
class Employee:
    """One simulated person; the type is `a`, `b` or `f`."""

    id: int
    type: str


def is_blank_or_comment(fields: list[str]) -> bool:
    """True for a row that can be no header."""
    return all(not trim(field) for field in fields) or trim(fields[0]).startswith("#")


class EmployeeReader:
    """Reads the rows of one file below its header, in file order. Memory grows with the set of ids."""

    def __init__(self, header: list[str], place: str) -> None:
        """Finds the columns. Raises EMPLOYEES_INVALID."""
        keys = [column_key(name) for name in header]
        wanted = "employeeedutype" if "employeeedutype" in keys else "employeetype"
        missing = ["employee_id"] if "employeeid" not in keys else []
        if wanted not in keys:
            missing.append("employee_edu_type")
        if missing:
            columns = " and no column ".join(missing)
            raise RuleError("EMPLOYEES_INVALID", f"{place}: the header has no column {columns} ({columns_found(header)})")
        self._id, self._type = keys.index("employeeid"), keys.index(wanted)
        self._seen: set[int] = set()

    def read(self, fields: list[str]) -> Employee | str | None:
        """The employee, what is wrong with the row, or None for a blank row and a comment."""
        id_text = trim(fields[self._id]) if self._id < len(fields) else ""
        if id_text.startswith("#") or all(not trim(field) for field in fields):
            return None
        if len(fields) <= max(self._id, self._type):
            return f"too few columns ({len(fields)})"
        if not id_text:
            return "no employee_id"
        employee_id = parse_employee_id(id_text)
        if employee_id is None:
            return f"employee_id {quoted_value(id_text)} is not a positive integer of at most 15 digits"
        type_text = trim(fields[self._type])
        if type_text.lower() not in ("a", "b", "f"):
            return f"employee_edu_type {quoted_value(type_text)} is not a, b or f"
        if employee_id in self._seen:
            return f"employee_id {employee_id} was seen before"
        self._seen.add(employee_id)
        return Employee(employee_id, type_text.lower())
