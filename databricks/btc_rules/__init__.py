"""The rules of BTC Fake for Python: plain functions without Spark, network, clock or files (the feed contract, sections 1 to 5).

Instants are epoch milliseconds, as in the TypeScript domain. Both are held to the same vectors.
"""
