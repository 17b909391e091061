"""The gateway: HTTP in, a run asked for, the truth out.

Comes in: HTTP calls, live pointers and verdicts, results of executors. Goes out: StartRun, answers, what clients were
told. Keeps: published workflows with their compiled input schemas, calls under way; nothing that outlives it.
"""
