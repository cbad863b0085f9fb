"""Runs the notebooks outside of Databricks, on a local Spark."""
