"""An S3 server of its own (moto) behind a small proxy that injects faults."""

import http.client
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# What a fault does to a request: an answer instead of it, or "lost": it is carried out and its answer never arrives.
Fault = Callable[[str, str], "int | str | None"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class S3:
    """The server. `fault` may be set by a test; it is asked with method and path."""

    def __init__(self) -> None:
        self._port = free_port()
        self._server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self._port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.fault: Fault = lambda _method, _path: None
        self._wait()
        self._proxy = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._proxy.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._proxy.server_address[1]}"
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/lake", method="PUT"))

    @property
    def options(self) -> dict[str, str]:
        """Variables for uploader and readers."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "testing-id",
            "AWS_SECRET_ACCESS_KEY": "very-secret-words",
            "AWS_REGION": "us-east-1",
        }

    def close(self) -> None:
        self._proxy.shutdown()
        self._server.kill()
        self._server.wait()

    def _wait(self) -> None:
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self._port}/moto-api/data.json")
                return
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        s3 = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fault = s3.fault(self.command, self.path)
                if isinstance(fault, int):
                    self._answer(fault, {}, b"<Error><Code>InjectedFault</Code></Error>")
                    return
                upstream = http.client.HTTPConnection("127.0.0.1", s3._port)
                upstream.request(self.command, self.path, body, dict(self.headers))
                answer = upstream.getresponse()
                content = answer.read()
                if fault == "lost":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self._answer(answer.status, dict(answer.getheaders()), content)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _forward

            def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                        self.send_header(name, value)
                length = next((v for n, v in headers.items() if n.lower() == "content-length"), None)
                self.send_header("Content-Length", length if self.command == "HEAD" and length else str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Nothing: the tests look at results."""

        return Handler
