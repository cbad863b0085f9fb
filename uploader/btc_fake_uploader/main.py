"""The command btc-fake-uploader. It ends with 0, with 1 if something failed, and with 2 for options that are wrong."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from .errors import UploaderError, UsageError
from .logs import Log
from .metrics import Metrics, serve
from .redact import Redactor
from .service import run
from .settings import read_settings
from .state import locked
from .state_command import state_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line."""
    arguments = sys.argv[1:] if arguments is None else arguments
    redactor = Redactor({})
    try:
        if arguments and arguments[0] == "state":
            state_command(arguments[1:])
            return 0
        settings = read_settings(arguments, os.environ)
        redactor = Redactor(settings.storage_option)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        metrics = Metrics(settings.interval)
        server = serve(metrics, settings.metrics_host, settings.metrics_port) if settings.metrics_port else None
        # A dry run writes nothing, not even the lock.
        with contextlib.nullcontext() if settings.dry_run else locked(Path(settings.state_dir)):
            run(settings, Log(redactor), metrics, stop)
        if server is not None:
            server.shutdown()
        return 0
    except UploaderError as error:
        print(redactor.text(f"btc-fake-uploader: {error}"), file=sys.stderr)
        print(redactor.text(f"  {error.remedy}"), file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except OSError as error:
        print(redactor.text(f"btc-fake-uploader: {error}"), file=sys.stderr)
        print("  Check files, folders and ports of the options.", file=sys.stderr)
        return 1
