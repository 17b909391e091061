"""JSON Schemas of all that travels: one file, a definition per message and per type of event.

On the wire the same shapes are msgpack maps, and `contentEncoding: base64` is bytes as they are.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from wfcore import events, messages
from wfservice.contracts import comments

FILE = "messages.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def message_types() -> dict[str, type[Struct]]:
    """Every message by name, in the order of `wfcore.messages`."""
    return {
        name: each
        for name, each in vars(messages).items()
        if isinstance(each, type) and issubclass(each, Struct) and each.__module__ == messages.__name__
    }


def document() -> dict[str, Any]:
    """The file: `$defs` only, so that each shape is referred to by its name."""
    roots: list[type[Struct]] = [*message_types().values(), events.Event, *events.TYPES.values()]
    _, found = msgspec.json.schema_components(roots, ref_template="#/$defs/{name}")
    for name, type in _structs(roots).items():
        _comment(found[name], type)
    _refine_event(found["Event"])
    return {
        "$schema": DIALECT,
        "$comment": "Written by `make proto`.",
        "title": "What travels on the bus",
        "$defs": dict(sorted(found.items())),
    }


def _structs(roots: list[type[Struct]]) -> dict[str, type[Struct]]:
    found: dict[str, type[Struct]] = {}
    for information in msgspec.inspect.multi_type_info(roots):
        _collect(information, found)
    return found


def _collect(information: msgspec.inspect.Type, found: dict[str, type[Struct]]) -> None:
    match information:
        case msgspec.inspect.StructType(cls=cls, fields=fields):
            if cls.__name__ not in found:
                found[cls.__name__] = cls
                for field in fields:
                    _collect(field.type, found)
        case msgspec.inspect.UnionType(types=types) | msgspec.inspect.TupleType(item_types=types):
            for each in types:
                _collect(each, found)
        case msgspec.inspect.ListType(item_type=item) | msgspec.inspect.VarTupleType(item_type=item):
            _collect(item, found)
        case msgspec.inspect.DictType(value_type=value):
            _collect(value, found)


def _comment(schema: dict[str, Any], type: type[Struct]) -> None:
    schema.pop("description", None)
    if text := comments.of_class(type):
        schema["description"] = text
    texts = comments.of_fields(type)
    for field in msgspec.structs.fields(type):
        if field.name in texts:
            schema["properties"][field.encode_name]["description"] = texts[field.name]


def _refine_event(schema: dict[str, Any]) -> None:
    """`data` is what `type` says. A type that is not listed is one of a newer release: anything."""
    schema["allOf"] = [
        {
            "if": {"properties": {"type": {"const": name}}},
            "then": {"properties": {"data": {"$ref": f"#/$defs/{name}"}}},
        }
        for name in events.TYPES
    ]
