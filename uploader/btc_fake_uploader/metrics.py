"""Figures for Prometheus and a health endpoint."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_HELP = {
    "rows_total": ("counter", "Rows uploaded by this process."),
    "batches_total": ("counter", "Batches, or files, uploaded by this process."),
    "failures_total": ("counter", "Looks that failed."),
    "lag_rows": ("gauge", "Rows in the source that are not uploaded yet."),
    "lag_seconds": ("gauge", "Age of the oldest row that is not uploaded yet."),
    "last_success_timestamp_seconds": ("gauge", "When a look last ended well."),
}


class Metrics:
    """What this process did; threads may read while it works."""

    def __init__(self, interval: float) -> None:
        self._values = dict.fromkeys(_HELP, 0.0)
        self._patience = max(60.0, 3 * interval)
        self._well = time.monotonic()
        self._lock = threading.Lock()

    def add(self, name: str, amount: float = 1) -> None:
        """Counts."""
        with self._lock:
            self._values[name] += amount
            self._well = time.monotonic() if name == "batches_total" else self._well

    def succeed(self, lag_rows: int, lag_seconds: float) -> None:
        """A look ended well."""
        with self._lock:
            self._values |= {"lag_rows": lag_rows, "lag_seconds": lag_seconds, "last_success_timestamp_seconds": time.time()}
            self._well = time.monotonic()

    def healthy(self) -> bool:
        """Whether something succeeded within three intervals, and at least a minute."""
        return time.monotonic() - self._well <= self._patience

    def text(self) -> str:
        """The figures in Prometheus' form."""
        with self._lock:
            values = dict(self._values)
        lines = []
        for name, (kind, about) in _HELP.items():
            full = f"btc_fake_uploader_{name}"
            lines += [f"# HELP {full} {about}", f"# TYPE {full} {kind}", f"{full} {values[name]:.17g}"]
        return "\n".join(lines) + "\n"


def serve(metrics: Metrics, host: str, port: int) -> ThreadingHTTPServer:
    """Serves /metrics and /health from a thread, until `shutdown`. Port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, metrics.text())
            elif self.path == "/health":
                well = metrics.healthy()
                self._answer(200 if well else 503, "ok\n" if well else "no look has succeeded lately\n")
            else:
                self._answer(404, "see /metrics and /health\n")

        def log_message(self, *_: object) -> None:
            """The log is for batches."""

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

    server = ThreadingHTTPServer((host, port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
