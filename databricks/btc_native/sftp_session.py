"""One session with an SFTP server: logging in, and what its answers mean, in the words of the queue."""

import base64
import errno
import hashlib
import io
import logging
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from btc_rules.errors import RuleError
from btc_rules.text import quoted_value

if TYPE_CHECKING:
    import paramiko

_CONNECT_SECONDS = 20.0
_STALL_SECONDS = 30.0
_LONGEST_SHOWN = 4_096
_MAX_ENTRIES = 100_000
"""No folder of a vendor holds so many; a server that gives more would never come to an end."""
_NO_COMMON = re.compile(r"no acceptable (.+?)\)")
_ALGORITHMS = {"kex algorithm": "key exchange algorithm", "host key": "host key format"}
_REASONS = {errno.ECONNREFUSED: "the connection was refused"}


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


@contextmanager
def sftp_session(server: SftpServer) -> Iterator["paramiko.SFTPClient"]:
    """Logs in, and logs out at the end.

    Raises SFTP_UNREACHABLE, SFTP_ALGORITHMS, SFTP_LOGIN_REFUSED, SFTP_HOST_KEY_MISMATCH, SFTP_KEY_UNREADABLE; CONFIG_INVALID
    without the library paramiko.
    """
    try:
        import paramiko
    except ImportError:
        raise RuleError("CONFIG_INVALID", "sftp-host is set, but the library paramiko is not installed") from None
    # What it logs of an error is a stack trace; the error itself says it in our words.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    key = _private_key(server)
    transport: paramiko.Transport | None = None
    silent = _no_session(server, f"no answer within {_CONNECT_SECONDS * 1000:.0f} ms")
    try:
        with _connecting(server):
            connection = socket.create_connection((server.host, server.port), _CONNECT_SECONDS)
            transport = paramiko.Transport(connection)
            # The limit of all of it decides, not those of its parts.
            transport.banner_timeout = transport.auth_timeout = transport.channel_timeout = 2 * _CONNECT_SECONDS
            with within_seconds(transport.close, _CONNECT_SECONDS, lambda: silent):
                transport.start_client()
                _hold_pinned(server, transport.get_remote_server_key())
                if key is not None:
                    transport.auth_publickey(server.user, key)
                else:
                    transport.auth_password(server.user, server.password)
                session = paramiko.SFTPClient.from_transport(transport)
                channel = None if session is None else session.get_channel()
            if session is None or channel is None:
                raise EOFError
            channel.settimeout(_STALL_SECONDS)
        yield session
    finally:
        if transport is not None:
            transport.close()


@contextmanager
def within_seconds(stop: Callable[[], None], seconds: float, error: Callable[[], RuleError]) -> Iterator[None]:
    """Stops what the block waits for when the time is over, and raises `error`: a byte now and then would never end."""
    is_over = threading.Event()

    def give_up() -> None:
        is_over.set()
        stop()

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        if is_over.is_set():
            raise error() from None
        raise
    finally:
        timer.cancel()


@contextmanager
def asked(server: SftpServer, doing: str, silence: str = "SFTP_UNREACHABLE") -> Iterator[None]:
    """Says what a request ended with; `silence` is the code when no answer came.

    Raises SFTP_PATH (not there, not allowed), SFTP_TRANSFER (refused otherwise), SFTP_UNREACHABLE (the connection is lost).
    """
    import paramiko

    try:
        yield
    except TimeoutError:
        what = f"did not answer for {_STALL_SECONDS * 1000:.0f} ms while {doing}."
        raise RuleError(silence, f"{server.endpoint} {what}") from None
    except FileNotFoundError:
        raise RuleError("SFTP_PATH", f"{server.endpoint} has no such file or folder ({doing}).") from None
    except PermissionError:
        raise RuleError("SFTP_PATH", f"{server.endpoint} does not allow {server.user} this: {doing}.") from None
    except (OSError, EOFError, paramiko.SSHException, paramiko.SFTPError) as error:
        if is_refusal(error):
            raise RuleError("SFTP_TRANSFER", f"{server.endpoint} refused this: {doing}.") from None
        raise RuleError("SFTP_UNREACHABLE", f"The connection to {server.endpoint} was lost while {doing}.") from None


def list_folder(session: "paramiko.SFTPClient", server: SftpServer, folder: str) -> list[Any]:
    """What is in a folder, in the server's order. A name that is no UTF-8 has `\ufffd` where a byte is not.

    The library's own listing fails on such a name. Raises as `asked`; SFTP_PATH for a listing without an end.
    """
    from paramiko.sftp import CMD_CLOSE, CMD_NAME, CMD_OPENDIR, CMD_READDIR
    from paramiko.sftp_attr import SFTPAttributes

    shown = quoted_value(folder, _LONGEST_SHOWN)
    entries: list[Any] = []
    with asked(server, f"listing {shown}"):
        _, opened = session._request(CMD_OPENDIR, folder)
        handle = opened.get_binary()
        while len(entries) < _MAX_ENTRIES:
            try:
                kind, page = session._request(CMD_READDIR, handle)
            except EOFError:
                session._request(CMD_CLOSE, handle)
                return [entry for entry in entries if entry.filename not in (".", "..")]
            for _ in range(page.get_int() if kind == CMD_NAME else 0):
                name, line = (page.get_binary().decode("utf-8", "replace") for _ in range(2))
                entries.append(SFTPAttributes._from_msg(page, name, line))
    raise RuleError("SFTP_PATH", f"{server.endpoint} lists no end of files in {shown}.")


def is_refusal(error: BaseException) -> bool:
    """Whether the server answered with a status, and the connection stands."""
    if isinstance(error, (FileNotFoundError, PermissionError)):
        return True
    # The library gives a status without an error number of the system, and only that.
    return isinstance(error, OSError) and error.errno is None and not isinstance(error, (TimeoutError, ConnectionError))


@contextmanager
def _connecting(server: SftpServer) -> Iterator[None]:
    import paramiko

    try:
        yield
    except paramiko.AuthenticationException:
        raise RuleError("SFTP_LOGIN_REFUSED", f"{server.endpoint} refused the login of {server.user}.") from None
    except paramiko.ssh_exception.IncompatiblePeer as error:
        found = _NO_COMMON.search(str(error))
        kind = found[1] if found else "algorithm"
        what = f"offers no {_ALGORITHMS.get(kind, kind)} that is accepted."
        raise RuleError("SFTP_ALGORITHMS", f"{server.endpoint} {what}") from None
    except TimeoutError:
        raise _no_session(server, f"no answer within {_CONNECT_SECONDS * 1000:.0f} ms") from None
    except socket.gaierror:
        raise _no_session(server, "the host name is not known") from None
    except OSError as error:
        code = errno.errorcode.get(error.errno or 0, "the server closed the connection or offers no SFTP")
        raise _no_session(server, _REASONS.get(error.errno or 0, code)) from None
    except (EOFError, paramiko.SSHException):
        raise _no_session(server, "the server closed the connection or offers no SFTP") from None


def _no_session(server: SftpServer, reason: str) -> RuleError:
    return RuleError("SFTP_UNREACHABLE", f"No SFTP session with {server.endpoint}: {reason}.")


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
