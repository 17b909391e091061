"""The floor: the same composition, written by hand.

FastAPI and aiohttp with one pooled session, one process. No types are checked but the input's, nothing is retried,
nothing is recorded: what the engine does beyond that is what it costs more.
"""
