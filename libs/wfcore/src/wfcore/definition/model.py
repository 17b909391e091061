"""The three kinds, field by field.

Attribute names are ours, the YAML names are their camelCase. Durations are seconds, sizes bytes. A field of type
`Later` is part of the language, but this version does not execute it.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field, json

from wfcore.definition.fields import (
    MAX_TASKS,
    Code,
    Duration,
    Expression,
    JsonSchema,
    Later,
    Literally,
    Name,
    RetryReason,
    Size,
    StatusPattern,
    Template,
    Version,
)


def takes_nothing() -> JsonSchema:
    """The input schema of what declares none: an object of which nothing can be read."""
    return {"type": "object", "properties": {}}


class Metadata(Struct, frozen=True, kw_only=True, rename="camel"):
    name: Name
    namespace: Name = "default"
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


WRITTEN_BY_KUBERNETES = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "finalizers",
        "generateName",
        "generation",
        "managedFields",
        "ownerReferences",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
"""Fields of metadata that an object read back from a cluster carries; they are nobody's fault and no use to us."""


class UpstreamLimits(Struct, frozen=True, kw_only=True, rename="camel"):
    max_response_bytes: Size = 2 * 1024 * 1024
    max_in_flight: Later = None
    rate: Later = None
    burst: Later = None


class UpstreamSpec(Struct, frozen=True, kw_only=True, rename="camel"):
    """A service that tasks call."""

    url: str
    description: str = ""
    paused: bool = False
    private_addresses: bool = False
    limits: UpstreamLimits = UpstreamLimits()
    auth: Later = None
    forward_headers: Later = None
    circuit_breaker: Later = None
    retry_budget: Later = None


Method = Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
BodyType = Literal["json", "form", "multipart", "text", "raw"]


class HttpCall(Struct, frozen=True, kw_only=True, rename="camel"):
    """One HTTP request and what of its answer becomes the task's output."""

    upstream: Name | None = None
    url: Later = None
    method: Method = "GET"
    path: Annotated[str, Meta(max_length=4096)] = "/"
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: Template = None
    body_type: BodyType = "json"
    success_codes: Annotated[tuple[StatusPattern, ...], Meta(min_length=1)] = ("2xx",)
    output: Template = "{{response.body}}"


class Retry(Struct, frozen=True, kw_only=True, rename="camel"):
    """When a call is tried again. Without `max_attempts` the kind of call decides."""

    max_attempts: Annotated[int, Meta(ge=1, le=10)] | None = None
    initial_interval: Duration = 0.1
    multiplier: Annotated[float, Meta(ge=1, le=10)] = 2.0
    max_interval: Duration = 2.0
    retry_on: tuple[RetryReason, ...] = ("connection", "timeout", "429", "502", "503", "504")
    idempotent: bool = False


class SortKey(Struct, frozen=True, kw_only=True, rename="camel"):
    """One key of a sort; what is null or absent comes last in both orders."""

    by: Expression
    order: Literal["asc", "desc"] = "asc"


class Distinct(Struct, frozen=True, kw_only=True, rename="camel"):
    """Of items that are equal by this the first stays; without `by` the items themselves are compared."""

    by: Expression = "item"


class TransformStep(Struct, frozen=True, kw_only=True, rename="camel"):
    """One step over a list, with `item` and `index` in scope: exactly one of these."""

    filter: Expression | None = None
    map: Template = None
    select: Annotated[tuple[str, ...], Meta(min_length=1)] | None = None
    flatten: Expression | None = None
    sort: Annotated[tuple[SortKey, ...], Meta(min_length=1)] | None = None
    distinct: Distinct | None = None
    limit: Annotated[int, Meta(ge=1)] | None = None


class Transform(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A list, made from another one step by step."""

    from_: Template
    steps: Annotated[tuple[TransformStep, ...], Meta(max_length=20)] = ()

    def written(self) -> dict[str, Any]:
        """As it stands in a definition, defaults filled in: `{"from": …, "steps": [{"filter": …}, …]}`."""
        written: list[dict[str, Any]] = json.decode(json.encode(self.steps))
        return {
            "from": self.from_,
            "steps": [{name: value for name, value in step.items() if value is not None} for step in written],
        }


class Mock(Struct, frozen=True, kw_only=True, rename="camel"):
    """An answer for dry runs; a real run never reads it."""

    when: Expression | None = None
    output: Literally


class WorkflowTaskSpec(Struct, frozen=True, kw_only=True, rename="camel"):
    """One call, or one step over data, that workflows can use."""

    description: str = ""
    lifecycle: Literal["draft", "active", "superseded", "deprecated"] = "active"
    input_schema: JsonSchema = field(default_factory=takes_nothing)
    output_schema: JsonSchema = {}
    timeout: Duration | None = None
    attempt_timeout: Duration | None = None
    retry: Retry = Retry()
    validate: Literal["usage", "strict"] = "usage"
    http: HttpCall | None = None
    transform: Transform | None = None
    mocks: tuple[Mock, ...] = ()
    cache: Later = None
    errors: Later = None


class ForEach(Struct, frozen=True, kw_only=True, rename={"as_": "as", "max_parallel": "maxParallel"}):
    """A list whose items are worked on by the tasks beside it, several at a time."""

    items: Expression
    """A template that is one `{{…}}`."""
    as_: str = "item"
    max_parallel: Annotated[int, Meta(ge=1, le=100)] = 16


class Branch(Struct, frozen=True, kw_only=True, rename="camel"):
    """One way of a switch: the first whose `when` holds is taken, else the default."""

    when: Expression | None = None
    default: bool = False
    tasks: "tuple[TaskEntry, ...]" = ()
    output: Template = None


class Fallback(Struct, frozen=True, kw_only=True, rename="camel"):
    """What stands in for a task that failed: a value, or the output of another task."""

    output: Template = None
    task_ref: Name | None = None
    input: Template = {}


class TaskEntry(Struct, frozen=True, kw_only=True, rename="camel"):
    """One task of a workflow, or of a scope inside it."""

    id: str
    task_ref: Name | None = None
    task_version: Version | None = None
    workflow_ref: Name | None = None
    workflow_version: Version | None = None
    transform: Transform | None = None
    for_each: ForEach | None = None
    tasks: "tuple[TaskEntry, ...]" = ()
    """Of a `forEach`: what is done with each item."""
    output: Template = None
    """Of a `forEach`: the value of each item."""
    switch: Annotated[tuple[Branch, ...], Meta(min_length=1)] | None = None
    input: Template = {}
    depends_on: tuple[str, ...] = ()
    when: Expression | None = None
    timeout: Duration | None = None
    on_error: Literal["fail", "skip", "fallback"] = "fail"
    fallback: Fallback | None = None


class ErrorRule(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a caller is told instead, where a failure meets the condition."""

    when: Expression
    status: Annotated[int, Meta(ge=400, le=599)]
    code: Code
    title: str
    suggested_action: str = ""


class Route(Struct, frozen=True, kw_only=True, rename="camel"):
    """An address of the workflow's own, beside the generated one."""

    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    path: Annotated[str, Meta(max_length=1024)]


class Example(Struct, frozen=True, kw_only=True, rename="camel"):
    """An input that runs as it stands."""

    name: str
    description: str = ""
    input: Literally = {}


class WorkflowSpec(Struct, frozen=True, kw_only=True, rename="camel"):
    """A graph of tasks behind one endpoint."""

    version: str = ""
    description: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    timeout: Duration = 10.0
    max_parallel: Annotated[int, Meta(ge=1, le=100)] = 16
    paused: bool = False
    input_schema: JsonSchema = field(default_factory=takes_nothing)
    output_schema: JsonSchema | None = None
    examples: tuple[Example, ...] = ()
    tasks: Annotated[tuple[TaskEntry, ...], Meta(min_length=1, max_length=MAX_TASKS)]
    output: Template
    required_fields: dict[str, tuple[str, ...]] = {}
    route: Route | None = None
    errors: tuple[ErrorRule, ...] = ()
    on_deadline: Later = None
    on_disconnect: Later = None
    history: Later = None
    triggers: Later = None


Spec = UpstreamSpec | WorkflowTaskSpec | WorkflowSpec

KINDS: dict[str, type[Any]] = {"Upstream": UpstreamSpec, "WorkflowTask": WorkflowTaskSpec, "Workflow": WorkflowSpec}

ONE_OF: dict[type[Any], tuple[str, ...]] = {
    HttpCall: ("upstream", "url"),
    WorkflowTaskSpec: ("http", "transform"),
    TaskEntry: ("taskRef", "workflowRef", "transform", "forEach", "switch"),
    TransformStep: ("filter", "map", "select", "flatten", "sort", "distinct", "limit"),
    Branch: ("when", "default"),
    Fallback: ("output", "taskRef"),
}
"""Of these YAML names exactly one is needed."""

BELONGS_TO: dict[type[Any], dict[str, tuple[str, ...]]] = {
    WorkflowTaskSpec: {"retry": ("http",), "attemptTimeout": ("http",), "timeout": ("http",)},
    TaskEntry: {
        "taskVersion": ("taskRef",),
        "workflowVersion": ("workflowRef",),
        "input": ("taskRef", "workflowRef"),
        "timeout": ("taskRef", "workflowRef", "forEach", "switch"),
        "tasks": ("forEach",),
        "output": ("forEach",),
    },
    Fallback: {"input": ("taskRef",)},
}
"""Fields that mean something only beside one of these."""

NEEDED_BESIDE: dict[type[Any], dict[str, str]] = {TaskEntry: {"forEach": "tasks"}}
"""Where the first is written, the second is required."""
