"""The three kinds, field by field.

Attribute names are ours, the YAML names are their camelCase. Durations are seconds, sizes bytes. A field of type
`Later` is part of the language, but this version does not execute it.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from wfcore.definition.fields import (
    MAX_TASKS,
    Duration,
    JsonSchema,
    Later,
    Literally,
    Name,
    NotYet,
    RetryReason,
    Size,
    StatusPattern,
    Template,
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


class Mock(Struct, frozen=True, kw_only=True, rename="camel"):
    """An answer for dry runs; a real run never reads it."""

    when: str | None = None
    output: Literally


class WorkflowTaskSpec(Struct, frozen=True, kw_only=True, rename="camel"):
    """One call that workflows can use."""

    description: str = ""
    lifecycle: Literal["draft", "active", "superseded", "deprecated"] = "active"
    input_schema: JsonSchema = field(default_factory=takes_nothing)
    output_schema: JsonSchema = {}
    timeout: Duration | None = None
    attempt_timeout: Duration | None = None
    retry: Retry = Retry()
    validate: Literal["usage", "strict"] = "usage"
    http: HttpCall | None = None
    mocks: tuple[Mock, ...] = ()
    transform: Later = None
    cache: Later = None
    errors: Later = None


class TaskEntry(Struct, frozen=True, kw_only=True, rename="camel"):
    """One task of a workflow."""

    id: str
    task_ref: Name | None = None
    input: Template = {}
    depends_on: tuple[str, ...] = ()
    timeout: Duration | None = None
    on_error: Annotated[Literal["fail", "skip", "fallback"], NotYet(but=("fail",))] = "fail"
    workflow_ref: Later = None
    task_version: Later = None
    workflow_version: Later = None
    transform: Later = None
    for_each: Later = None
    tasks: Later = None
    output: Later = None
    switch: Later = None
    when: Later = None
    fallback: Later = None


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
    on_deadline: Later = None
    on_disconnect: Later = None
    history: Later = None
    route: Later = None
    errors: Later = None
    triggers: Later = None


Spec = UpstreamSpec | WorkflowTaskSpec | WorkflowSpec

KINDS: dict[str, type[Any]] = {"Upstream": UpstreamSpec, "WorkflowTask": WorkflowTaskSpec, "Workflow": WorkflowSpec}

ONE_OF: dict[type[Any], tuple[str, ...]] = {
    HttpCall: ("upstream", "url"),
    WorkflowTaskSpec: ("http", "transform"),
    TaskEntry: ("taskRef", "workflowRef", "transform", "forEach", "switch"),
}
"""Of these YAML names exactly one is needed."""
