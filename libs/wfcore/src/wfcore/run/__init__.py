"""One run of a workflow, as a deterministic machine over one event log.

Facts come in with their times; decisions go out as events, work to do as commands. The machine knows no
clock, no socket and no chance, so the executor, the simulation, replay and time travel share it.
"""

from wfcore.run.commands import AskGrant, Call, Cancel, Command, End, Wake
from wfcore.run.machine import advance, begin
from wfcore.run.state import Happened, Run, Step, TaskState

__all__ = [
    "AskGrant",
    "Call",
    "Cancel",
    "Command",
    "End",
    "Happened",
    "Run",
    "Step",
    "TaskState",
    "Wake",
    "advance",
    "begin",
]
