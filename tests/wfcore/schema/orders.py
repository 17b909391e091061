"""What the tests of schemas share: a schema as APIs have them, and short ways to ask."""

import pytest
from hypothesis import assume

from wfcore import schema
from wfcore.schema import SchemaError

ORDER = {
    "type": "object",
    "required": ["orderId", "lines"],
    "properties": {
        "orderId": {"type": "string", "format": "uuid"},
        "email": {"type": "string", "format": "email"},
        "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}},
        "status": {"enum": ["open", "paid"]},
    },
    "additionalProperties": False,
    "$defs": {
        "line": {
            "type": "object",
            "required": ["sku", "quantity"],
            "properties": {
                "sku": {"type": "string", "pattern": "^[A-Z]+$"},
                "quantity": {"type": "integer", "minimum": 1},
            },
        }
    },
}
ID = "3e25960a-79db-4c1a-9a46-0123456789ab"


def problems(source: object) -> dict[str, str]:
    with pytest.raises(SchemaError) as caught:
        schema.compile(source)
    return {problem.pointer: problem.message for problem in caught.value.problems}


def taken(source):
    try:
        return schema.compile(source)
    except SchemaError:
        assume(False)


def pruned(source, value):
    compiled = schema.compile(source)
    assert compiled.accepts(value)
    return compiled.prune(value)
