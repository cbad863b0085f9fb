"""`btc-fake-uploader state show|reset|set`: looks after last_upload.json by hand."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from . import state as states
from .errors import UsageError
from .instants import micros
from .state import State, load, locked, save


def state_command(arguments: Sequence[str]) -> None:
    """Runs the subcommand. Raises UploaderError while an uploader has the folder."""
    parser = argparse.ArgumentParser(
        prog="btc-fake-uploader state", description="Shows or changes the state of an uploader that is stopped."
    )
    parser.add_argument("action", choices=["show", "reset", "set"], help="show it; begin from the first row; continue elsewhere")
    parser.add_argument("--state-dir", required=True, metavar="DIR")
    parser.add_argument("--rowid", type=int, help="set: the last row that counts as uploaded")
    parser.add_argument("--time", help="set: the time up to which rows count as uploaded")
    given = parser.parse_args(arguments)
    folder = Path(given.state_dir)
    if given.action == "show":
        state = load(folder)
        print(json.dumps(None if state is None else _shown(state), indent=2))
        return
    if (given.action == "set") != ((given.rowid is None) != (given.time is None)):
        raise UsageError("state set takes --rowid or --time, state reset neither", "See btc-fake-uploader state --help.")
    if given.time is not None and micros(given.time) is None:
        raise UsageError(f"{given.time!r} is not a time", "Write it as 2026-11-26T08:00:00Z.")
    with locked(folder):
        # What is corrupt is not read: both actions replace it. Names that were given to columns stay where they are known.
        fresh = State(adopt=True, last_rowid=given.rowid, start_after=given.time, generation=_next_generation(folder))
        save(folder, fresh)
    print(f"{folder / states.FILE} written; the next upload continues there. Rows that are uploaded again arrive twice.")


def _next_generation(folder: Path) -> int:
    try:
        state = load(folder)
    except Exception:
        return 0
    return 0 if state is None else state.generation + 1


def _shown(state: State) -> dict[str, object]:
    known = asdict(state)
    known["tail"] = f"{len(state.tail)} rows are remembered to recognise the source"
    if state.pending is not None:
        known["pending"] = {k: v for k, v in known["pending"].items() if not k.startswith("tail")}
    return known
