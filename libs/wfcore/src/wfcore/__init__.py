"""The thinking of the engine: everything that can be decided without a clock, a socket or chance.

Comes in: definitions, events with their times. Goes out: diagnostics, bundles, decisions. Keeps: nothing.
"""
