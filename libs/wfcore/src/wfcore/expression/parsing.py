"""From text to a tree.

Only paths, `.?` and `orValue(literal)` are executed yet. Whatever else CEL allows is recognised and refused as
"not executed yet", so that nobody mistakes a missing feature for a typing error of his own.
"""

import difflib
import re

from wfcore.expression import literals
from wfcore.expression.cursor import Cursor
from wfcore.expression.tree import KEYWORDS, Default, Expression, Literal, Path, Step, written

MAX_BYTES = 4096

_ROOT = re.compile(r"[A-Za-z_$][A-Za-z0-9_]*")
_DIGITS = re.compile(r"[0-9]+")
_HYPHENATED = re.compile(r"(?:-[A-Za-z0-9_]+)+")
_DOLLAR_NAME = re.compile(r"[A-Za-z0-9_]*\$[A-Za-z0-9_$]*")
_QUOTES = ("'", '"')
_PIECE = re.compile(r"""[^'"{}]+|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|.""", re.DOTALL)
"""Plain text, a whole string, or one character: a brace, or a quote that is never closed."""
_RESERVED = frozenset(
    {"as", "break", "const", "continue", "else", "for", "function", "if", "import", "in", "let", "loop", "package"}
    | {"namespace", "return", "var", "void", "while"}
)
_STRING_PREFIXES = frozenset({"r", "b", "br", "rb"})


def parse(text: str) -> Expression:
    """Parse a path such as `tasks.user.output.?tier.orValue('basic')`, or a bare literal. Raises ExpressionError."""
    cursor = Cursor(text)
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        cursor.fail(f"an expression is at most {MAX_BYTES} bytes long")
    if not cursor.skip_space():
        cursor.fail("the expression is empty: expected a path such as input.name")
    body = _path(cursor) if _path_follows(cursor) else Literal(literals.literal(cursor))
    if cursor.skip_space():
        _refuse_the_rest(cursor, body)
    return Expression(text, body)


def end_of(text: str, start: int, closing: str) -> int | None:
    """Return where `closing` stands behind the expression that begins at `start`, or None.

    What is inside quotes or braces belongs to the expression, so `'}}'` and `{'a': {}}` do not end it.
    """
    depth = 0
    for piece in _PIECE.finditer(text, start):
        if piece[0] == "}" and depth == 0 and text.startswith(closing, piece.start()):
            return piece.start()
        if piece[0] in _QUOTES:
            return None
        depth = max(0, depth + {"{": 1, "}": -1}.get(piece[0], 0))
    return None


def _path_follows(cursor: Cursor) -> bool:
    name = _ROOT.match(cursor.text, cursor.at)
    return name is not None and name[0] not in literals.WORDS


def _path(cursor: Cursor) -> Path:
    start, name = cursor.at, _name(cursor, _ROOT)
    if name.lower() in _STRING_PREFIXES and cursor.next() in _QUOTES:
        cursor.not_yet(f"a string with the prefix {name}", at=start)
    if name in _RESERVED:
        cursor.fail(f"`{name}` is a reserved word and cannot be a name", at=start)
    steps: list[Step | Default] = []
    while (following := cursor.skip_space()) in (".", "["):
        steps.append(_dotted(cursor) if following == "." else _bracketed(cursor))
    if following == "(":
        cursor.not_yet(f"the call of `{name}(…)`", at=start)
    return Path(name, start, tuple(steps))


def _dotted(cursor: Cursor) -> Step | Default:
    start = cursor.at
    cursor.at += 1
    optional = cursor.take("?")
    cursor.skip_space()
    _refuse_no_name(cursor, start, optional)
    name_offset, name = cursor.at, _name(cursor, literals.WORD)
    end = cursor.at
    if cursor.skip_space() == "(":
        return _call(cursor, name, start, name_offset, optional)
    if name in KEYWORDS:
        quoted = written(name, optional=optional)
        fix = cursor.spliced(start, end, quoted)
        cursor.fail(f"`{name}` is a reserved word: write {quoted}", at=name_offset, fix=fix)
    return Step(name, optional, start, name_offset, end)


def _refuse_no_name(cursor: Cursor, start: int, optional: bool) -> None:
    """Answer the usual slips behind a dot with what was meant."""
    text, at = cursor.text, cursor.at
    if optional and cursor.next() == "[":
        cursor.expected("a name after `.?`; an optional key is written [?'key']", cursor.spliced(start, at + 1, "[?"))
    if cursor.next() == ".":
        cursor.expected("a name after `.`", cursor.spliced(at, at + 1, ""))
    if (digits := _DIGITS.match(text, at)) is not None:
        fix = cursor.spliced(start, digits.end(), f"[{'?' if optional else ''}{digits[0].lstrip('0') or '0'}]")
        cursor.expected("a name after `.`; an index is written [0]", fix)
    if (dollar := _DOLLAR_NAME.match(text, at)) is not None:
        fix = cursor.spliced(start, dollar.end(), written(dollar[0], optional=optional))
        cursor.expected("a name of letters, digits and `_`; other keys are written ['key']", fix)


def _call(cursor: Cursor, name: str, start: int, name_offset: int, optional: bool) -> Default:
    if name != "orValue" or optional:
        meant = difflib.get_close_matches(name.lower(), ["orvalue"], cutoff=0.8)
        fix = cursor.spliced(start, name_offset + len(name), ".orValue") if meant else None
        cursor.not_yet(f"the call of `.{name}(…)`", at=name_offset, fix=fix)
    cursor.at += 1
    if cursor.skip_space() == ")":
        cursor.fail("orValue() needs the value that is to stand in, for example orValue('')")
    if _path_follows(cursor):
        cursor.not_yet("a default that is itself read from somewhere")
    value = literals.literal(cursor)
    if cursor.skip_space() != ")":
        cursor.expected("`)` after the value")
    cursor.at += 1
    return Default(value, start, cursor.at)


def _bracketed(cursor: Cursor) -> Step:
    start = cursor.at
    cursor.at += 1
    optional = cursor.take("?")
    following = cursor.skip_space()
    key_offset = cursor.at
    key: str | int | float
    if following in _QUOTES:
        key = literals.string(cursor)
    elif following.isdecimal() and following.isascii():
        key = literals.number(cursor)
    elif _path_follows(cursor):
        cursor.not_yet("a key or index that is itself read from somewhere")
    else:
        found = f"`{following}`" if following else "the end"
        cursor.fail(f"expected a key such as ['name'] or an index such as [0], counted from the start; found {found}")
    if isinstance(key, float):
        cursor.fail("an index is a whole number, such as [0]", at=key_offset)
    if cursor.skip_space() != "]":
        cursor.expected("`]`")
    cursor.at += 1
    return Step(key, optional, start, key_offset, cursor.at)


def _name(cursor: Cursor, pattern: re.Pattern[str]) -> str:
    found = cursor.match(pattern)
    if found is None:
        cursor.expected("a name")
    return found[0]


def _refuse_the_rest(cursor: Cursor, body: Path | Literal) -> None:
    for slip, meant in (("?.", ".?"), ("?[", "[?")):
        if cursor.text.startswith(slip, cursor.at):
            fix = cursor.spliced(cursor.at, cursor.at + 2, meant)
            cursor.fail(f"an optional step is written `{meant}`", fix=fix)
    if cursor.text.startswith("??", cursor.at):
        cursor.fail("`??` is written .orValue(…), behind a path with `.?`")
    cursor.expected("`.`, `[` or the end of the expression", fix=_key_with_hyphens(cursor, body))


def _key_with_hyphens(cursor: Cursor, body: Path | Literal) -> str | None:
    """`input.user-id` is a subtraction in CEL; who writes it without spaces means the key `user-id`."""
    last = body.steps[-1] if isinstance(body, Path) and body.steps else None
    rest = _HYPHENATED.match(cursor.text, cursor.at)
    if rest is None or not isinstance(last, Step) or last.end != cursor.at or cursor.text[last.offset] != ".":
        return None
    return cursor.spliced(last.offset, rest.end(), written(f"{last.key}{rest[0]}", optional=last.optional))
