"""Starts an uploader that kills itself at one step: `kill_at.py STEP NUMBER ARGUMENTS…`.

The product knows nothing of it: functions at the seams are wrapped here, before the command starts."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import deltalake

from btc_fake_uploader import delta_target, object_store, state, table_upload
from btc_fake_uploader.main import main

STEPS = {
    "state-write": (os, "fsync"),
    "state-rename": (os, "replace"),
    "state-saved": (state, "save"),
    "read": (table_upload, "read_batch"),
    "delta-create": (delta_target.DeltaTarget, "_created"),
    "delta-write": (delta_target, "write_deltalake"),
    "delta-look": (deltalake.DeltaTable, "transaction_version"),
    "put": (object_store, "put"),
}


def arm(step: str, number: int) -> None:
    """Kills this process before the call with an even number, after the call with an odd one: 0 before and 1 after the first."""
    holder, name = STEPS[step.split(":")[0]]
    original: Callable[..., Any] = getattr(holder, name)
    calls = 0

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        if calls == number:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if calls + 1 == number:
            os.kill(os.getpid(), signal.SIGKILL)
        calls += 2
        return result

    setattr(holder, name, wrapped)


if __name__ == "__main__":
    arm(sys.argv[1], int(sys.argv[2]))
    sys.exit(main(sys.argv[3:]))
