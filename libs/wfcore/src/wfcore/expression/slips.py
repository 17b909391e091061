"""What the parser says about a word that cannot stand where it stands, and what was probably meant."""

import re
from typing import NamedTuple

from wfcore.expression.errors import ExpressionError
from wfcore.expression.tokens import Token, shown
from wfcore.expression.tree import written

_OPTIONAL_INDEX = re.compile(r"(?<=[A-Za-z0-9_\])])\?\[")
_CLOSING = {"LPAR": ")", "LSQB": "]", "LBRACE": "}"}
_WORDY = {"and": "&&", "or": "||", "is": "=="}


class Place(NamedTuple):
    """Where the parser stands: the words behind it, the brackets that are open, and what could come next."""

    text: str
    before: list[Token]
    open: list[Token]
    accepted: frozenset[str]

    @property
    def wants_value(self) -> bool:
        """Whether a value is missing here, rather than an operator or an end."""
        return "STRING" in self.accepted

    def last(self, count: int = 1) -> Token | None:
        """The last word read, or the one `count` words back."""
        return self.before[-count] if len(self.before) >= count else None

    def spliced(self, start: int, end: int, replacement: str) -> str:
        """The whole text with one part of it replaced."""
        return self.text[:start] + replacement + self.text[end:]


def unexpected(place: Place, found: Token) -> ExpressionError:
    """Tell what was expected where `found` stands."""
    before = place.last()
    if before is not None and (before.type == "DOT" or _is_optional_dot(place)):
        return _no_name(place, found)
    if before is not None and before.type == "QUESTION" and found.type in ("DOT", "QUESTION"):
        return _misplaced_question(place, before, found)
    return _wordy_operator(place, found) or _expected(place, found)


def _is_optional_dot(place: Place) -> bool:
    last, dot = place.last(), place.last(2)
    return last is not None and dot is not None and last.type == "QUESTION" and dot.type == "DOT"


def _no_name(place: Place, found: Token) -> ExpressionError:
    """Answer the usual slips behind a dot with what was meant."""
    optional = _is_optional_dot(place)
    dot = place.last(2) if optional else place.last()
    start = dot.start if dot is not None else found.start
    if found.type == "LSQB" and optional:
        message = "expected a name after `.?`; an optional key is written [?'key']"
        return ExpressionError(message, found.start, place.spliced(start, found.end, "[?"))
    if found.type == "DOT":
        return ExpressionError("expected a name after `.`", found.start, place.spliced(found.start, found.end, ""))
    if found.type == "NUMBER" and found.text.isdecimal():
        fix = place.spliced(start, found.end, written(int(found.text), optional=optional))
        return ExpressionError("expected a name after `.`; an index is written [0]", found.start, fix)
    if found.type == "DOLLAR":
        fix = place.spliced(start, found.end, written(found.text, optional=optional))
        message = "expected a name of letters, digits and `_`; other keys are written ['key']"
        return ExpressionError(message, found.start, fix)
    if found.type == "STRING":
        fix = place.spliced(start, found.end, written(str(found.value), optional=optional))
        return ExpressionError("expected a name after `.`; a key in quotes is written ['key']", found.start, fix)
    if found.text in ("true", "false", "null", "in"):
        quoted = written(found.text, optional=optional)
        message = f"`{found.text}` is a reserved word: write {quoted}"
        return ExpressionError(message, found.start, place.spliced(start, found.end, quoted))
    return ExpressionError(f"expected a name after `.`, found {_named(found)}", found.start)


def _misplaced_question(place: Place, before: Token, found: Token) -> ExpressionError:
    if found.type == "QUESTION":
        return ExpressionError("`??` is written .orValue(…), behind a path with `.?`", before.start)
    fix = place.spliced(before.start, found.end, ".?")
    return ExpressionError("an optional step is written `.?`", before.start, fix)


def _wordy_operator(place: Place, found: Token) -> ExpressionError | None:
    before = place.last()
    if not place.wants_value and (meant := wordy_operator(found)) is not None:
        fix = place.spliced(found.start, found.end, meant)
        return ExpressionError(f"`{found.text}` is written `{meant}`", found.start, fix)
    if before is not None and before.text.lower() == "not" and not place.wants_value and found.type != "END":
        fix = place.spliced(before.start, found.start, "!")
        return ExpressionError(f"`{before.text}` is written `!`", before.start, fix)
    if before is not None and before.text == "<" and found.text == ">":
        return ExpressionError("`<>` is written `!=`", before.start, place.spliced(before.start, found.end, "!="))
    if found.type == "DOLLAR":
        return ExpressionError(f"`{found.text}` is no name: names have letters, digits and `_`", found.start)
    return None


def wordy_operator(found: Token) -> str | None:
    """The operator that other languages write as this word."""
    return _WORDY.get(found.text.lower()) if found.type == "NAME" else None


def _expected(place: Place, found: Token) -> ExpressionError:
    if place.wants_value:
        before = place.last()
        behind = f" behind `{before.text}`" if before is not None and before.type == "OPERATOR" else ""
        return ExpressionError(f"expected a value{behind}, found {_named(found)}", found.start)
    if "COLON" in place.accepted and (slip := _OPTIONAL_INDEX.search(place.text)) is not None:
        meant = place.spliced(slip.start(), slip.end(), "[?")
        return ExpressionError("an optional step is written `[?`", slip.start(), meant)
    if "COLON" in place.accepted and _in_braces(place):
        message = f"`{{` begins an object such as {{'key': 1}}: expected `:` after the key, found {_named(found)}"
        return ExpressionError(message, found.start)
    if "COLON" in place.accepted:
        message = f"expected `:` and the value for where the condition does not hold, found {_named(found)}"
        return ExpressionError(message, found.start)
    if not place.open:
        return ExpressionError(f"expected an operator or the end of the expression, found {_named(found)}", found.start)
    closing = _CLOSING[place.open[-1].type]
    choices = f"`,` or `{closing}`" if "COMMA" in place.accepted else f"`{closing}`"
    fix: str | None = None
    if found.type == "END":
        fix = place.text[: place.before[-1].end] + "".join(_CLOSING[bracket.type] for bracket in reversed(place.open))
    return ExpressionError(f"expected an operator, {choices}, found {_named(found)}", found.start, fix)


def _in_braces(place: Place) -> bool:
    """Whether the colon that is missing belongs to a key and not to a condition."""
    if not place.open or place.open[-1].type != "LBRACE":
        return False
    inside = [token.type for token in place.before if token.start > place.open[-1].start]
    return "QUESTION" not in inside[1:]


def _named(token: Token) -> str:
    return "the end" if token.type == "END" else f"`{shown(token.text)}`"
