"""What a field of a definition may hold, said once, in its type.

The structs in `definition.model` are the only list of fields. `definition.shape` reads these types and reports every
fault of a definition with its place, where a decoder would stop at the first.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct


class NotYet(Struct, frozen=True):
    """The field is known but not executed yet, but for the values in `but`."""

    but: tuple[str, ...] = ()


class Measure(Struct, frozen=True):
    """A text with a unit, kept as a number: seconds for a duration, bytes for a size."""

    of: Literal["duration", "size"]


class AnyJson(Struct, frozen=True):
    """A value field. `holds` tells how its literal nulls are treated: see `definition.shape`."""

    holds: Literal["template", "literal", "schema"]


class Label(Struct, frozen=True):
    """A name of Kubernetes: an RFC 1123 label."""


Later = Annotated[Any, NotYet()]
Duration = Annotated[float, Measure("duration")]
Size = Annotated[int, Measure("size")]
Template = Annotated[Any, AnyJson("template")]
Literally = Annotated[Any, AnyJson("literal")]
JsonSchema = Annotated[Any, AnyJson("schema")]
Name = Annotated[str, Label()]

MAX_TASKS = 500
StatusPattern = Annotated[str, Meta(pattern="^[1-5](xx|[0-9][0-9])$", description="a status like `200` or `2xx`")]
Expression = Annotated[str, Meta(min_length=1)]
Code = Annotated[str, Meta(pattern="^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$", description="a code like `NO_SUCH_USER`")]
Version = Annotated[
    str, Meta(pattern="^sha256:[0-9a-f]{64}$", description="a version like `sha256:…` with 64 hex digits")
]
RetryReason = Annotated[
    str,
    Meta(pattern="^(connection|timeout|[45](xx|[0-9][0-9]))$", description="`connection`, `timeout`, `429` or `5xx`"),
]
