"""Calls of the recommender over real HTTP: how many are made, over how many connections, and what all of them share."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from btc_native.call_pool import CallPool
from btc_native.recommender import Answer, CallSettings, Recommender

AT_ONCE = 8


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.Lock()
        self.calls: Counter[int] = Counter()
        self.connections = 0
        self.throttles = 0
        self.throttled_at = 0.0
        self.calls_in_the_pause = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        with self.server.lock:
            self.server.connections += 1

    def do_POST(self) -> None:
        employee_id = json.loads(self.rfile.read(int(self.headers["content-length"])))["data"]["ba_id"]
        server = self.server
        with server.lock:
            server.calls[employee_id] += 1
            is_throttled = server.throttles > 0
            if is_throttled:
                server.throttles -= 1
                server.throttled_at = time.monotonic()
            elif 1 < time.monotonic() - server.throttled_at < 1.9:
                server.calls_in_the_pause += 1
        body = json.dumps({"recommendations": [employee_id * 2, 7, employee_id * 2]}).encode()
        self.send_response(429 if is_throttled else 200)
        if is_throttled:
            self.send_header("retry-after", "2")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()


def _settings(server: _Server) -> CallSettings:
    return CallSettings(f"http://127.0.0.1:{server.server_address[1]}/run", 30, at_once=AT_ONCE)


def _expected(employee_ids: range) -> list[Answer]:
    return [Answer(employee_id, list(dict.fromkeys((employee_id * 2, 7)))) for employee_id in employee_ids]


def test_each_employee_is_asked_for_once_over_connections_that_are_kept(server: _Server) -> None:
    recommender = Recommender(_settings(server))
    answers = [*recommender.ask_all(range(1, 201)), *recommender.ask_all(range(201, 401))]
    assert answers == _expected(range(1, 401))
    assert set(server.calls.values()) == {1}
    assert len(server.calls) == 400
    assert server.connections <= AT_ONCE


def test_many_employees_are_asked_for_once_by_several_processes_in_their_order(server: _Server) -> None:
    ids = range(1, 5_001)
    with CallPool(_settings(server), len(ids)) as calls:
        answers = calls.ask_all(ids[:2_000]) + calls.ask_all(ids[2_000:])
    assert answers == _expected(ids)
    assert set(server.calls.values()) == {1}
    assert len(server.calls) == 5_000
    assert server.connections <= AT_ONCE


def test_one_429_makes_the_calls_of_every_process_wait(server: _Server) -> None:
    ids = range(1, 5_001)
    with CallPool(_settings(server), len(ids)) as calls:
        # The processes have started and have made calls.
        calls.ask_all(ids[:1_000])
        with server.lock:
            server.throttles = 1
        answers = calls.ask_all(ids[1_000:])
    assert answers == _expected(range(1_001, 5_001))
    assert sum(server.calls.values()) == 5_001
    # A busy machine may take a second until the 429 is read; from then on nobody calls for the two that it asks for.
    assert server.calls_in_the_pause == 0
