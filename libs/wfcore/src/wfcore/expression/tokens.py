"""Cuts a text into the words of the language.

One regular expression finds the next word. Where no word begins, the error says what was probably meant.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from wfcore.expression import literals
from wfcore.expression.errors import ExpressionError

RESERVED = frozenset(
    {"as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop", "package"}
    | {"namespace", "return", "var", "void", "while"}
)
"""Words that CEL does not allow as the name of a variable."""

_SCOPE_NAMES = frozenset({"$parent", "$root"})


class Token(NamedTuple):
    """One word of the text: text[start:end]. `type` is its terminal in the grammar, `value` what a literal means."""

    type: str
    text: str
    start: int
    end: int
    value: Any = None


_WORD = re.compile(
    r"""
    (?P<SPACE>    (?: [ \t\r\n\f]+ | //[^\r\n]* )+ )
  | (?P<NAME>     [A-Za-z_$][A-Za-z0-9_$]* )
  | (?P<NUMBER>   (?: 0 | [1-9][0-9]* ) (?: \.[0-9]+ )? (?: [eE][+-]?[0-9]+ )? )
  | (?P<STRING>   '''(?:[^\\]|\\.)*?''' | \"""(?:[^\\]|\\.)*?\"""
                | '(?!'')(?:[^'\\\r\n]|\\[^\r\n])*' | "(?!"")(?:[^"\\\r\n]|\\[^\r\n])*" )
  | (?P<OPERATOR> && | \|\| | == | != | <= | >= | [-+*/%<>] )
  | (?P<MARK>     [.,:?!()\[\]{}] )
    """,
    re.VERBOSE | re.DOTALL,
)
_RAW_STRING = re.compile(r"""'''.*?'''|\"\"\".*?\"\"\"|'(?!'')[^'\r\n]*'|"(?!"")[^"\r\n]*\"""", re.DOTALL)
_MORE_OF_A_NUMBER = re.compile(r"[A-Za-z0-9_]+")
_PREFIXES = frozenset({"r", "b", "br", "rb"})
_LINE = re.compile(r"[^\r\n]*")

_MARKS = {
    ".": "DOT", ",": "COMMA", ":": "COLON", "?": "QUESTION", "!": "NOT",
    "(": "LPAR", ")": "RPAR", "[": "LSQB", "]": "RSQB", "{": "LBRACE", "}": "RBRACE",
}  # fmt: skip
_WORD_VALUES = {"true": True, "false": False, "null": None}


def tokens(text: str, errors: list[ExpressionError]) -> Iterator[Token]:
    """Cut the text, lazily. What is no word goes into `errors`, and the cutting goes on behind it."""
    at, size, match = 0, len(text), _WORD.match
    while at < size:
        found = match(text, at)
        if found is None:
            at, token = _refused(text, at, errors)
            if token is not None:
                yield token
            continue
        start, at, kind = at, found.end(), found.lastgroup or ""
        word = found[0]
        value: Any = None
        match kind:
            case "SPACE":
                continue
            case "NAME":
                if at < size and text[at] in "'\"" and word.lower() in _PREFIXES:
                    at, token = _prefixed(text, start, at, errors)
                    yield token
                    continue
                kind, value = _name_kind(word), _WORD_VALUES.get(word)
            case "NUMBER" if (rest := _MORE_OF_A_NUMBER.match(text, at)) is not None:
                errors.append(ExpressionError(f"expected {_A_NUMBER}", start))
                at = rest.end()
            case "NUMBER" | "STRING":
                value = _literal(kind, word, start, errors)
            case "MARK":
                kind = _MARKS[word]
            case _ if word == "-":
                kind = "MINUS"
        yield Token(kind, word, start, at, value)


_A_NUMBER = "a number as JSON writes it, such as 3, -1 or 0.25"


def _name_kind(word: str) -> str:
    if word in _WORD_VALUES:
        return "WORD"
    if word == "in":
        return "OPERATOR"
    return "DOLLAR" if "$" in word and word not in _SCOPE_NAMES else "NAME"


def _literal(kind: str, word: str, start: int, errors: list[ExpressionError]) -> Any:
    try:
        return literals.number(word, start) if kind == "NUMBER" else literals.string(word, start)
    except ExpressionError as error:
        errors.append(error)
        return None


def _prefixed(text: str, start: int, quote: int, errors: list[ExpressionError]) -> tuple[int, Token]:
    """`r'…'` is a string without escapes; bytes are no JSON value."""
    if "b" in text[start:quote].lower():
        errors.append(ExpressionError("bytes are no JSON value: write a string", start, kind="unsupported"))
    found = _RAW_STRING.match(text, quote)
    if found is None:
        end, _ = _refused(text, quote, errors)
        return end, Token("STRING", text[start:end], start, end, text[quote + 1 : end])
    word = text[start : found.end()]
    return found.end(), Token("STRING", word, start, found.end(), literals.string("r" + found[0], start))


def _refused(text: str, at: int, errors: list[ExpressionError]) -> tuple[int, Token | None]:
    """Tell what stands here; return where to go on, and the word that it may be taken for."""
    character = text[at]
    if character in "'\"":
        closing = character * 3 if text.startswith(character * 3, at) else character
        errors.append(ExpressionError(f"the string that begins here has no closing {closing}", at, _closed(text, at)))
        line = _LINE.match(text, at)
        end = line.end() if line is not None else len(text)
        return end, Token("STRING", text[at:end], at, end, text[at + len(closing) : end])
    if character == "=":
        start = at - 2 if text[max(0, at - 2) : at] in ("==", "!=") else at
        meant = "!=" if text[start] == "!" else "=="
        end = at + 1
        if text.startswith("=>", at):
            meant, end = ">=", at + 2
        message = f"`{text[start:end]}` is no operator: write `{meant}`"
        errors.append(ExpressionError(message, start, text[:start] + meant + text[end:]))
        return end, None if start < at else Token("OPERATOR", meant, start, end)
    if character in "&|":
        message = f"`{character}` is no operator: write `{character * 2}`"
        errors.append(ExpressionError(message, at, f"{text[:at]}{character * 2}{text[at + 1 :]}"))
        return at + 1, Token("OPERATOR", character * 2, at, at + 1)
    errors.append(ExpressionError(f"expected a path, a value or an operator, found `{shown(character)}`", at))
    return at + 1, None


def _closed(text: str, at: int) -> str | None:
    """The text with the missing quote, where it can only have been forgotten at the very end."""
    closed = text + text[at]
    found = _WORD.match(closed, at)
    return closed if found is not None and found.end() == len(closed) else None


def shown(word: str) -> str:
    """A word as a message may carry it: what cannot be printed is written as its code point."""
    return "".join(character if character.isprintable() else f"U+{ord(character):04X}" for character in word)


_PIECE = re.compile(
    r"""[^'"{}]+|'''(?:[^\\]|\\.)*?'''|\"""(?:[^\\]|\\.)*?\"""|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|.""", re.DOTALL
)
"""Plain text, a whole string, or one character: a brace, or a quote that is never closed."""


def end_of(text: str, start: int, closing: str) -> int | None:
    """Return where `closing` stands behind the expression that begins at `start`, or None.

    What is inside quotes or braces belongs to the expression, so `'}}'` and `{'a': {}}` do not end it.
    """
    depth = 0
    for piece in _PIECE.finditer(text, start):
        if piece[0] == "}" and depth == 0 and text.startswith(closing, piece.start()):
            return piece.start()
        if piece[0] in ("'", '"'):
            return None
        depth = max(0, depth + {"{": 1, "}": -1}.get(piece[0], 0))
    return None
