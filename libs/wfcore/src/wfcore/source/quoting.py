"""The expression that was not put into quotes.

`{{input.id}}` without quotes is a mapping inside a mapping to YAML, and `/users/{{input.id}}` inside braces is an
error far from its cause. This module finds the text that was meant, so that the message can show it in quotes.
"""

import re

from msgspec import Struct

_EXPRESSION_FIELDS = {"when", "filter", "flatten", "by", "items", "from"}

_BLOCK = re.compile(r"^\s*(?:-\s+)*(?P<key>[\w.$-]+):[ \t]+(?P<value>\S.*?)\s*(?:\s#.*)?$")
_FLOW = re.compile(r"(?P<key>[\w.$-]+):[ \t]*(?P<value>[^\s,\[\]{}\"'][^,\"'\[\]{}]*\{\{[^{}]*\}\}[^,\"'{}\[\]]*)")
_FLOW_ALONE = re.compile(r"(?P<key>[\w.$-]+):[ \t]*(?P<value>\{\{[^{}]*\}\}[^,\"'{}\[\]]*)")
_CLOSED_QUOTE = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'")


class Unquoted(Struct, frozen=True):
    """The key, the whole text that belongs into quotes, and its column in the line, from 1."""

    key: str
    text: str
    column: int


_LONGEST = 10_000
"""Characters of a line that is looked at: a person has not written a longer one, and the search is not linear."""


def find(line: str) -> Unquoted | None:
    """The expression of this line that lacks its quotes, if there is one."""
    if len(line) > _LONGEST:
        return None
    block = _BLOCK.match(line)
    if block and _lacks_quotes(block["key"], block["value"]):
        return Unquoted(block["key"], block["value"], block.start("value") + 1)
    flow = _FLOW.search(line) or _FLOW_ALONE.search(line)
    if flow:
        return Unquoted(flow["key"], flow["value"].rstrip(), flow.start("value") + 1)
    return None


def _lacks_quotes(key: str, value: str) -> bool:
    if value[0] in "\"'":
        closed = _CLOSED_QUOTE.match(value)
        return key in _EXPRESSION_FIELDS and closed is not None and closed.end() < len(value)
    if value.startswith("{{"):
        return True
    if value[0] in "{[|>":
        return False
    return "{{" in value or key in _EXPRESSION_FIELDS


def quoted(text: str) -> str:
    """The text as a double-quoted YAML scalar, or a single-quoted one where that reads better."""
    if '"' in text and "'" not in text:
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
