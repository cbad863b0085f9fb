"""Appends batches to a Delta table, each exactly once, also beside other writers."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from arro3.core import RecordBatch, RecordBatchReader, Schema, Table
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction, write_deltalake
from deltalake.exceptions import DeltaProtocolError, SchemaMismatchError, TableNotFoundError

from .attempts import Attempts
from .columns import SOURCE
from .errors import UploaderError

NONCE_BITS = 20
# Checkpoints and the end of old logs are maintenance's: the uploader only creates files.
_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)
_FATAL = (DeltaProtocolError, SchemaMismatchError)


def refuse_volume(url: str) -> None:
    """Raises UploaderError for a table inside a Databricks Volume."""
    if re.match(r"(dbfs:|file:)?/{1,3}(dbfs/)?Volumes/", url):
        raise UploaderError(
            f"{url} is inside a Volume: a Delta table there can never be registered in Unity Catalog",
            "Use an external location (s3:// or abfss://), or --format parquet.",
        )


class DeltaTarget:
    """A Delta table as one source sees it."""

    def __init__(self, url: str, source: str, options: dict[str, str], attempts: Attempts) -> None:
        refuse_volume(url)
        self._url = url
        self._source = source
        self._application = f"btc-fake-uploader:{source}"
        self._options = options
        self._attempts = attempts
        self._table: DeltaTable | None = None

    def columns(self) -> dict[str, tuple[str, str]]:
        """The table's columns by lower-case name: name and type. None yet: empty."""
        table = self._attempts.run("Reading the Delta table", self._fresh, _FATAL)
        if table is None:
            return {}
        return {f.name.lower(): (f.name, str(getattr(f.type, "type", f.type))) for f in table.schema().fields}

    def transaction(self) -> int | None:
        """The newest transaction of this source that the table knows; None: none."""
        table = self._attempts.run("Reading the Delta table", self._fresh, _FATAL)
        return None if table is None else table.transaction_version(self._application)

    def append(self, data: Table, transaction: int, before: int | None) -> int:
        """Appends under a transaction unless the table has it. Returns the table's version.

        `before`: the transaction that the table must have; raises UploaderError on any other: another uploader wrote."""

        def write(table: DeltaTable) -> None:
            missing = {f.name for f in table.schema().fields} != set(data.column_names)
            write_deltalake(
                table,
                data,
                mode="append",
                schema_mode="merge" if missing else None,
                commit_properties=self._properties(transaction),
                post_commithook_properties=_HOOKS,
            )

        return self._attempts.run(
            "Appending to the Delta table", lambda: self._once(data.schema, transaction, before, write), _FATAL
        )

    def merge(self, data: Table, transaction: int, before: int | None, key: Sequence[str]) -> tuple[int, int | None]:
        """Inserts the rows whose key this source has not delivered yet, as `append` does.

        Returns the table's version and its newest transaction: `before` where nothing was new, because that makes no commit."""
        matches = " AND ".join([f"t.{SOURCE} = s.{SOURCE}", *(f't."{k}" = s."{k}"' for k in key)])

        def write(table: DeltaTable) -> None:
            merger = table.merge(
                data,
                matches,
                source_alias="s",
                target_alias="t",
                merge_schema=True,
                commit_properties=self._properties(transaction),
                post_commithook_properties=_HOOKS,
            )
            merger.when_not_matched_insert_all().execute()

        version = self._attempts.run(
            "Merging into the Delta table", lambda: self._once(data.schema, transaction, before, write), _FATAL
        )
        return version, None if self._table is None else self._table.transaction_version(self._application)

    def replace(self, into: Schema, batches: Iterable[RecordBatch], transaction: int) -> int:
        """Replaces all rows of this source in one commit. It is not tried again: the rows are a stream."""
        table = self._attempts.run("Reading the Delta table", lambda: self._fresh() or self._created(into), _FATAL)
        write_deltalake(
            table,
            RecordBatchReader.from_batches(into, batches),
            mode="overwrite",
            predicate=f"{SOURCE} = '{self._source.replace(chr(39), chr(39) * 2)}'",
            schema_mode="merge",
            commit_properties=self._properties(transaction),
            post_commithook_properties=_HOOKS,
        )
        return int(table.version())

    def _once(self, into: Schema, transaction: int, before: int | None, write: Any) -> int:
        # Looked at and written with the same object: Delta then refuses what another process wrote in between.
        table = self._table
        self._table = None
        if table is None:
            table = self._fresh() or self._created(into)
        else:
            table.update_incremental()
        seen = table.transaction_version(self._application)
        if seen != transaction:
            if seen != before:
                raise another_writer(self._source)
            write(table)
        self._table = table
        return int(table.version())

    def _fresh(self) -> DeltaTable | None:
        try:
            return DeltaTable(self._url, storage_options=self._options or None)
        except TableNotFoundError:
            return None

    def _created(self, into: Schema) -> DeltaTable:
        if "://" not in self._url:
            Path(self._url).mkdir(parents=True, exist_ok=True)
        options = self._options or None
        return DeltaTable.create(self._url, into, storage_options=options, post_commithook_properties=_HOOKS)

    def _properties(self, transaction: int) -> CommitProperties:
        # Without retries inside: each new attempt looks at the table again.
        about = {"source": self._source, "batch": str(transaction >> NONCE_BITS)}
        return CommitProperties(custom_metadata=about, app_transactions=[Transaction(self._application, transaction)])


def another_writer(source: str) -> UploaderError:
    """The target has batches of this source that this state knows nothing of."""
    return UploaderError(
        f"The target has batches of the source {source} that this state folder does not know",
        "Give each uploader its own --source. After the loss of a state folder, say with `state set --rowid` where to continue.",
    )
