"""Large schemas are compared soon, absurd ones are given up soon, and nothing is fetched or matched at length."""

import gzip
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from tests.wfcore.answers import an_object, checked

from wfcore import schema
from wfcore.compatibility import covers
from wfcore.schema import SchemaError

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("WF_TEST_DATA", REPOSITORY / ".." / "shared" / "data"))
STRIPE = DATA / "openapi" / "stripe-spec3.json.gz"
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
SECONDS = 3.0
"""Ten times what is promised: other work runs on this machine too."""


def nested(levels: int, leaf: dict) -> dict:
    for _ in range(levels):
        leaf = an_object("a", a=leaf)
    return leaf


def ring(length: int, last: dict) -> dict:
    """Definitions that refer to each other in two circles."""
    made = {
        f"d{n}": an_object(a={"$ref": f"#/$defs/d{(n + 1) % length}"}, b={"$ref": f"#/$defs/d{(n * 7 + 3) % length}"})
        for n in range(length)
    }
    made["d5"]["properties"]["v"] = last
    return {"$ref": "#/$defs/d0", "$defs": made}


def kinds(count: int, slack: int = 0) -> list[dict]:
    return [an_object("k", k={"const": n}, v={"type": "integer", "minimum": n - slack}) for n in range(count)]


HARD = {
    "20,000 branches": ({"anyOf": [{"const": n} for n in range(20_000)]}, TEXT),
    "9,990 branches": (
        {"anyOf": [{**TEXT, "maxLength": n} for n in range(9_990)]},
        {"anyOf": [{**TEXT, "maxLength": n} for n in range(9_989)]},
    ),
    "2,400 kinds": ({"oneOf": kinds(2_400)}, {"oneOf": kinds(2_400, 1)}),
    "95 levels": (nested(95, TEXT), nested(95, WHOLE)),
    "5,000 levels": (nested(5_000, TEXT), TEXT),
    "rings of references": (ring(300, WHOLE), ring(300, TEXT)),
    "14 choices at once": (
        {"allOf": [{"anyOf": [an_object(**{f"x{n}": TEXT}), an_object(**{f"y{n}": WHOLE})]} for n in range(14)]},
        {"not": {"required": ["z"]}},
    ),
    "patterns that explode elsewhere": ({**TEXT, "pattern": "^(a+)+$"}, {**TEXT, "pattern": "^(a|aa)+$"}),
    "patterns with counts": (
        {**TEXT, "pattern": "^([a-z]{1,200}[0-9]{1,200}){1,20}$"},
        {**TEXT, "pattern": "^([a-z0-9]{1,300}){1,25}$", "maxLength": 8_000},
    ),
    "a remote reference": ({"$ref": "http://127.0.0.1:1/schema.json"}, TEXT),
    "bounds nobody can fill": ({"type": "array", "minItems": 10**9}, {"type": "array", "minItems": 10**9 + 1}),
    "a thousand patterns of names": (
        {"type": "object", "patternProperties": {f"^a{n}": WHOLE for n in range(400)}},
        {"type": "object", "patternProperties": {f"^a{n}": {"type": "number"} for n in range(401)}},
    ),
}


@pytest.mark.parametrize(("producer", "consumer"), HARD.values(), ids=HARD)
def test_absurd_pairs_are_answered_soon(producer: Any, consumer: Any) -> None:
    """A refusal, a no or an undecided within a third of a second."""
    before = time.process_time()
    try:
        verdict = covers(producer, consumer).verdict
    except SchemaError:
        verdict = "refused"
    assert time.process_time() - before < SECONDS
    assert verdict != "yes"


def test_a_comparison_that_is_too_large_says_so() -> None:
    """`too-large` is the rule, and no yes is guessed."""
    answer = checked({"oneOf": kinds(2_400)}, {"oneOf": kinds(2_400, 1)})
    assert answer.verdict == "undecided"
    assert [finding.rule for finding in answer.findings] == ["too-large"]


@pytest.mark.parametrize("more", [0, 1])
def test_lists_of_20_000_values_are_decided(more: int) -> None:
    """A huge `enum` costs a lookup per value, whichever side has one more."""
    before = time.process_time()
    answer = checked({"enum": [f"v{n}" for n in range(20_000 + more)]}, {"enum": [f"v{n}" for n in range(20_000)]})
    assert (answer.verdict, answer.counterexample) == (("yes", None), ("no", "v20000"))[more]
    assert time.process_time() - before < SECONDS


def test_200_alternatives_are_found_by_their_kind() -> None:
    """Alternatives told apart by a constant are not tried one by one."""
    assert checked({"oneOf": kinds(200)}, {"oneOf": kinds(200, 1)[::-1]}).verdict == "yes"


@pytest.mark.skipif(not STRIPE.is_file(), reason=f"no OpenAPI documents in {DATA} (set WF_TEST_DATA)")
@pytest.mark.parametrize("name", ["charge", "customer", "invoice", "subscription", "account"])
def test_65_kb_of_a_real_api_are_compared(name: str) -> None:
    """A tree of components fits itself; with one bound narrowed it does not, and the place is told."""
    source = component(name, 65_000)
    narrowed = json.loads(json.dumps(source))
    properties = narrowed["$defs"][name]["properties"]
    changed = next(key for key in properties if properties[key].get("maxLength"))
    properties[changed]["maxLength"] = 3
    before = time.process_time()
    assert checked(source, source).verdict == "yes"
    assert checked(narrowed, source).verdict == "yes"
    answer = checked(source, narrowed)
    assert answer.verdict == "no"
    assert (f"/{changed}", "bound-loosened") in {(finding.pointer, finding.rule) for finding in answer.findings}
    assert time.process_time() - before < 5 * SECONDS
    assert schema.compile(source).closed


def component(name: str, most: int) -> dict[str, Any]:
    """A component with as many of those it refers to as fit into `most` bytes; the others become texts."""
    text = gzip.decompress(STRIPE.read_bytes()).decode().replace("#/components/schemas/", "#/$defs/")
    components = json.loads(text)["components"]["schemas"]
    taken: dict[str, Any] = {}
    waiting, size = [name], 0
    while waiting:
        key = waiting.pop(0)
        size += 0 if key in taken else len(json.dumps(components[key]))
        if key in taken or (taken and size > most):
            size -= 0 if key in taken else len(json.dumps(components[key]))
            continue
        taken[key] = components[key]
        waiting += references(components[key])

    def cut(part: Any) -> Any:
        if isinstance(part, dict):
            gone = "$ref" in part and part["$ref"].removeprefix("#/$defs/") not in taken
            return TEXT if gone else {key: cut(inner) for key, inner in part.items()}
        return [cut(inner) for inner in part] if isinstance(part, list) else part

    return {"$ref": f"#/$defs/{name}", "$defs": {key: cut(part) for key, part in taken.items()}}


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"].removeprefix("#/$defs/")] if isinstance(part.get("$ref"), str) else []
        return own + [name for inner in part.values() for name in references(inner)]
    return [name for inner in part for name in references(inner)] if isinstance(part, list) else []
