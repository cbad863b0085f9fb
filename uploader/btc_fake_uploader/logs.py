"""The log: one line of JSON for each event, to standard error."""

import json
import sys
from datetime import UTC, datetime

from .redact import Redactor


class Log:
    """Writes events without secrets."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    def info(self, event: str, **fields: object) -> None:
        """Something that happened as it should, such as a batch."""
        self._write("info", event, fields)

    def warn(self, event: str, **fields: object) -> None:
        """Something that a person should know, such as rows that were changed after they were uploaded."""
        self._write("warn", event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Something that failed."""
        self._write("error", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, object]) -> None:
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        clean = {k: self._redactor.text(v) if isinstance(v, str) else v for k, v in fields.items()}
        print(json.dumps({"time": at, "level": level, "event": event, **clean}), file=sys.stderr, flush=True)
