"""What is known of the last upload: `last_upload.json`, written whole or not at all."""

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .errors import UploaderError

FILE = "last_upload.json"
FORMAT = 1


@dataclass(frozen=True)
class TailRow:
    """One of the last uploaded rows: what it holds, and its timestamp, as digests."""

    rowid: int
    digest: str
    timestamp: str | None


@dataclass(frozen=True)
class Pending:
    """A batch that is about to be written: a process that dies can tell whether it was."""

    transaction: int
    after: int | None
    last: int
    rows: int
    generation: int
    newest: str | None
    tail: list[TailRow]
    tail_columns: list[str]


@dataclass
class State:
    """The state of one source. `last_rowid` None: from the beginning."""

    id: str = field(default_factory=lambda: secrets.token_hex(4))
    source: str = ""
    path: str = ""
    table: str = ""
    device: int = 0
    inode: int = 0
    schema_hash: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    last_rowid: int | None = None
    last_upload: str | None = None
    start_after: str | None = None
    batch: int = 0
    transaction: int | None = None
    version: int | None = None
    rows: int = 0
    generation: int = 0
    adopt: bool = False
    written_at: str | None = None
    tail: list[TailRow] = field(default_factory=list)
    tail_columns: list[str] = field(default_factory=list)
    pending: Pending | None = None
    files: dict[str, list[object]] = field(default_factory=dict)


def load(folder: Path) -> State | None:
    """The state in this folder, the original's `{"last_upload": …}` too; None: there is none. Raises if it is corrupt."""
    try:
        content = (folder / FILE).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UploaderError(f"{folder / FILE} cannot be read: {error.strerror}", "Check the folder's owner and mount.") from None
    try:
        found = json.loads(content)
        if set(found) == {"last_upload"}:
            return State(start_after=_text(found["last_upload"]), adopt=True)
        sum_ = found.pop("checksum")
        if found.pop("format") != FORMAT or sum_ != _checksum(found):
            raise ValueError
        return _state(found)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UploaderError(
            f"{folder / FILE} is corrupt: nothing is uploaded, so that nothing arrives twice",
            "Restore the file, or say with `btc-fake-uploader state set` where to continue.",
        ) from None


def save(folder: Path, state: State) -> None:
    """Writes the state beside itself, flushes it and its folder, and puts it in place at once."""
    known = asdict(state)
    content = json.dumps({"format": FORMAT, **known, "checksum": _checksum(known)}, indent=1)
    beside = folder / f".{FILE}.{os.getpid()}.part"
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, folder / FILE)
        flush_folder(folder)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UploaderError(
            f"{folder / FILE} cannot be written: {error.strerror}", "Free space on the disk, or correct the folder's owner."
        ) from None


def flush_folder(folder: Path) -> None:
    """Flushes a folder, so that a rename in it outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the state folder for this process. Raises UploaderError if another one has it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UploaderError(f"The state folder {folder} cannot be used: {error.strerror}", "Mount it writable.") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise UploaderError(
            f"Another uploader uses the state folder {folder}", "Stop it, or give this one its own --state-dir and --source."
        ) from None
    try:
        yield
    finally:
        os.close(handle)


def _checksum(known: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


def _state(found: dict[str, Any]) -> State:
    pending = found.pop("pending")
    tail = [TailRow(**row) for row in found.pop("tail")]
    if pending is not None:
        pending = Pending(**{**pending, "tail": [TailRow(**row) for row in pending["tail"]]})
    return State(**found, tail=tail, pending=pending)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value
