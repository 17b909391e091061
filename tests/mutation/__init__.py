"""Mutation testing: small faults are put into the code, one at a time, to see whether a test notices.

Faults go in as text, so the code under test is plain code with plain stack depths; that matters here because
expressions and schemas of great depth are part of what is tested.
"""
