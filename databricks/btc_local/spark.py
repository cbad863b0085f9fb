"""A small local Spark with Delta, classic or Connect."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SETTINGS = {
    # As every workspace has it: an overflow or a wrong cast is an error.
    "spark.sql.ansi.enabled": "true",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def session_settings(jars: Path, warehouse: Path, memory: str = "1500m", large: bool = False) -> dict[str, str]:
    """What a local Spark is started with: `jars` holds Delta's, `warehouse` the tables; `large` for 100,000 rows and more."""
    # A short run is over before code that is compiled in full pays: it begins 3 s later, a large one takes two thirds.
    machine = "-XX:+UseParallelGC" if large else "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    return {
        **_SETTINGS,
        "spark.driver.extraJavaOptions": f"{machine} -Dderby.system.home={warehouse}",
        "spark.driver.memory": memory,
        "spark.jars": ",".join(str(jar) for jar in sorted(jars.glob("*.jar"))),
        "spark.sql.warehouse.dir": str(warehouse),
    }


def local_session(jars: Path, warehouse: Path, cores: int = 2, large: bool = False) -> "SparkSession":
    """Starts Spark in this process; workers run this very Python."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(f"local[{cores}]").appName("btc-fake")
    for name, value in session_settings(jars, warehouse, large=large).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def connect_session(address: str) -> "SparkSession":
    """A session of a Spark Connect server, such as `sc://127.0.0.1:15002`: what serverless compute gives a notebook."""
    from pyspark.sql import SparkSession

    return SparkSession.builder.remote(address).getOrCreate()
