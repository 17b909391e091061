"""What an operator-watcher is told."""

import os
from pathlib import Path

from wfservice.runtime import ServiceSettings


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """Settings of the operator-watcher: WORKFLOW_OPERATOR_WATCHER_<FIELD>."""

    directories: str = "workflows"
    """Folders and files to watch, separated as in PATH. YAML and JSON below them, at any depth."""
    default_namespace: str = "default"
    """Namespace of objects that name none."""

    def folders(self) -> list[Path]:
        """The directories as paths."""
        return [Path(part) for part in self.directories.split(os.pathsep) if part]
