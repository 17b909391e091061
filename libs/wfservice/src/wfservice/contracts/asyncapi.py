"""The AsyncAPI 3.1 document: every subject, bucket and stream, with the messages on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from wfcore import subjects
from wfcore.messages import Failed
from wfservice.contracts import comments, schemas
from wfservice.contracts.exchanges import KEPT, REQUESTS, STREAMED, TELLINGS, Exchange

_WORDS = comments.of_constants(subjects)
_HEADERS = ("BUDGET_HEADER", "DEADLINE_HEADER", "SCHEMA_HEADER")
_PARAMETER = re.compile(r"{(\w+)}")
_PARAMETERS = {
    "executor": "Id of one executor process.",
    "asker": "Id of one process that asks for runs: a gateway.",
    "key": "Key inside the bucket.",
}


def document(release: str) -> dict[str, Any]:
    """The whole document, as JSON; schemas are referred to, not repeated."""
    exchanges = (*REQUESTS, *TELLINGS, *STREAMED)
    types = {each.__name__: each for each in _types()}
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "The bus of the workflow engine",
            "version": release,
            "description": "Payloads are msgpack maps of the schemas; bytes where these say base64. "
            "Written by `make proto`.",
        },
        "defaultContentType": "application/msgpack",
        "servers": {"nats": {"host": "127.0.0.1:4222", "protocol": "nats"}},
        "channels": {_name(each): _channel(each) for each in exchanges}
        | {f"{_name(each)}Reply": _reply_channel(each) for each in REQUESTS}
        | {f"{bucket.name}Bucket": _bucket(bucket, type) for bucket, type in KEPT.items()},
        "operations": {_name(each): _operation(each) for each in exchanges}
        | {f"{bucket.name}Changed": _watched(bucket, type) for bucket, type in KEPT.items()},
        "components": {
            "messages": {name: _message(name) for name in types} | {"Piece": _PIECE},
            "messageTraits": {"headers": {"headers": _headers()}},
        },
    }


_PIECE = {
    "title": "Piece",
    "summary": "Piece of a bundle: msgpack, compressed with zstd, cut to fit the bus.",
    "contentType": "application/octet-stream",
}


def _types() -> Iterator[type[Struct]]:
    for each in (*REQUESTS, *TELLINGS, *STREAMED):
        yield each.message
        yield from each.replies
    yield from (each for each in KEPT.values() if each is not None)
    yield Failed


def _name(exchange: Exchange) -> str:
    first, *rest = exchange.source.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)


def _channel(exchange: Exchange) -> dict[str, Any]:
    return {
        "address": exchange.subject,
        "description": _WORDS[exchange.source],
        **_parameters(exchange.subject),
        "messages": _messages([exchange.message.__name__]),
    }


def _reply_channel(exchange: Exchange) -> dict[str, Any]:
    """Where the reply goes is known only when it is asked: to the inbox of the asking connection."""
    return {"address": None, "messages": _messages(_replies(exchange))}


def _replies(exchange: Exchange) -> list[str]:
    return [*(each.__name__ for each in exchange.replies), Failed.__name__]


def _bucket(bucket: subjects.Bucket, type: type[Struct] | None) -> dict[str, Any]:
    address = f"$KV.{bucket.name}.{{key}}"
    return {
        "address": address,
        "description": _WORDS[bucket.name.upper()],
        **_parameters(address),
        "messages": _messages([type.__name__ if type else "Piece"]),
    }


def _operation(exchange: Exchange) -> dict[str, Any]:
    channel = _name(exchange)
    made: dict[str, Any] = {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{exchange.message.__name__}"}],
    }
    if exchange.replies:
        reply = f"#/channels/{channel}Reply"
        made["reply"] = {
            "channel": {"$ref": reply},
            "messages": [{"$ref": f"{reply}/messages/{name}"} for name in _replies(exchange)],
        }
    if exchange.queue:
        made["bindings"] = {"nats": {"queue": exchange.queue, "bindingVersion": "0.1.0"}}
    return made


def _watched(bucket: subjects.Bucket, type: type[Struct] | None) -> dict[str, Any]:
    channel = f"#/channels/{bucket.name}Bucket"
    name = type.__name__ if type else "Piece"
    return {
        "action": "receive",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{name}"}],
    }


def _parameters(address: str) -> dict[str, Any]:
    names = _PARAMETER.findall(address)
    return {"parameters": {name: {"description": _PARAMETERS[name]} for name in names}} if names else {}


def _messages(names: list[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in names}


def _message(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": name,
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{schemas.FILE}#/$defs/{name}"},
        },
        "traits": [{"$ref": "#/components/messageTraits/headers"}],
    }


def _headers() -> dict[str, Any]:
    told = {getattr(subjects, name): _WORDS[name] for name in _HEADERS}
    told["traceparent"] = "The trace that the sender is in, as W3C Trace Context writes it."
    told[subjects.ERROR_HEADER] = _WORDS["ERROR_HEADER"]
    return {
        "type": "object",
        "properties": {name: {"type": "string", "description": text} for name, text in told.items()},
    }
