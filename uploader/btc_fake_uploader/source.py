"""Opens a SQLite file read-only, also while its writer works and where nothing around it can be written."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from .errors import StorageError, UploaderError

_BUSY_SECONDS = 5.0
_WAL = 2


@contextmanager
def reading(path: str, *, lenient_text: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection in one read transaction, which ends with the block.

    Raises UploaderError if the file is missing, no database, or mounted alone; StorageError if it is busy or changed
    while it was read. `lenient_text` takes texts that are not UTF-8, with surrogates for what cannot be decoded."""
    _check(path)
    uri = f"file:{quote(os.path.abspath(path))}?mode=ro"
    before = os.stat(path)
    immutable = not _opens(uri) and _wal_without_writer(path)
    connection = sqlite3.connect(
        uri + ("&immutable=1" if immutable else ""), uri=True, isolation_level=None, timeout=_BUSY_SECONDS
    )
    try:
        if lenient_text:
            connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        connection.execute("BEGIN")
        yield connection
        if immutable and (not _wal_without_writer(path) or _moved(before, os.stat(path))):
            raise StorageError(f"{path} was written while it was read", "Nothing is lost: the next look reads it again.")
    except sqlite3.OperationalError as error:
        if "decode to UTF-8" in str(error):
            raise
        raise StorageError(
            f"{path} cannot be read now: {error}",
            "A busy database is read again. In WAL mode mount its whole folder, so that -wal and -shm are seen.",
        ) from None
    except sqlite3.DatabaseError as error:
        raise UploaderError(
            f"{path} is not a sound SQLite database: {error}", "Check it with `PRAGMA integrity_check`."
        ) from None
    finally:
        connection.close()


def _check(path: str) -> None:
    if not os.path.isfile(path):
        raise UploaderError(f"There is no database {path}", "Check --sqlite, and that its folder is mounted.")
    if _is_mounted_alone(path):
        raise UploaderError(
            f"{path} is mounted alone: rows in its write-ahead log cannot be seen", "Mount the folder that the file is in."
        )


def _opens(uri: str) -> bool:
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_SECONDS)
        try:
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
            return True
        except sqlite3.OperationalError as error:
            if "unable to open" in str(error) or "readonly" in str(error) or time.monotonic() > end:
                return False
            time.sleep(0.05)
        except sqlite3.DatabaseError:
            return True
        finally:
            connection.close()


def _wal_without_writer(path: str) -> bool:
    """A WAL database whose log is empty: all its rows are in the file itself."""
    with open(path, "rb") as file:
        header = file.read(20)
    log = Path(f"{path}-wal")
    return len(header) == 20 and header[18] == _WAL and (not log.exists() or log.stat().st_size == 0)


def _moved(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_ino, before.st_size, before.st_mtime_ns) != (after.st_ino, after.st_size, after.st_mtime_ns)


def _is_mounted_alone(path: str) -> bool:
    real = os.path.realpath(path)
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return False
    return any(line.split(" ")[4].replace("\\040", " ") == real for line in lines)
