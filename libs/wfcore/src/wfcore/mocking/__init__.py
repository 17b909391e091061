"""What stands in for calls, so that a workflow can be tried without one: told by hand, recorded, or the tasks' own.

A mock is one of

    {"output": …}                             what the task gives, as its `mocks` write it down
    {"status": 404, "body": …, "headers": …}  what the upstream answers; the task makes its output of it
    {"fail": "UPSTREAM_TIMEOUT"}              no answer comes
"""

from wfcore.mocking.answering import as_output, mockable
from wfcore.mocking.mocks import Mocked, Mocks, MockSource, OwnMocks, own, read
from wfcore.mocking.places import places
from wfcore.mocking.playing import CALL_TAKES, NoMock, play

__all__ = [
    "CALL_TAKES",
    "MockSource",
    "Mocked",
    "Mocks",
    "NoMock",
    "OwnMocks",
    "as_output",
    "mockable",
    "own",
    "places",
    "play",
    "read",
]
