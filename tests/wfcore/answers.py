"""Answers of the comparison, held to their word, and short ways to write schemas."""

from typing import Any

from wfcore import schema
from wfcore.compatibility import RULES, Answer, covers


def an_object(required: str = "", *, extra: object = None, **properties: object) -> dict[str, Any]:
    """An object schema; `extra` is its additionalProperties."""
    made: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        made["required"] = required.split()
    if extra is not None:
        made["additionalProperties"] = extra
    return made


def a_list(items: object, **more: object) -> dict[str, Any]:
    """An array schema."""
    return {"type": "array", "items": items, **more}


def checked(producer: Any, consumer: Any) -> Answer:
    """The answer, after holding it to its word: a no has a document that shows it, an undecided names the reason."""
    answer = covers(producer, consumer)
    giver, taker = schema.compile(producer), schema.compile(consumer)
    assert RULES.keys() >= {finding.rule for finding in answer.findings}
    match answer.verdict:
        case "yes":
            assert not answer.findings
        case "no":
            shown = answer.counterexample
            assert answer.findings
            assert giver.accepts(shown)
            assert giver.prune(shown)[0] == shown
            assert not taker.accepts(shown)
        case "undecided":
            assert answer.findings
            assert answer.hidden_by
    return answer
