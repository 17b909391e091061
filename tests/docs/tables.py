"""What the documentation must say, as the code says it: tables of settings and metrics, and how to read tables."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from tests.deploy.services import settings_of
from wfcli.dev.services import SERVICES
from wfcore import subjects
from wfservice.contracts import comments
from wfservice.runtime import ServiceSettings

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
_METRIC = re.compile(r"(Counter|Gauge|Histogram)\(\s*\"(\w+)\",\s*\"([^\"]+)\"")


def rows(text: str) -> list[list[str]]:
    """The cells of every table row in a page, without the lines under the heads."""
    lines = (line for line in text.splitlines() if line.startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if not line.startswith("|---")]


def section(text: str, title: str) -> str:
    """What stands under a heading of the second level."""
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def settings() -> Iterator[list[str]]:
    """A row per setting: variable, default, meaning. First those that all services share."""
    yield from _settings_of(ServiceSettings, "WORKFLOW_", set())
    shared = {field.name for field in structs.fields(ServiceSettings)}
    for service in SERVICES:
        yield from _settings_of(settings_of(service), f"{service.prefix}_", shared)


def _settings_of(type: type[ServiceSettings], prefix: str, without: set[str]) -> Iterator[list[str]]:
    words = comments.of_fields(type)
    for field in structs.fields(type):
        if field.name not in without:
            yield [f"`{prefix}{field.name.upper()}`", _shown(field), words[field.name]]


def _shown(field: structs.FieldInfo) -> str:
    if field.required:
        return "required"
    default: Any = field.default
    return "empty" if default == "" else f"`{msgspec.json.encode(default).decode().strip(chr(34))}`"


def metrics() -> Iterator[list[str]]:
    """A row per metric that any of our sources defines: name, kind, meaning."""
    for root in ("libs", "services"):
        for source in sorted((REPOSITORY / root).glob("*/src/**/*.py")):
            for kind, name, meaning in _METRIC.findall(source.read_text()):
                yield [f"`{name}`", kind.lower(), meaning]


def stores() -> Iterator[list[str]]:
    """A row per stream and bucket: name, what it holds, its limits."""
    words = comments.of_constants(subjects)
    for stream in subjects.STREAMS:
        about = {subjects.HISTORY.name: "HISTORY_BATCH", subjects.DEAD_LETTERS.name: "DEAD_LETTER"}[stream.name]
        limit = f"{stream.max_bytes >> 20} MiB on disk, {stream.max_age_seconds / 86400:g} days"
        yield [f"stream `{stream.name}`", words[about], limit]
    for bucket in subjects.BUCKETS:
        kept = "memory" if bucket.in_memory else "disk"
        lives = f", {bucket.ttl_seconds:g} s" if bucket.ttl_seconds else ", no limit of its own"
        yield [f"bucket `{bucket.name}`", words[bucket.name.upper()], kept + lives]
