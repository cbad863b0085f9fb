"""Calls of the recommender (contract section 1, "Recommendations"): a bounded pool, retries, and a deadline for each call."""

import base64
import http.client
import json
import random
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import SplitResult, unquote

from btc_native.connections import connect, route_to
from btc_rules.errors import RuleError
from btc_rules.recommender import (
    body_excerpt,
    is_retryable,
    parse_recommendations,
    remedy_of,
    retry_after_ms,
    status_code_of,
)
from btc_rules.text import trim

_LARGEST_BODY_BYTES = 1024 * 1024
_LONGEST_CONNECT_SECONDS = 10.0
_LONGEST_PAUSES_SECONDS = 1800.0
_HEADERS = {
    "accept": "application/json",
    "accept-encoding": "identity",
    "content-type": "application/json",
    "user-agent": "btc-fake",
}


@dataclass(frozen=True, slots=True)
class CallSettings:
    """Where calls go and what they may take. `headers` say who calls; they are secrets, and so are logins in `url` and `proxy`.

    `authority` is PEM text of an authority that is trusted besides the well-known ones.
    """

    url: str
    timeout_seconds: float
    headers: tuple[tuple[str, str], ...] = ()
    attempts: int = 5
    at_once: int = 32
    authority: str = ""
    proxy: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one employee's call: recommendations, or the code and the message of a failure for good."""

    employee_id: int
    recommendations: list[int] | None
    code: str | None = None
    message: str | None = None


class _CallError(Exception):
    def __init__(self, code: str, message: str, status: int | None = None, retry_after: int | None = None) -> None:
        super().__init__(message)
        end = "" if message.endswith((".", "!", "?")) else "."
        self.code, self.retry_after = code, retry_after
        self.message = f"{message}{end} {remedy_of(code, status)}"


def api_key_header(key: str) -> tuple[str, str]:
    """HTTP Basic with the key as the user name, as Dataiku's API node takes it."""
    return ("authorization", "Basic " + base64.b64encode(f"{key}:".encode()).decode())


class PauseEnd(Protocol):
    """The monotonic time, in seconds, before which nobody calls; a `multiprocessing.Value` is one for several processes."""

    value: float

    def get_lock(self) -> AbstractContextManager[object]:
        """The lock that a longer pause is written under."""


class _OwnPauseEnd:
    def __init__(self) -> None:
        self.value = 0.0
        self._lock = threading.Lock()

    def get_lock(self) -> AbstractContextManager[object]:
        return self._lock


class Recommender:
    """Makes calls, several at a time. A 429 makes all of them wait, in every process that has the same `pause_end`."""

    def __init__(self, settings: CallSettings, pause_end: PauseEnd | None = None) -> None:
        """Raises CONFIG_INVALID when there is no address to call."""
        self._route = route_to(settings.url, settings.authority, settings.proxy)
        url = self._route.url
        self._settings, self._url = settings, url
        self._shown = f"{url.scheme}://{_host(url)}{url.path}"
        # Each thread keeps its connection.
        self._threads = ThreadPoolExecutor(settings.at_once)
        self._local = threading.local()
        self._pause_end = pause_end or _OwnPauseEnd()
        headers = dict(_HEADERS)
        headers.update(settings.headers)
        headers.update(self._route.headers)
        if url.username is not None and "authorization" not in {name.lower() for name in headers}:
            login = f"{unquote(url.username)}:{unquote(url.password or '')}"
            headers["authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
        self._headers = headers

    def ask_all(self, employee_ids: Iterable[int]) -> list[Answer]:
        """An answer for each employee, in their order. Never raises for what one of them meets."""
        return list(self._threads.map(self.ask, employee_ids))

    def ask(self, employee_id: int) -> Answer:
        """One employee's answer, after as many attempts as are allowed."""
        attempt = 0
        gives_up_at = time.monotonic() + _LONGEST_PAUSES_SECONDS
        while True:
            self._wait_for_turn()
            try:
                return Answer(employee_id, self._call(employee_id))
            except _CallError as error:
                is_throttled = error.code == "RECOMMENDER_THROTTLED"
                # A 429 costs no attempt: it is about all calls, not about this one.
                attempt += 0 if is_throttled else 1
                wait = retry_delay_seconds(max(attempt, 1), error.retry_after, random.random())
                is_over = attempt >= self._settings.attempts or time.monotonic() + wait > gives_up_at
                if not is_retryable(error.code) or is_over:
                    return Answer(employee_id, None, error.code, error.message)
                if is_throttled:
                    self._pause_all(wait)
                else:
                    time.sleep(wait)

    def _wait_for_turn(self) -> None:
        while (wait := self._pause_end.value - time.monotonic()) > 0:
            time.sleep(wait)

    def _pause_all(self, seconds: float) -> None:
        with self._pause_end.get_lock():
            self._pause_end.value = max(self._pause_end.value, time.monotonic() + seconds)

    def _call(self, employee_id: int) -> list[int]:
        body = json.dumps({"data": {"ba_id": employee_id}}, separators=(",", ":"))
        deadline = time.monotonic() + self._settings.timeout_seconds
        subject = f"POST {self._shown} for employee {employee_id}"
        try:
            status, retry_after, text, is_whole = self._exchange(body, deadline)
        except RuleError as error:
            raise _CallError(error.code, f"{subject}: {error}") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._drop_connection()
            reason = "no answer in time" if isinstance(error, TimeoutError) else f"the connection failed ({type(error).__name__})"
            raise _CallError("RECOMMENDER_UNAVAILABLE", f"{subject}: {reason}") from None
        code = status_code_of(status)
        wait = retry_after_ms(retry_after, int(time.time() * 1000))
        if code is not None:
            shown = f": {body_excerpt(text)}" if trim(text) else ""
            raise _CallError(code, f"{subject}: answered {status}{shown}", status, wait)
        if not is_whole:
            raise _CallError("RECOMMENDER_UNAVAILABLE", f"{subject}: the answer did not come to its end in time", None, wait)
        try:
            return parse_recommendations(text)
        except RuleError as error:
            raise _CallError(error.code, str(error)) from None

    def _exchange(self, body: str, deadline: float) -> tuple[int, str | None, str, bool]:
        """Status, Retry-After, body, and whether the body came to its end, in time."""
        path = self._url.path or "/"
        target = f"{path}?{self._url.query}" if self._url.query else path
        if self._route.is_forwarded:
            target = f"{self._url.scheme}://{_host(self._url)}{target}"
        is_new = getattr(self._local, "connection", None) is None
        try:
            response = self._send(target, body, deadline)
        except (http.client.HTTPException, ConnectionError):
            if is_new:
                raise
            # The server had closed the connection that was kept; nothing was answered on it.
            self._drop_connection()
            response = self._send(target, body, deadline)
        retry_after = response.headers.get("retry-after")
        try:
            data = self._read(response, deadline)
        except (OSError, http.client.HTTPException):
            # The status is there, and says more than how the body ended.
            self._drop_connection()
            return response.status, retry_after, "", False
        if response.will_close:
            self._drop_connection()
        return response.status, retry_after, data.decode("utf-8", "replace"), True

    def _send(self, target: str, body: str, deadline: float) -> http.client.HTTPResponse:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            limit = min(_left(deadline), _LONGEST_CONNECT_SECONDS)
            connection = self._local.connection = connect(self._route, limit)
        connection.sock.settimeout(_left(deadline))
        connection.request("POST", target, body=body.encode(), headers=self._headers)
        connection.sock.settimeout(_left(deadline))
        response: http.client.HTTPResponse = connection.getresponse()
        return response

    def _read(self, response: http.client.HTTPResponse, deadline: float) -> bytes:
        data = bytearray()
        while True:
            connection = self._local.connection
            if connection.sock is not None:
                connection.sock.settimeout(_left(deadline))
            # As much as has come: a server that drips must not hold a call up beyond its deadline.
            piece = response.read1(65_536)
            if not piece:
                if response.length:
                    raise http.client.IncompleteRead(bytes(data), response.length)
                # Before Python 3.13, read1 leaves a response open at its end, and the connection would refuse the next answer.
                response.close()
                return bytes(data)
            data += piece
            if len(data) > _LARGEST_BODY_BYTES:
                self._drop_connection()
                raise RuleError(
                    "RECOMMENDER_BODY", f"the body is too large: {body_excerpt(data[:2000].decode('utf-8', 'replace'))}"
                )

    def _drop_connection(self) -> None:
        connection = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None:
            connection.close()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _host(url: SplitResult) -> str:
    return f"{url.hostname}:{url.port}" if url.port else str(url.hostname)


def retry_delay_seconds(attempts_made: int, retry_after: int | None, chance: float) -> float:
    """Seconds before the next attempt: 1 s, doubled up to 60 s, of which the second half is random; never less than asked for."""
    half = min(1_000 * 2 ** max(attempts_made - 1, 0), 60_000) / 2
    return float(max(half, retry_after or 0) + chance * half) / 1000
