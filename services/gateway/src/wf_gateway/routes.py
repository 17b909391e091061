"""Every address of the users' port, on one screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from wf_gateway import answers, describing
from wf_gateway.describing import WorkflowDetail
from wf_gateway.discovery import Discovery
from wf_gateway.dry_running import DryRunAsked, DryRunning
from wf_gateway.executing import Executing
from wf_gateway.looking_back import History
from wfcore.dryrun import DryRun
from wfhistory import queries
from wfhistory.envelope import Execution

Endpoint = Callable[[Request], Awaitable[Response]]


class Route(NamedTuple):
    """An address and what answers there."""

    method: str
    path: str
    endpoint: Endpoint
    summary: str
    answer: Any
    """Type of the 200 answer."""
    tag: str
    takes_input: bool = False
    query: tuple[str, ...] = ()
    body: Any = None
    """Type of the body, where it is not the input of a workflow."""


_LIST_FILTERS = ("status", "told", "httpStatus", "version", "since", "until", "minDurationMs", "cursor", "limit")


def routes(executing: Executing, looking: Discovery, history: History, dry_running: DryRunning) -> list[Route]:
    """The table. Each canonical address names the namespace; the short one means the default namespace."""
    found: list[Route] = []
    for prefix in ("/api/v1/namespaces/{namespace}", "/api/v1"):
        one = f"{prefix}/workflows/{{name}}"
        found += [
            Route("POST", f"{one}/execute", executing.envelope, "Run a workflow", answers.Envelope, "run", True),
            Route(
                "POST",
                f"{one}/validate-input",
                looking.check,
                "Would this input be accepted?",
                describing.InputCheck,
                "run",
                True,
            ),
            Route(
                "POST",
                f"{one}/test",
                dry_running.test,
                "How would it run? No call leaves",
                DryRun,
                "run",
                body=DryRunAsked,
            ),
            Route(
                "GET",
                f"{one}/executions",
                history.executions,
                "Executions, newest first",
                queries.Page,
                "history",
                query=_LIST_FILTERS,
            ),
            Route("GET", one, looking.workflow, "One workflow and how it stands", WorkflowDetail, "discover"),
            Route(
                "GET",
                f"{prefix}/workflows",
                looking.workflows,
                "All workflows",
                describing.Listing,
                "discover",
                query=("category", "tag"),
            ),
            Route("GET", f"{prefix}/tasks/{{name}}", looking.task, "One task", describing.TaskItem, "discover"),
            Route(
                "GET",
                f"{prefix}/validation-failures",
                looking.failures,
                "What is refused now, and why",
                describing.ValidationFailures,
                "discover",
            ),
            Route("GET", f"{prefix}/tasks", looking.tasks, "All tasks", describing.Listing, "discover"),
        ]
    found.append(
        Route(
            "GET", "/api/v1/executions/{id}", history.execution, "One execution, with every call", Execution, "history"
        )
    )
    return found
