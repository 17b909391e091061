"""Looking at what there is: workflows and tasks, how they stand, and whether an input would do."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from wf_gateway import describing, requests
from wf_gateway.answers import json_of
from wf_gateway.describing import InputCheck, Listing, TaskItem, ValidationFailures, WorkflowDetail
from wf_gateway.outlining import outline, tasks_used, workflows_used
from wf_gateway.published import Catalogue, Published
from wfcore import subjects
from wfcore.bundle import Bundle
from wfcore.diagnostics import nearest
from wfcore.errors import WorkflowError
from wfcore.messages import Condition, DefinitionRecord, ExplainWorkflow, Explanation, SourceVerdict, Verdict
from wfservice.bus import Bus, Mirror, NoResponders


class Discovery:
    """Answers questions about definitions."""

    def __init__(self, bus: Bus, catalogue: Catalogue, default_namespace: str) -> None:
        """Nothing is known before `follow`."""
        self._bus = bus
        self._catalogue = catalogue
        self._default = default_namespace
        self._definitions = Mirror(bus, subjects.DEFINITIONS, DefinitionRecord)
        self._verdicts = Mirror(bus, subjects.VERDICTS, Verdict)
        self._sources = Mirror(bus, subjects.SOURCES, SourceVerdict)

    async def follow(self) -> None:
        """Learn what there is, then go on as it changes."""
        for mirror in (self._definitions, self._verdicts, self._sources):
            await mirror.follow()

    async def close(self) -> None:
        """Stop following."""
        for mirror in (self._definitions, self._verdicts, self._sources):
            await mirror.close()

    # --- workflows ----------------------------------------------------------------------------

    async def workflows(self, request: Request) -> Response:
        """All workflows of a namespace, published or not; `category` and `tag` narrow."""
        namespace = self._namespace(request)
        wanted = _only(request, "category", "tag", "namespace")
        published = {each.bundle.workflow: each for each in self._catalogue if each.bundle.namespace == namespace}
        verdicts = self._of_kind("Workflow", namespace)
        items = [
            describing.item(namespace, name, published.get(name), verdicts.get(name))
            for name in {**published, **verdicts}
        ]
        for field in ("category", "tag"):
            if field in wanted:
                items = [item for item in items if wanted[field] in getattr(item, _PLURAL[field])]
        return json_of(Listing(sorted(items, key=lambda item: item.name)))

    async def workflow(self, request: Request) -> Response:
        """One workflow, with conditions and diagnostics of its newest definition."""
        namespace, name = self._namespace(request), request.path_params["name"]
        verdict = self._of_kind("Workflow", namespace).get(name)
        try:
            found: Published | None = self._catalogue.get(namespace, name)
        except WorkflowError:
            if verdict is None:
                raise
            found = None
        explained = await self._explain(namespace, name)
        return json_of(self._detail(namespace, name, found, verdict, explained))

    def _detail(
        self, namespace: str, name: str, found: Published | None, verdict: Verdict | None, explained: Explanation | None
    ) -> WorkflowDetail:
        kept = found.bundle if found else None
        broken = self._broken_file("Workflow", namespace, name)
        conditions = list(verdict.conditions) if verdict else []
        diagnostics = list(verdict.diagnostics) if verdict else []
        if broken is not None:
            said = f"{broken.origin} cannot be read; this object stays as it was last read"
            conditions.append(Condition("SourceRead", "False", "FileBroken", said))
            diagnostics += broken.diagnostics
        short = f"/{namespace}" if namespace != self._default else ""
        prefix = f"/api/v1/namespaces/{namespace}/workflows/{name}"
        return WorkflowDetail(
            namespace=namespace,
            name=name,
            ready=verdict.ready if verdict else False,
            published=found is not None,
            paused=found.pointer.paused if found else False,
            version=kept.version if kept else None,
            release=kept.release if kept else None,
            label=kept.label if kept else "",
            description=kept.description if kept else "",
            categories=kept.categories if kept else (),
            tags=kept.tags if kept else (),
            origin=verdict.origin if verdict else None,
            conditions=conditions,
            diagnostics=[describing.finding(diagnostic) for diagnostic in diagnostics],
            input_schema=kept.input_schema if kept else None,
            output_schema=kept.output_schema if kept else None,
            examples=kept.examples if kept else (),
            tasks=outline(kept.body) if kept else [],
            groups=explained.groups if explained else [],
            critical_path=explained.critical_path if explained else [],
            urls={"execute": f"{prefix}/execute", "call": f"/workflows{short}/{name}"} if kept else {},
            route=describing.address(kept) if kept else None,
            errors=describing.declared_errors(kept) if kept else [],
            used_by=[each.workflow for each in self._neighbours(namespace) if name in workflows_used(each)],
        )

    async def _explain(self, namespace: str, name: str) -> Explanation | None:
        """How the newest definition would run; calls go on without a planner, and so does this answer."""
        try:
            question = ExplainWorkflow(namespace, name)
            return await self._bus.request(subjects.EXPLAIN, question, Explanation, within=1.0)  # type: ignore[no-any-return]
        except (NoResponders, WorkflowError, TimeoutError):
            return None

    async def check(self, request: Request) -> Response:
        """Would this input be accepted? Nothing runs."""
        found = self._catalogue.get(self._namespace(request), request.path_params["name"])
        given = requests.value(await requests.body(request))
        missing, invalid = describing.sorted_out(given, found.input, found.bundle.input_schema)
        return json_of(InputCheck(not missing and not invalid, missing, invalid))

    # --- tasks --------------------------------------------------------------------------------

    async def tasks(self, request: Request) -> Response:
        """All tasks of a namespace."""
        _only(request, "namespace")
        namespace = self._namespace(request)
        names = sorted(self._of_kind("WorkflowTask", namespace))
        return json_of(Listing([self._task(namespace, name, whole=False) for name in names]))

    async def task(self, request: Request) -> Response:
        """One task, with its schemas and who uses it."""
        namespace, name = self._namespace(request), request.path_params["name"]
        known = self._of_kind("WorkflowTask", namespace)
        if name not in known:
            close = nearest(name, known)
            hint = f"; did you mean `{close}`?" if close else ""
            said = f"there is no task `{name}` in namespace `{namespace}`{hint}"
            raise WorkflowError(said, code="TASK_NOT_FOUND")
        return json_of(self._task(namespace, name, whole=True))

    def _task(self, namespace: str, name: str, *, whole: bool) -> TaskItem:
        key = subjects.definition_key("WorkflowTask", namespace, name)
        verdict, record = self._verdicts.get(key), self._definitions.get(key)
        spec = describing.task_spec(record)
        http = spec.http if spec else None
        return TaskItem(
            namespace,
            name,
            verdict.ready if verdict else False,
            "" if spec is None else "http" if http else "transform",
            verdict.version if verdict else "",
            spec.description if spec else "",
            spec.lifecycle if spec else "",
            http.method if http else "",
            (http.upstream or "") if http else "",
            spec.input_schema if spec and whole else None,
            spec.output_schema if spec and whole else None,
            [each.workflow for each in self._neighbours(namespace) if name in tasks_used(each)] if whole else [],
            verdict.conditions if verdict and whole else [],
            [describing.finding(d) for d in verdict.diagnostics] if verdict and whole else [],
        )

    # --- what is refused ----------------------------------------------------------------------

    async def failures(self, request: Request) -> Response:
        """Every error that keeps something from being published now, objects and files alike."""
        namespace = self._namespace(request)
        _only(request, "namespace")
        judged: list[Verdict | SourceVerdict] = [v for _, v in self._verdicts.items() if v.namespace == namespace]
        judged += [source for _, source in self._sources.items()]
        found = [failure for verdict in judged for failure in describing.failures(verdict)]
        return json_of(ValidationFailures(sorted(found, key=lambda failure: (failure.since, failure.origin))))

    # --- finding ------------------------------------------------------------------------------

    def _neighbours(self, namespace: str) -> list[Bundle]:
        return [each.bundle for each in self._catalogue if each.bundle.namespace == namespace]

    def _namespace(self, request: Request) -> str:
        return str(request.path_params.get("namespace") or request.query_params.get("namespace") or self._default)

    def _of_kind(self, kind: str, namespace: str) -> dict[str, Verdict]:
        return {v.name: v for _, v in self._verdicts.items() if (v.kind, v.namespace) == (kind, namespace)}

    def _broken_file(self, kind: str, namespace: str, name: str) -> SourceVerdict | None:
        key = subjects.definition_key(kind, namespace, name)
        return next((source for _, source in self._sources.items() if key in source.objects), None)


_PLURAL = {"category": "categories", "tag": "tags"}


def _only(request: Request, *known: str) -> dict[str, str]:
    """The query, refused where it names something unknown."""
    for name in request.query_params:
        if name not in known:
            close = nearest(name, known)
            hint = f"; did you mean `{close}`?" if close else f"; there are {', '.join(known)}"
            raise WorkflowError(f"unknown parameter `{name}`{hint}", code="PARAMETER_INVALID")
    return dict(request.query_params)
