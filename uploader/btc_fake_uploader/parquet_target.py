"""Writes batches as Parquet files whose names come from their range of rowids, each only once."""

import io
import re

from arro3.core import Table
from arro3.io import write_parquet

from .object_store import FileTarget
from .state import Pending, State


class ParquetTarget:
    """The files of one source, flat in a folder of its name: `SOURCE/TABLE-ID-GENERATION-FIRST-LAST.parquet`."""

    def __init__(self, files: FileTarget, source: str, table: str) -> None:
        self._files = files
        self._folder = _safe(source)
        self._table = _safe(table)

    def name(self, state: State, pending: Pending) -> str:
        """The same for the same range; a watermark that was set back begins a new generation."""
        first = "start" if pending.after is None else f"{pending.after + 1:020d}"
        return f"{self._folder}/{self._table}-{state.id}-{pending.generation:04d}-{first}-{pending.last:020d}.parquet"

    def put(self, name: str, data: Table) -> None:
        """Puts a batch. A name that is there is this batch's own, put before a lost answer or a kill."""
        into = io.BytesIO()
        write_parquet(data, into, compression="snappy", created_by="btc-fake-uploader")
        self._files.put(name, into.getvalue())

    def has(self, name: str) -> bool:
        """Whether this batch was put before."""
        return self._files.has(name)

    def any(self) -> bool:
        """Whether the target has files of this source."""
        return self._files.any_below(f"{self._folder}/")


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("._") or "source"
