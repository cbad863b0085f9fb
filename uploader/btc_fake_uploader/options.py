"""Every option: its name, its default, what it is for. Command line over environment over file."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "seconds", "count", "flag", "choice", "map"]


@dataclass(frozen=True)
class Option:
    """An option: `--name`, the variable UPLOADER_NAME and the key `name` of the file."""

    name: str
    kind: Kind
    default: object
    help: str
    choices: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()

    @property
    def environment(self) -> tuple[str, ...]:
        """The variables that set it, the first that is set counts."""
        return self.variables or (f"UPLOADER_{self.name.upper().replace('-', '_')}",)


OPTIONS = (
    Option("sqlite", "text", None, "the SQLite file; it is only read"),
    Option("table", "text", None, "the table in it"),
    Option("timestamp-field", "text", None, "the column that says when a row was made; needed for WITHOUT ROWID tables"),
    Option("files", "text", None, "upload the finished Parquet files below this folder instead of a table"),
    Option("table-path", "text", None, "where to: a folder, s3://, abfss://, az:// or gs://"),
    Option("state-dir", "text", None, "the folder of last_upload.json; one uploader at a time"),
    Option("source", "text", None, "a name for this source, unique in the target", variables=("UPLOADER_SOURCE", "SENSOR_ID")),
    Option("format", "choice", "delta", "what to write", choices=("delta", "parquet")),
    Option("interval", "seconds", 60.0, "seconds from one look to the next", variables=("UPLOAD_INTERVAL",)),
    Option("once", "flag", False, "look once, then end"),
    Option("dry-run", "flag", False, "say what would be uploaded; write nothing"),
    Option("since", "text", None, "where a source without state begins: after this rowid, or at this time"),
    Option("full-refresh", "flag", False, "replace all rows of this source in the Delta table, in one commit, then end"),
    Option(
        "changed-rows",
        "choice",
        "stop",
        "a row at the watermark that may be changed or new",
        choices=("stop", "new", "ignore"),
    ),
    Option("look-back", "seconds", 86400.0, "how many seconds late a row of a WITHOUT ROWID table may come"),
    Option("batch-rows", "count", 100_000, "rows in a batch at most"),
    Option("batch-bytes", "count", 64 * 1024 * 1024, "bytes in a batch at most"),
    Option("attempts", "count", 8, "how often a storage operation is tried"),
    Option("settle", "seconds", 5.0, "how many seconds a Parquet file must be unchanged"),
    Option("after", "choice", "keep", "what becomes of an uploaded Parquet file", choices=("keep", "move", "delete")),
    Option("move-to", "text", None, "the folder that --after move moves to"),
    Option("metrics-port", "count", 0, "port for /metrics and /health; 0: none"),
    Option("metrics-host", "text", "127.0.0.1", "address for /metrics and /health"),
    Option("storage-option", "map", {}, "KEY=VALUE for the storage, may be repeated; secrets rather by environment or file"),
)
