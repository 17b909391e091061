"""How fast the engine is, and what it costs: measured beside the same work written by hand.

`python -m loadtests.bench` starts all of it, measures, prints a table and writes build/bench.json.
"""
