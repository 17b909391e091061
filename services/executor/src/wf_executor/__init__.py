"""The executor drives whole runs: the pure machine says what is next, this process makes the HTTP calls.

Comes in: StartRun from askers (queue group), their grants. Goes out: HTTP calls to upstreams, results to askers,
events to history, a heartbeat from a thread of its own. Keeps: runs under way and compiled bundles, nothing that
outlives it.
"""
