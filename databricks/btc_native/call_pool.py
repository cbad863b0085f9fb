"""The driver's calls of the recommender, by several processes where there are many employees: threads share one core."""

import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import Self

from btc_native.recommender import Answer, CallSettings, PauseEnd, Recommender
from btc_rules.errors import RuleError

_WORTH_PROCESSES = 5_000
_PIECE = 250
_MOST_PROCESSES = 4

_recommender: Recommender | None = None


class CallPool:
    """Calls for a run of so many employees; as many at a time as the settings allow, over all processes."""

    def __init__(self, settings: CallSettings, employees: int) -> None:
        """Raises CONFIG_INVALID when there is no address to call."""
        self._own = Recommender(settings)
        self._pool = _processes(settings) if employees >= _WORTH_PROCESSES else None

    def __enter__(self) -> Self:
        """The pool itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Ends the processes. Calls that are under way end first."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def ask_all(self, employee_ids: Sequence[int]) -> list[Answer]:
        """An answer for each employee, in their order. Raises RECOMMENDER_UNAVAILABLE when a process was ended from outside."""
        if self._pool is None:
            return self._own.ask_all(employee_ids)
        pieces = [employee_ids[first : first + _PIECE] for first in range(0, len(employee_ids), _PIECE)]
        try:
            return [answer for answers in self._pool.map(_ask, pieces) for answer in answers]
        except BrokenProcessPool:
            what = "A process that calls the recommender was ended from outside, for lack of memory perhaps"
            raise RuleError("RECOMMENDER_UNAVAILABLE", f"{what}. Answers are kept: run again") from None


def _processes(settings: CallSettings) -> ProcessPoolExecutor | None:
    count = min(_MOST_PROCESSES, settings.at_once, max(2, os.cpu_count() or 1))
    try:
        # A fork of a driver with threads can stand still; "spawn" starts clean.
        context = get_context("spawn")
        share = replace(settings, at_once=-(-settings.at_once // count))
        return ProcessPoolExecutor(count, context, _begin, (share, context.Value("d", 0.0)))
    except (ImportError, NotImplementedError, OSError):
        # A system without semaphores: the threads of this process make the calls.
        return None


def _begin(settings: CallSettings, pause_end: PauseEnd) -> None:
    global _recommender
    # Ctrl-C reaches every process of a terminal: the driver alone decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_driver, daemon=True).start()
    _recommender = Recommender(settings, pause_end)


def _end_with_driver() -> None:
    driver = parent_process()
    if driver is not None:
        driver.join()
    os._exit(1)


def _ask(employee_ids: Sequence[int]) -> list[Answer]:
    if _recommender is None:
        raise RuntimeError("the process has no recommender")
    return _recommender.ask_all(employee_ids)
