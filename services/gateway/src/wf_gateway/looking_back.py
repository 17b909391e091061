"""What happened: executions from the history."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import Response

from wf_gateway.answers import json_of
from wfcore.errors import WorkflowError
from wfhistory import queries
from wfhistory.envelope import Execution
from wfhistory.store import Store, StoreUnavailable


class History:
    """Answers questions about executions."""

    def __init__(self, store: Store | None, default_namespace: str, cursor_key: str) -> None:
        """Without a store every question is answered HISTORY_UNAVAILABLE."""
        self._opened = store
        self._default = default_namespace
        self._key = cursor_key.encode() or secrets.token_bytes(32)

    @property
    def _store(self) -> Store:
        if self._opened is None:
            raise WorkflowError("this gateway has no database: set WORKFLOW_DATABASE_URL", code="HISTORY_UNAVAILABLE")
        return self._opened

    async def execution(self, request: Request) -> Response:
        """One execution with its tasks and all their calls."""
        return json_of(await self.found(request.path_params["id"]))

    async def found(self, id: str) -> Execution:
        """What is kept of an execution; raises EXECUTION_NOT_FOUND, HISTORY_UNAVAILABLE."""
        try:
            found = await queries.execution(self._store, id)
        except StoreUnavailable as error:
            raise WorkflowError(f"the history is not reachable: {error}", code="HISTORY_UNAVAILABLE") from error
        if found is None:
            raise WorkflowError(f"there is no execution `{id}` in the history", code="EXECUTION_NOT_FOUND")
        return found

    async def executions(self, request: Request) -> Response:
        """Executions of a workflow, newest first."""
        query = dict(request.query_params)
        cursor, limit = query.pop("cursor", None), query.pop("limit", str(queries.LIMIT))
        namespace = request.path_params.get("namespace", self._default)
        if not limit.isdecimal() or not 1 <= int(limit) <= queries.MOST:
            raise WorkflowError(f"`limit` is a number from 1 to {queries.MOST}", code="PARAMETER_INVALID")
        try:
            page = await queries.executions(
                self._store,
                namespace,
                request.path_params["name"],
                queries.read_filters(query),
                key=self._key,
                cursor=cursor,
                limit=int(limit),
            )
        except (queries.UnknownFilter, queries.BadFilter, queries.BadCursor) as error:
            raise WorkflowError(str(error), code="PARAMETER_INVALID") from error
        except StoreUnavailable as error:
            raise WorkflowError(f"the history is not reachable: {error}", code="HISTORY_UNAVAILABLE") from error
        return json_of(page)

    async def close(self) -> None:
        """Leave the database."""
        if self._opened is not None:
            await self._opened.close()
