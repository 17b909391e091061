"""How long a workflow may take at most, and which timeouts its calls get when nobody wrote them.

Validation asks before it publishes, the plan asks to show it; both build the same small tree of scopes, tasks and
work, in which there is nothing but durations and edges.
"""

from wfcore.worst_case.bounding import Bound, Step, Unbounded, bound
from wfcore.worst_case.sharing import LARGEST_SHARE, SMALLEST_SHARE, NoTimeLeft, shares
from wfcore.worst_case.tree import Block, Call, Choice, Each, Inner, Instant, Task, Work, fallback, task_of

__all__ = [
    "LARGEST_SHARE",
    "SMALLEST_SHARE",
    "Block",
    "Bound",
    "Call",
    "Choice",
    "Each",
    "Inner",
    "Instant",
    "NoTimeLeft",
    "Step",
    "Task",
    "Unbounded",
    "Work",
    "bound",
    "fallback",
    "shares",
    "task_of",
]
