"""The planner proves definitions and publishes what holds: the compiler of the house.

Comes in: changes in the bucket `definitions`, requests to explain. Goes out: bundles, live pointers, verdicts.
Keeps: nothing that it could not work out again. No call waits for it.
"""
