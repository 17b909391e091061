"""A workflow with all it needs to run, in one immutable piece.

The planner builds it from proven definitions; executors and gateways fetch it by its hash. It holds
sources and schemas only, no compiled code, so that every release of a service can read it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

LANGUAGE_VERSION = "1"
"""Part of every release: a change of meaning makes new releases of unchanged definitions."""

Safety = Literal["safe", "idempotent", "unsafe"]
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_IDEMPOTENT_METHODS = frozenset({"PUT", "DELETE"})


class Retry(Struct, frozen=True, omit_defaults=True):
    """When a failed call is tried again. Seconds."""

    max_attempts: int
    initial_interval: float = 0.05
    multiplier: float = 2.0
    max_interval: float = 2.0
    retry_on: tuple[str, ...] = ("connection", "timeout", "429", "502", "503", "504")


class Http(Struct, frozen=True, omit_defaults=True):
    """The call of a task: constant origin, templates for the rest."""

    upstream: str
    base_url: str
    method: str
    path: str
    query: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    body: Any = None
    has_body: bool = False
    body_type: Literal["json", "form", "multipart", "text", "raw"] = "json"
    success_codes: tuple[str, ...] = ("2xx",)
    output: Any = "{{response.body}}"
    private_addresses: bool = False
    max_response_bytes: int = 2 << 20


class TaskPlan(Struct, frozen=True, omit_defaults=True):
    """One task of the graph, resolved. Seconds."""

    id: str
    task_ref: str
    task_version: str
    needs: tuple[str, ...]
    input: Any
    http: Http
    input_schema: Any
    output_schema: Any
    timeout: float
    attempt_timeout: float | None
    retry: Retry
    safety: Safety
    check_input: bool = False
    """True where the proof was undecided: the input is checked before the send."""
    strict: bool = False
    """Every breach of outputSchema is fatal, not only where the workflow reads."""
    reads: tuple[tuple[str | int, ...], ...] = ()
    """Paths of its output that the workflow reads; () inside means the whole."""


class Bundle(Struct, frozen=True, omit_defaults=True):
    """A workflow ready to run."""

    namespace: str
    workflow: str
    version: str
    release: str
    language: str
    timeout: float
    max_parallel: int
    input_schema: Any
    output_schema: Any
    checks_output: bool
    """True where the author wrote an outputSchema: the answer is checked against it."""
    output: Any
    tasks: tuple[TaskPlan, ...]
    label: str = ""
    """The author's own version text."""
    description: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    examples: tuple[dict[str, Any], ...] = ()

    @property
    def all_safe(self) -> bool:
        return all(task.safety == "safe" for task in self.tasks)


def safety(method: str, declared_idempotent: bool) -> Safety:
    """How dangerous it is to make a call of this method twice."""
    if method in _SAFE_METHODS:
        return "safe"
    if declared_idempotent or method in _IDEMPOTENT_METHODS:
        return "idempotent"
    return "unsafe"


def release(workflow_version: str, referenced: Mapping[str, str], origins: Mapping[str, str]) -> str:
    """Hash over the versions of a workflow and of all it references, the origins of its upstreams and the language."""
    parts = [
        workflow_version,
        *(f"{name}={version}" for name, version in sorted(referenced.items())),
        *(f"{name}={origin}" for name, origin in sorted(origins.items())),
        LANGUAGE_VERSION,
    ]
    return "sha256:" + hashlib.sha256("\n".join(parts).encode()).hexdigest()


def pack(bundle: Bundle) -> tuple[str, bytes]:
    """The bundle's bytes and their hash, which is its name."""
    data = msgspec.msgpack.encode(bundle)
    return hashlib.sha256(data).hexdigest(), data


def unpack(data: bytes) -> Bundle:
    """The bundle in these bytes."""
    return msgspec.msgpack.decode(data, type=Bundle)
