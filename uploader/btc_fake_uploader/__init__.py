"""Uploads the new rows of a SQLite table, or finished Parquet files, to Delta or Parquet in object storage: each once."""

__version__ = "0.1.0"
