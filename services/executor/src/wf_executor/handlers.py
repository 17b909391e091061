"""All that an executor listens to."""

from wf_executor.executing import Executor
from wfcore import messages, subjects
from wfservice.bus import Handler, on


def handlers(executor: Executor) -> list[Handler]:
    """The table."""
    return [
        on(subjects.RUN_START, messages.StartRun, executor.start, queue=subjects.EXECUTORS, at_once=1024),
        on(subjects.results_heard(executor.id), messages.ResultsHeard, executor.delivery.heard),
        on(subjects.executor_cancel(executor.id), messages.CancelRun, executor.cancel),
        on(subjects.executor_events(executor.id), messages.EventsSince, executor.events),
    ]
