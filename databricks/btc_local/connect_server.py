"""A Spark Connect server of this process' own: what stands behind serverless compute, on loopback and on a free port."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

_SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
_LONGEST_START_SECONDS = 120.0


@contextlib.contextmanager
def connect_server(settings: Mapping[str, str]) -> Iterator[str]:
    """Starts a server with these settings and gives its address; the server ends with the block."""
    import pyspark

    port = _free_port()
    own = {"spark.connect.grpc.binding.address": "127.0.0.1", "spark.connect.grpc.binding.port": str(port)}
    options = [part for name, value in {**settings, **own}.items() for part in ("--conf", f"{name}={value}")]
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    server = subprocess.Popen(
        [str(submit), "--master", "local[2]", "--class", _SERVER, *options, "spark-internal"],
        env={**os.environ, "PYSPARK_PYTHON": sys.executable},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
    )
    try:
        _wait_until_open(server, port)
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_open(server: "subprocess.Popen[bytes]", port: int) -> None:
    gives_up_at = time.monotonic() + _LONGEST_START_SECONDS
    while server.poll() is None and time.monotonic() < gives_up_at:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError("The Spark Connect server did not start; its own words stand above")
