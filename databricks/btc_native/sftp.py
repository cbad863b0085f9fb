"""The vendor's catalogs by SFTP, where the driver may reach the server (contract section 1, "Vendor catalog files, by SFTP")."""

import base64
import hashlib
import io
import os
import shutil
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from btc_rules.catalog_choice import FolderEntry, choose_catalogs
from btc_rules.errors import RuleError

if TYPE_CHECKING:
    import paramiko

_CONNECT_SECONDS = 20.0
_STALL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class SftpServer:
    """A server and a folder on it, and how to log in, which is never shown."""

    host: str
    port: int
    user: str
    path: str
    fingerprint: str
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)

    @property
    def endpoint(self) -> str:
        """`HOST:PORT`."""
        return f"{self.host}:{self.port}"

    def as_json(self) -> dict[str, object]:
        """`sources.sftp` of the manifest."""
        return {"host": self.host, "port": self.port, "user": self.user, "path": self.path}


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


def fetch_catalogs(
    server: SftpServer, folder: Path, scratch: Path, day: str, max_age_days: int, max_bytes: int
) -> list[FolderEntry]:
    """Brings the newest catalogs of a day into a folder; gives what is in the server's folder.

    A file that is there with the same size and time is not fetched again. Raises CATALOG_MISSING, CATALOG_TOO_LARGE,
    SFTP_UNREACHABLE, SFTP_LOGIN_REFUSED, SFTP_HOST_KEY_MISMATCH, SFTP_KEY_UNREADABLE, SFTP_PATH, SFTP_TRANSFER.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _session(server) as session:
        with _asked(server, f'listing "{server.path}"'):
            entries = [_entry(found) for found in session.listdir_attr(server.path)]
        entries = [entry for entry in entries if "/" not in entry.name and not entry.name.startswith(".")]
        chosen, _ = choose_catalogs(entries, day, max_age_days, f"{server.host}:{server.path}", max_bytes)
        known = {entry.name: entry for entry in entries}
        for file in chosen:
            if not _is_here(folder / file.name, known[file.name]):
                _fetch(session, server, known[file.name], folder, scratch)
    return entries


def _entry(found: Any) -> FolderEntry:
    mode = found.st_mode or 0
    return FolderEntry(found.filename, stat.S_ISREG(mode), stat.S_ISDIR(mode), (found.st_mtime or 0) * 1000, found.st_size or 0)


def _is_here(path: Path, entry: FolderEntry) -> bool:
    with suppress(OSError):
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and (found.st_size, int(found.st_mtime) * 1000) == (entry.bytes, entry.modified_at)
    return False


def _fetch(session: "paramiko.SFTPClient", server: SftpServer, entry: FolderEntry, folder: Path, scratch: Path) -> None:
    part = scratch / f"{entry.name}.part"
    remote = f"{server.path.rstrip('/')}/{entry.name}"
    with _asked(server, f'downloading "{remote}"', "SFTP_TRANSFER"), part.open("wb") as file:
        session.getfo(remote, file)
    size = part.stat().st_size
    if size != entry.bytes:
        raise RuleError("SFTP_TRANSFER", f"{server.endpoint} gave {size} bytes of {entry.name}, not {entry.bytes}")
    # A volume takes no renames of what was half written: the file is whole before it is copied.
    target = folder / entry.name
    shutil.copyfile(part, target)
    with suppress(OSError):
        os.utime(target, (entry.modified_at / 1000, entry.modified_at / 1000))
    part.unlink()


@contextmanager
def _session(server: SftpServer) -> Iterator["paramiko.SFTPClient"]:
    try:
        import paramiko
    except ImportError:
        raise RuleError("CONFIG_INVALID", "sftp-host is set, but the library paramiko is not installed") from None
    key = _private_key(server)
    transport: paramiko.Transport | None = None
    try:
        with _asked(server, "connecting"):
            connection = socket.create_connection((server.host, server.port), _CONNECT_SECONDS)
            transport = paramiko.Transport(connection)
            transport.start_client(timeout=_CONNECT_SECONDS)
            _hold_pinned(server, transport.get_remote_server_key())
            if key is not None:
                transport.auth_publickey(server.user, key)
            else:
                transport.auth_password(server.user, server.password)
            session = paramiko.SFTPClient.from_transport(transport)
        if session is None:
            raise RuleError("SFTP_UNREACHABLE", f"{server.endpoint} offers no SFTP")
        channel = session.get_channel()
        if channel is not None:
            channel.settimeout(_STALL_SECONDS)
        yield session
    finally:
        if transport is not None:
            transport.close()


def _hold_pinned(server: SftpServer, key: "paramiko.PKey") -> None:
    seen = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    pinned = server.fingerprint.strip().removeprefix("SHA256:").rstrip("=")
    if seen != pinned:
        what = f"showed the host key SHA256:{seen} ({key.get_name()}), but SHA256:{pinned} is pinned."
        raise RuleError("SFTP_HOST_KEY_MISMATCH", f"{server.endpoint} {what}")


def _private_key(server: SftpServer) -> "paramiko.PKey | None":
    import paramiko

    if not server.private_key:
        return None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with suppress(paramiko.SSHException, ValueError):
            return kind.from_private_key(io.StringIO(server.private_key), server.password or None)
    raise RuleError("SFTP_KEY_UNREADABLE", "The secret sftp-private-key is no private key that can be read")


@contextmanager
def _asked(server: SftpServer, doing: str, silence: str = "SFTP_UNREACHABLE") -> Iterator[None]:
    """Says in our words what a request to the server ended with."""
    import paramiko

    try:
        yield
    except paramiko.AuthenticationException:
        raise RuleError("SFTP_LOGIN_REFUSED", f"{server.endpoint} refused the login of {server.user}.") from None
    except TimeoutError:
        raise RuleError(silence, f"{server.endpoint} stood still while {doing}.") from None
    except (FileNotFoundError, PermissionError):
        raise RuleError(
            "SFTP_PATH", f"{server.endpoint} does not have, or does not allow {server.user}, this: {doing}."
        ) from None
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise RuleError("SFTP_UNREACHABLE", f"{server.endpoint}: {doing} failed ({type(error).__name__}).") from None
