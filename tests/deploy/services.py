"""What there is to deploy: the services that `dev` starts, and the settings that each accepts."""

import importlib
import re
import shlex
from pathlib import Path

from msgspec import structs

from wfcli.dev.services import SERVICES, Service
from wfservice.runtime import ServiceSettings

REPOSITORY = Path(__file__).parents[2]
DOCKERFILE = REPOSITORY / "deploy" / "Dockerfile"
BY_NAME = {service.name: service for service in SERVICES}


def settings_of(service: Service) -> type[ServiceSettings]:
    """The Settings struct of a service."""
    found: type[ServiceSettings] = importlib.import_module(f"{service.module}.settings").Settings
    return found


def own_name(service: Service) -> str:
    """How the service calls itself when it reads its settings."""
    return service.name.replace("-", "_")


def field_of(variable: str, service: Service) -> str | None:
    """The setting of this service that an environment variable means, or None."""
    fields = {each.name for each in structs.fields(settings_of(service))}
    for prefix in (f"{service.prefix}_", "WORKFLOW_"):
        name = variable.removeprefix(prefix).lower()
        if variable.startswith(prefix) and name in fields:
            return name
    return None


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, rest), continued lines joined."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text())
    lines = (line.partition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return [(word, rest) for word, _, rest in lines]


def image_environment() -> dict[str, str]:
    """What the last stage of the image tells every service."""
    last = max(index for index, (word, _) in enumerate(instructions()) if word == "FROM")
    pairs = [pair for word, rest in instructions()[last:] if word == "ENV" for pair in shlex.split(rest)]
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}
