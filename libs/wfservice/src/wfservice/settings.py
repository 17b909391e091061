"""Settings of a service: read once at start, from the environment and workflow.toml, every fault told.

A field `health_port` of the service `gateway` is `WORKFLOW_GATEWAY_HEALTH_PORT`; settings that all services
share (`nats_url`) may also be given without the service's name. In workflow.toml it is `health_port` under
`[gateway]`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import msgspec
from msgspec import Struct

Settings = TypeVar("Settings", bound=Struct)


class SettingsInvalid(Exception):
    """Lists every fault of the settings, not the first alone."""


def load(type: type[Settings], service: str, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of a service; raises SettingsInvalid with all faults."""
    environment = os.environ if environment is None else environment
    written = _file(environment, service)
    hints = get_type_hints(type, include_extras=True)
    values: dict[str, Any] = {}
    faults: list[str] = []
    for field in msgspec.structs.fields(type):
        names = [f"WORKFLOW_{service.upper()}_{field.name.upper()}", f"WORKFLOW_{field.name.upper()}"]
        source = next((name for name in names if name in environment), None)
        if source is not None:
            raw: Any = environment[source]
        elif field.name in written:
            source, raw = f"workflow.toml [{service}] {field.name}", written[field.name]
        elif field.required:
            faults.append(f"{names[0]} is not set, and has no default")
            continue
        else:
            continue
        try:
            values[field.name] = msgspec.convert(raw, hints[field.name], strict=False)
        except msgspec.ValidationError as error:
            faults.append(f"{source}={raw!r}: {error}")
    for unknown in sorted(set(written) - {field.name for field in msgspec.structs.fields(type)}):
        faults.append(f"workflow.toml [{service}] {unknown}: no such setting")
    if faults:
        raise SettingsInvalid(f"settings of {service}:\n" + "\n".join(f"  - {fault}" for fault in faults))
    return type(**values)


def _file(environment: Mapping[str, str], service: str) -> dict[str, Any]:
    path = Path(environment.get("WORKFLOW_CONFIG", "workflow.toml"))
    if not path.is_file():
        return {}
    try:
        section = tomllib.loads(path.read_text()).get(service, {})
    except tomllib.TOMLDecodeError as error:
        raise SettingsInvalid(f"{path}: {error}") from error
    if not isinstance(section, dict):
        raise SettingsInvalid(f"{path}: `{service}` is {section!r}, a section `[{service}]` belongs there")
    return section
