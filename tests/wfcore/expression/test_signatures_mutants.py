"""What the checker says of a function is what the function does, for arguments of every type."""

from collections.abc import Iterator
from itertools import product

import pytest

from wfcore import expression, schema
from wfcore.expression import ABSENT, EvaluationError, ExpressionError
from wfcore.expression.functions import FUNCTIONS, OPTIONALS, Function
from wfcore.expression.tokens import RESERVED

SAMPLES = {
    "text": "'12'",
    "integer": "1",
    "number": "1.5",
    "boolean": "true",
    "null": "null",
    "object": "{'a': 1}",
    "integers": "[1, 2]",
    "texts": "['a', 'b']",
    "booleans": "[true]",
    "lists": "[[1]]",
    "mixed": "[1, 'a']",
    "empty": "[]",
    "timestamp": "timestamp('2026-01-02T03:04:05.678Z')",
    "duration": "duration('-90.5s')",
}
SCOPE = {"type": "object", "properties": {"input": True}}
TOLD = "is or holds a timestamp or duration"
"""These live inside expressions only; checker and function say so of results alike."""
MOST = {"math.greatest": 1, "math.least": 1}
"""Arguments that are tried, where that is not two, the receiver counted."""
CALLED = [
    function
    for function in FUNCTIONS.values()
    if function.name not in OPTIONALS | {"matches"} and function.least + function.receiver <= 2
]


def calls(function: Function) -> Iterator[str]:
    """Calls with up to two arguments, the receiver counted, of all types."""
    most = MOST.get(function.name, 2 - function.receiver)
    for count in range(function.least, min(function.most, most) + 1):
        for given in product(SAMPLES.values(), repeat=count + function.receiver):
            if function.receiver:
                yield f"{given[0]}.{function.name}({', '.join(given[1:])})"
            else:
                yield f"{function.name}({', '.join(given)})"


@pytest.mark.parametrize("function", CALLED, ids=lambda function: function.name)
def test_the_checker_refuses_what_fails_and_nothing_else(function: Function):
    """Where it has no doubt a call that it takes has a value, of the type it tells; what it refuses has none."""
    taken = 0
    for text in calls(function):
        parsed = expression.parse(text)
        found = expression.infer(parsed, SCOPE)
        if any(TOLD in problem.message for problem in found.problems):
            continue
        try:
            value = expression.compile(parsed)({"input": 1})
        except EvaluationError:
            assert found.problems or found.doubts, f"{text} is accepted and fails"
            continue
        # A time zone of null is taken for none.
        assert not found.problems or text.endswith("(null)"), f"{text} is {value!r} and is refused"
        if not found.problems:
            fits = found.absent if value is ABSENT else schema.compile(found.schema).accepts(value)
            assert fits, f"{text} is {value!r}, which {found.schema} excludes"
            taken += 1
    assert taken or function.name in ("timestamp", "duration")


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_a_reserved_word_names_nothing(word: str):
    """CEL keeps them for later: neither a root nor a variable may be called so, a property may."""
    for text in (f"{word}.a", f"[1].map({word}, 1)"):
        with pytest.raises(ExpressionError, match="reserved"):
            expression.parse(text)
    assert expression.compile(expression.parse(f"input.{word}"))({"input": {word: 1}}) == 1


def test_the_reserved_words_are_those_of_cel():
    """No more, or a name that works elsewhere would not work here."""
    cel = "as break const continue else for function if import let loop package namespace return var void while"
    assert {*cel.split()} == RESERVED
