"""Directories as a source of definitions: which objects their files hold, and which files cannot be read."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from wfcore import source, subjects
from wfcore.definition import read_definitions
from wfcore.diagnostics import Diagnostic, ObjectRef
from wfcore.messages import DefinitionRecord

SUFFIXES = (".yaml", ".yml", ".json")
KINDS = ("Upstream", "WorkflowTask", "Workflow")
_LABEL = re.compile(r"[A-Za-z0-9-]{1,253}")
"""What can be a token of a key; which names are right is the planner's to say."""

LARGEST = 4 << 20
"""A larger file is not read; one object may have 1 MiB."""


class FileObjects(NamedTuple):
    """What a file holds: objects by their key, or why it cannot be read."""

    origin: str
    objects: dict[str, DefinitionRecord]
    diagnostics: list[Diagnostic]


def files(folders: Iterable[Path]) -> list[Path]:
    """Every definition file below the folders, in order; what begins with a dot is not looked at."""
    found: set[Path] = set()
    for folder in folders:
        if folder.is_file():
            found.add(folder)
        for path in folder.rglob("*") if folder.is_dir() else ():
            hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            if path.suffix in SUFFIXES and not hidden and path.is_file():
                found.add(path)
    return sorted(found)


def shown(path: Path) -> str:
    """A path as its user knows it: from here where it lies below."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def read(path: Path, default_namespace: str) -> FileObjects | None:
    """Read one file; None when it vanished meanwhile."""
    origin = shown(path)
    try:
        raw = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        return None
    except OSError as error:
        return FileObjects(origin, {}, [Diagnostic(code="WF-101", message=f"{origin} cannot be read: {error}")])
    if len(raw) > LARGEST:
        said = f"{origin} has {len(raw)} bytes, more than {LARGEST >> 20} MiB"
        return FileObjects(origin, {}, [Diagnostic(code="WF-102", message=said)])
    text = source.decode(raw, origin)
    if isinstance(text, Diagnostic):
        return FileObjects(origin, {}, [text])
    return split(text, origin, default_namespace)


def split(text: str, origin: str, default_namespace: str) -> FileObjects:
    """The objects of a text, each with its own piece of it. One piece without a name breaks the whole file."""
    parsed = source.read(text, file=origin)
    broken = [diagnostic for diagnostic in parsed.diagnostics if diagnostic.is_error]
    if broken:
        return FileObjects(origin, {}, broken)
    objects: dict[str, DefinitionRecord] = {}
    for document in parsed.documents:
        named = _name(document.data, default_namespace)
        if named is None:
            wrong = read_definitions(document.text, file=origin, first_line=document.first_line)
            return FileObjects(origin, {}, wrong.diagnostics)
        record = DefinitionRecord(named.kind, named.namespace, named.name, document.text, origin, document.first_line)
        key = subjects.definition_key(named.kind, named.namespace, named.name)
        if key in objects:
            said = Diagnostic(code="WF-210", message=f"{named} stands twice in {origin}", object=named)
            return FileObjects(origin, {}, [said])
        objects[key] = record
    return FileObjects(origin, objects, [])


def _name(data: Any, default_namespace: str) -> ObjectRef | None:
    """Kind, namespace and name, where they can be told and can be a key."""
    metadata = data.get("metadata") if isinstance(data, dict) else None
    if not isinstance(metadata, dict) or data.get("kind") not in KINDS:
        return None
    name, namespace = metadata.get("name"), metadata.get("namespace", default_namespace)
    if not _is_label(name) or not _is_label(namespace):
        return None
    return ObjectRef(data["kind"], namespace, name)


def _is_label(text: Any) -> TypeGuard[str]:
    return isinstance(text, str) and _LABEL.fullmatch(text) is not None


def token(origin: str) -> str:
    """A file's name as a key."""
    return hashlib.sha256(origin.encode()).hexdigest()[:24]
