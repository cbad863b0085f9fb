"""Uploads finished Parquet files, each once, and does with them what it was told."""

import os
import shutil
import struct
import time
from datetime import UTC, datetime
from pathlib import Path

from arro3.io import read_parquet

from . import state as states
from .errors import UploaderError
from .logs import Log
from .object_store import FileTarget
from .settings import Settings
from .state import State

_MAGIC = b"PAR1"


class FileUpload:
    """`DIR/<SENSOR_ID>/results_<timestamp>.parquet` becomes `URL/<SENSOR_ID>/results_<timestamp>.parquet`."""

    def __init__(self, settings: Settings, state: State, target: FileTarget, log: Log) -> None:
        assert settings.files is not None
        self.state = state
        self._s = settings
        self._root = Path(settings.files)
        self._target = target
        self._log = log
        self._conflicts: set[str] = set()

    def step(self) -> int:
        """Uploads the next finished file. Returns 1; 0: there is none."""
        if not self._root.is_dir():
            raise UploaderError(f"There is no folder {self._root}", "Check --files, and that the folder is mounted.")
        if self._forget_missing() and not self._s.dry_run:
            self._save()
        for path in self._candidates():
            name, mark = path.relative_to(self._root).as_posix(), _mark(path)
            if self.state.files.get(name) == mark:
                if self._s.after != "keep" and not self._s.dry_run:
                    self._put_away(path, name)
                continue
            if name in self._conflicts or not self._is_finished(path):
                continue
            if self._s.dry_run:
                self._log.info("would_upload", file=name, bytes=mark[0])
                self.state.files[name] = mark
                return 1
            if self._upload(path, name, mark):
                return 1
        return 0

    def lag(self) -> tuple[int, float]:
        """Files that are not uploaded yet, and the age in seconds of the oldest."""
        waiting = [p for p in self._candidates() if self.state.files.get(p.relative_to(self._root).as_posix()) != _mark(p)]
        oldest = min((p.stat().st_mtime for p in waiting), default=time.time())
        return len(waiting), max(0.0, time.time() - oldest)

    def _upload(self, path: Path, name: str, mark: list[object]) -> bool:
        began = time.monotonic()
        # A local copy would not help: what is checked and what is sent is told apart by size and time afterwards.
        new = self._target.put(name, path)
        if _mark(path) != mark or (not new and not self._target.holds(name, path)):
            self._conflicts.add(name)
            self._log.error(
                "conflict",
                file=name,
                error="the target has this name with other bytes",
                remedy="A corrected file needs a new name.",
            )
            return False
        self.state.files[name] = mark
        self.state.batch += 1
        self._save()
        seconds = round(time.monotonic() - began, 3)
        self._log.info("batch", source=self._s.source, batch=self.state.batch, file=name, bytes=mark[0], new=new, seconds=seconds)
        self._put_away(path, name)
        return True

    def _put_away(self, path: Path, name: str) -> None:
        if self._s.after == "delete":
            path.unlink(missing_ok=True)
        elif self._s.after == "move":
            assert self._s.move_to is not None
            to = Path(self._s.move_to) / name
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, to)

    def _candidates(self) -> list[Path]:
        moved = Path(self._s.move_to).resolve() if self._s.move_to else None
        found = []
        for folder, folders, files in os.walk(self._root):
            folders[:] = sorted(f for f in folders if not f.startswith((".", "_")) and (Path(folder) / f).resolve() != moved)
            found += [Path(folder) / f for f in sorted(files) if f.endswith(".parquet") and not f.startswith((".", "_"))]
        return [p for p in found if p.is_file()]

    def _is_finished(self, path: Path) -> bool:
        """Unchanged for a while, with both magic marks and a footer that can be read."""
        about = path.stat()
        # A clock that jumped back must not hold a file for ever: its age counts either way.
        if abs(time.time() - about.st_mtime) < self._s.settle or about.st_size < 12:
            return False
        with open(path, "rb") as file:
            head = file.read(4)
            file.seek(-8, os.SEEK_END)
            length, tail = struct.unpack("<I4s", file.read(8))
        if head != _MAGIC or tail != _MAGIC or length + 12 > about.st_size:
            return False
        try:
            read_parquet(path)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # A broken footer can end in a panic of arro3, which is no Exception.
            return False
        return True

    def _forget_missing(self) -> bool:
        gone = [name for name in self.state.files if not (self._root / name).exists()]
        for name in gone:
            del self.state.files[name]
        return bool(gone)

    def _save(self) -> None:
        self.state.source, self.state.path = self._s.source, os.path.abspath(self._root)
        self.state.written_at = datetime.now(UTC).isoformat(timespec="seconds")
        states.save(Path(self._s.state_dir), self.state)


def _mark(path: Path) -> list[object]:
    about = path.stat()
    return [about.st_size, about.st_mtime_ns]
