"""The three kinds as typed models, read from YAML or JSON with the place of every value.

Wherever a definition comes from (a directory, a cluster, the editor), it is read here and nowhere else.
"""

from wfcore.definition.model import (
    BodyType,
    Example,
    HttpCall,
    Metadata,
    Method,
    Mock,
    Retry,
    Spec,
    TaskEntry,
    UpstreamLimits,
    UpstreamSpec,
    WorkflowSpec,
    WorkflowTaskSpec,
)
from wfcore.definition.reading import API_VERSION, Definition, Reading, read_definitions, version_of

__all__ = [
    "API_VERSION",
    "BodyType",
    "Definition",
    "Example",
    "HttpCall",
    "Metadata",
    "Method",
    "Mock",
    "Reading",
    "Retry",
    "Spec",
    "TaskEntry",
    "UpstreamLimits",
    "UpstreamSpec",
    "WorkflowSpec",
    "WorkflowTaskSpec",
    "read_definitions",
    "version_of",
]
