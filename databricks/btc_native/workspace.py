"""What a workspace gives every notebook, for type checkers alone: nothing imports this when a notebook runs."""

from typing import Any

from pyspark.sql import SparkSession

dbutils: Any
spark: SparkSession


def display(*values: Any) -> None:
    """Shows tables."""
