"""One message of every type, as bytes and as readable JSON: what this release sends, for all later ones to understand.

They are drawn from the types, every field filled, so a new field or type is in them without anybody's help.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec import Struct, inspect

from wfcore import events
from wfservice.bus import wire
from wfservice.contracts.schemas import message_types

_EXECUTION = "01980c5e-7a10-7c3b-9f42-8d1e5b6a7c90"
_AT = 1_767_225_600_000_000
_TEXTS = {
    "execution": _EXECUTION,
    "runs": _EXECUTION,
    "results": _EXECUTION,
    "asker": "9f2c61d07ab4",
    "executor": "4b7de0a85c13",
    "sender": "executor-4b7de0a85c13",
    "namespace": "shop",
    "workflow": "user-profile",
    "task": "user",
    "id": "user",
    "task_ref": "get-user",
    "code": "UPSTREAM_TIMEOUT",
    "method": "POST",
    "url": "https://users.example.com/users/7",
    "kind": "Workflow",
    "name": "user-profile",
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
}
"""What stands in a text of this name; another field's text is its own name."""
_NUMBERS = {"attempt": 1, "call": 1, "seq": 4, "because": 3, "status": 504, "http_status": 504}
_EVENT = events.TaskStarted
"""The event that stands where any may stand."""


def goldens() -> dict[str, bytes]:
    """From file name to content, two per message and two per type of event."""
    files: dict[str, bytes] = {}
    for name, type in message_types().items():
        files |= _both(name, _sample(type))
    for name, type in events.TYPES.items():
        files |= _both(f"events/{name}", _event(type))
    return files


def readable(payload: bytes) -> bytes:
    """A payload as JSON text for people; bytes become base64."""
    plain = msgspec.to_builtins(msgspec.msgpack.decode(payload))
    return (json.dumps(plain, indent=2, ensure_ascii=False) + "\n").encode()


def _both(name: str, message: Struct) -> dict[str, bytes]:
    payload = wire.encode(message)
    return {f"{name}.msgpack": payload, f"{name}.json": readable(payload)}


def _sample(type: type[Struct]) -> Any:
    if type is events.Event:
        return _event(_EVENT)
    return type(**{field.name: _value(field.type, field.name) for field in _fields(type)})


def _event(type: type[Struct]) -> events.Event:
    return events.Event(_EXECUTION, 1, 4, _AT, type.__name__, _sample(type), 3, "user", 1)


def _fields(type: type[Struct]) -> tuple[inspect.Field, ...]:
    information = inspect.type_info(type)
    assert isinstance(information, inspect.StructType)
    return information.fields


def _value(type: inspect.Type, name: str) -> Any:
    match type:
        case inspect.StructType(cls=cls):
            return _sample(cls)
        case inspect.UnionType(types=types):
            return _value(next(each for each in types if not isinstance(each, inspect.NoneType)), name)
        case inspect.LiteralType(values=values):
            return values[-1]
        case inspect.ListType(item_type=item):
            return [_value(item, name)]
        case inspect.VarTupleType(item_type=item):
            return (_value(item, name),)
        case inspect.TupleType(item_types=items):
            return tuple(_value(item, name) for item in items)
        case inspect.DictType(value_type=value):
            return {name: _value(value, name)}
        case inspect.BytesType():
            return b'{"id": 7}'
        case inspect.BoolType():
            return True
        case inspect.IntType():
            return _NUMBERS.get(name, _AT if name.endswith(("at", "by")) else 7)
        case inspect.FloatType():
            return 0.5
        case inspect.StrType():
            return _TEXTS.get(name, name)
        case inspect.AnyType():
            return {"any": [1, "two", None]}
    raise NotImplementedError(f"{name}: no sample of {type}")
