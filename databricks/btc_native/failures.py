"""What a run says when employees have failed."""

from collections.abc import Sequence
from pathlib import Path

from btc_rules.text import plural


def describe_failures(failed: Sequence[tuple[int, str, str]], table: Path) -> str:
    """Why a run with failed employees writes no final files."""
    codes = sorted({code for _, code, _ in failed})
    shown = ", ".join(str(employee_id) for employee_id, _, _ in failed[:5])
    more = f" and {len(failed) - 5:,} more" if len(failed) > 5 else ""
    what = f"{plural(len(failed), 'employee')} failed ({', '.join(codes)}): {shown}{more}"
    return f"{what}. {table} lists them; repair the run to ask for them again, or set without_failed"
