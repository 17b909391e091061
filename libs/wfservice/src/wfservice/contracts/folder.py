"""What proto/ holds. Documents follow the code; a golden message of a release is written once and never again."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any

from wfservice.contracts import asyncapi, schemas
from wfservice.contracts.golden import goldens

RELEASE = ".".join(metadata.version("wfcore").split(".")[:2])
"""Major and minor of this release: golden messages are kept per release."""


def write(folder: Path) -> list[Path]:
    """Write what is missing or stale; returns what was written."""
    files = _documents() | _goldens()
    written = [folder / name for name in _differing(folder)]
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[path.relative_to(folder).as_posix()])
    return written


def missing_or_stale(folder: Path) -> list[Path]:
    """Files that are not there or not what the code says, in order of their names."""
    return [folder / name for name in _differing(folder)]


def _differing(folder: Path) -> list[str]:
    stale = [name for name, data in _documents().items() if _held(folder / name) != data]
    missing = [name for name in _goldens() if _held(folder / name) is None]
    return sorted(stale + missing)


def _held(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _documents() -> dict[str, bytes]:
    return {schemas.FILE: _json(schemas.document()), "asyncapi.json": _json(asyncapi.document(RELEASE))}


def _goldens() -> dict[str, bytes]:
    return {f"golden/{RELEASE}/{name}": data for name, data in goldens().items()}


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
