"""Tries again what storage refused, a bounded number of times, longer and longer apart."""

import random
import threading
from collections.abc import Callable
from typing import TypeVar

from .errors import StorageError, UploaderError

T = TypeVar("T")
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 30.0


class Attempts:
    """How often, and what ends the waiting: SIGTERM sets `stop`."""

    def __init__(self, most: int, stop: threading.Event, said: Callable[[str], None]) -> None:
        self._most = most
        self._stop = stop
        self._said = said

    def run(self, what: str, operation: Callable[[], T], fatal: tuple[type[BaseException], ...] = ()) -> T:
        """Calls the operation until it succeeds. Raises StorageError with the last reason; `fatal` errors at once."""
        for attempt in range(1, self._most + 1):
            try:
                return operation()
            except Exception as error:  # The storage libraries raise bare Exceptions too.
                if isinstance(error, (UploaderError, *fatal)):
                    raise
                self._said(f"{what}: attempt {attempt} of {self._most}: {error}")
                if attempt == self._most or self._stop.is_set():
                    raise StorageError(
                        f"{what} failed after {attempt} attempts: {error}",
                        "Check address, credentials and space of the target. The batch is uploaded at the next look.",
                    ) from None
                # Writers that collided must not collide again at the same moment.
                self._stop.wait(random.uniform(0.5, 1) * min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt))
        raise AssertionError("unreachable")
