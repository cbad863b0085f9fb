"""The vendor's catalogs by SFTP, where the driver may reach the server (contract section 1, "Vendor catalog files, by SFTP")."""

import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from btc_native.sftp_session import SftpServer, asked, is_refusal, list_folder, sftp_session, within_seconds
from btc_rules.catalog import Notice
from btc_rules.catalog_choice import FolderEntry, choose_catalogs
from btc_rules.errors import RuleError
from btc_rules.text import quoted_value

if TYPE_CHECKING:
    import paramiko

_TRANSFER_SECONDS = 1800.0
_PIECE = 32 * 1024
_LONGEST_SHOWN = 4_096
_LONGEST_NAME = 255 - len(".part")
_NOT_PLAIN = re.compile(r"^\.{0,2}$|[/\\\x00-\x1f\x7f-\x9f\ufffd]")
_SINGLE_DOWNLOADS = ".single-downloads"
"""In the folder of the catalogs: a mark for each file whose only copy it may be, under its name."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a server's folder holds, and what is to be said of it."""

    entries: list[FolderEntry]
    notices: list[Notice]


def server_from_secrets(secret: Callable[[str], str]) -> SftpServer | None:
    """The server that the secrets name; None without `sftp-host`. `secret` gives an empty text for a missing secret.

    Raises CONFIG_INVALID when the host key is not pinned, or user, password and private key say nothing.
    """
    host, port = secret("sftp-host"), secret("sftp-port") or "22"
    if not host:
        return None
    password, private_key = secret("sftp-password"), secret("sftp-private-key")
    missing = [name for name in ("sftp-user", "sftp-host-fingerprint") if not secret(name)]
    if not (password or private_key):
        missing.append("sftp-password or sftp-private-key")
    if missing or not (port.isascii() and port.isdigit()):
        what = f"the secret scope has no {' and no '.join(missing)}" if missing else "the secret sftp-port is no number"
        raise RuleError("CONFIG_INVALID", f"sftp-host is set, but {what}")
    path = secret("sftp-path") or "."
    return SftpServer(host, int(port), secret("sftp-user"), path, secret("sftp-host-fingerprint"), password, private_key)


def fetch_catalogs(server: SftpServer, folder: Path, scratch: Path, day: str, max_age_days: int, max_bytes: int) -> Listing:
    """Brings the newest catalogs of a day into a folder; gives what is in the server's folder.

    A file that is there with the same size and time is not fetched again. What the server gave once and does not list any
    more is still its file. Raises CATALOG_MISSING, CATALOG_TOO_LARGE, OUTPUT_UNWRITABLE, SFTP_UNREACHABLE, SFTP_ALGORITHMS,
    SFTP_LOGIN_REFUSED, SFTP_HOST_KEY_MISMATCH, SFTP_KEY_UNREADABLE, SFTP_PATH, SFTP_TRANSFER.
    """
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with sftp_session(server) as session:
        found = list_folder(session, server, server.path)
        listed = [entry for each in found if (entry := _entry(session, server, each)) is not None]
        gone = _taken_before(server, folder, {entry.name for entry in listed})
        entries = [*listed, *gone]
        chosen, _ = choose_catalogs(entries, day, max_age_days, f"{server.host}:{server.path}", max_bytes)
        known = {entry.name: entry for entry in listed}
        for file in chosen:
            if file.name in known and not _is_here(folder / file.name, known[file.name]):
                _fetch(session, server, known[file.name], folder, scratch)
    taken = {entry.name for entry in gone}
    text = "the server gave it once and does not list it any more; the copy of then was used"
    notices = [Notice("catalog-downloaded-before", f"{file.name}: {text}") for file in chosen if file.name in taken]
    return Listing(entries, notices)


def _entry(session: "paramiko.SFTPClient", server: SftpServer, found: Any) -> FolderEntry | None:
    """None when it went away meanwhile, or when the server does not tell its size."""
    name, mode, size, time = found.filename, found.st_mode or 0, found.st_size, found.st_mtime
    is_plain = not _NOT_PLAIN.search(name) and len(name.encode("utf-8", "replace")) <= _LONGEST_NAME
    if is_plain and (not stat.S_IFMT(mode) or size is None or time is None):
        # The protocol lets a server leave any attribute out of a listing.
        path = _remote(server, name)
        with asked(server, f"looking at {_shown(path)}"):
            try:
                told = session.lstat(path)
                mode = told.st_mode or mode
                size, time = (size if told.st_size is None else told.st_size), (time if told.st_mtime is None else told.st_mtime)
            except OSError as error:
                if not is_refusal(error):
                    raise
                if size is None:
                    return None
            mode = mode if stat.S_IFMT(mode) else _kind_by_trying(session, path)
    if is_plain and stat.S_ISREG(mode) and size is None:
        return None
    return FolderEntry(name, is_plain and stat.S_ISREG(mode), stat.S_ISDIR(mode), (time or 0) * 1000, size or 0)


def _kind_by_trying(session: "paramiko.SFTPClient", path: str) -> int:
    """What can be read as a link is one, what can be listed is a folder; everything else is a file."""
    for kind, attempt in ((stat.S_IFLNK, session.readlink), (stat.S_IFDIR, session.listdir)):
        try:
            attempt(path)
            return kind
        except OSError as error:
            if not is_refusal(error):
                raise
    return stat.S_IFREG


def _is_here(path: Path, entry: FolderEntry) -> bool:
    with suppress(OSError):
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and (found.st_size, int(found.st_mtime) * 1000) == (entry.bytes, entry.modified_at)
    return False


def _fetch(session: "paramiko.SFTPClient", server: SftpServer, entry: FolderEntry, folder: Path, scratch: Path) -> None:
    """A file in the folder is a whole one at every moment, also for another run that reads it."""
    source, target = _remote(server, entry.name), folder / entry.name
    part, beside = scratch / f"{entry.name}.part", folder / f"{entry.name}.{secrets.token_hex(4)}.part"
    done = 0

    def sent() -> str:
        return f"{server.endpoint} sent {done} of the {entry.bytes} bytes of {_shown(source)}"

    def too_slow() -> RuleError:
        return RuleError("SFTP_TRANSFER", f"{sent()} in {_TRANSFER_SECONDS:.0f} s.")

    with within_seconds(session.close, _TRANSFER_SECONDS, too_slow):
        _expect_unchanged(session, server, source, entry)
        with _writing(part), part.open("wb") as file:
            for piece in _pieces(session, server, source, entry.bytes):
                file.write(piece)
                done += len(piece)
        if done != entry.bytes:
            raise RuleError("SFTP_TRANSFER", f"{sent()}.")
        is_told = _expect_unchanged(session, server, source, entry, was_read=True)
    with _writing(target):
        if not is_told:
            marks = folder / _SINGLE_DOWNLOADS
            marks.mkdir(exist_ok=True)
            (marks / entry.name).write_text(_place(server), "utf-8")
        try:
            shutil.copyfile(part, beside)
            with suppress(OSError):
                if entry.modified_at:
                    os.utime(beside, (entry.modified_at / 1000, entry.modified_at / 1000))
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
        part.unlink()


def _pieces(session: "paramiko.SFTPClient", server: SftpServer, source: str, size: int) -> Iterator[bytes]:
    doing = f"reading {_shown(source)}"
    with asked(server, doing, "SFTP_TRANSFER"):
        file = session.open(source, "rb")
        file.prefetch(size)
    left = size
    while left > 0:
        with asked(server, doing, "SFTP_TRANSFER"):
            piece = file.read(min(_PIECE, left))
        if not piece:
            return
        left -= len(piece)
        yield piece
    with suppress(OSError):
        file.close()


def _expect_unchanged(
    session: "paramiko.SFTPClient", server: SftpServer, source: str, entry: FolderEntry, was_read: bool = False
) -> bool:
    """The vendor may be writing the file at this moment. False when the server tells nothing of it once it was read."""
    with asked(server, f"looking at {_shown(source)}"):
        try:
            found = session.lstat(source)
        except OSError as error:
            if not (was_read and is_refusal(error)):
                raise
            return False
    if stat.S_IFMT(found.st_mode or 0) and not stat.S_ISREG(found.st_mode or 0):
        raise RuleError("SFTP_PATH", f"{_shown(source)} on {server.endpoint} is not a regular file.")
    size = entry.bytes if found.st_size is None else found.st_size
    time = entry.modified_at if found.st_mtime is None else found.st_mtime * 1000
    if size != entry.bytes or (entry.modified_at and time != entry.modified_at):
        what = f"is changing: it had {entry.bytes} bytes when it was listed and has {size} now."
        raise RuleError("SFTP_TRANSFER", f"{_shown(source)} on {server.endpoint} {what}")
    return True


def _taken_before(server: SftpServer, folder: Path, listed: set[str]) -> list[FolderEntry]:
    """The files here that this server gave once, and does not list any more."""
    gone: list[FolderEntry] = []
    with suppress(OSError):
        for mark in sorted((folder / _SINGLE_DOWNLOADS).iterdir()):
            path = folder / mark.name
            if mark.name in listed or not path.is_file() or mark.read_text("utf-8") != _place(server):
                continue
            found = path.lstat()
            gone.append(FolderEntry(mark.name, stat.S_ISREG(found.st_mode), False, found.st_mtime * 1000, found.st_size))
    return gone


def _place(server: SftpServer) -> str:
    return f"{server.endpoint} {server.path}"


def _remote(server: SftpServer, name: str) -> str:
    return f"{server.path.rstrip('/')}/{name}"


def _shown(path: str) -> str:
    return quoted_value(path, _LONGEST_SHOWN)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        code = errno.errorcode.get(error.errno or 0, type(error).__name__)
        raise RuleError("OUTPUT_UNWRITABLE", f"{path} cannot be written ({code}).") from None
