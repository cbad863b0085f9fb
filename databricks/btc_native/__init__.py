"""The native run around the rules: files, tables, calls and Spark. The notebook `btc_simulation.py` puts its parts together."""
