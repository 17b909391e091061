"""From text to a tree.

lark follows the grammar word by word; what it cannot follow is told by `slips`, and what it can follow but makes no
sense by `sense`. `recover` goes on behind every slip, for editors: they ask about texts that are being written.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from msgspec import Struct

from wfcore.expression import sense
from wfcore.expression.building import Builder
from wfcore.expression.errors import ExpressionError
from wfcore.expression.grammar import GRAMMAR
from wfcore.expression.slips import Place, unexpected, wordy_operator
from wfcore.expression.tokens import RESERVED, Token, tokens
from wfcore.expression.tree import KEYWORDS, Expression, Field, Name, Node

MAX_BYTES = 4096
MAX_BRACKETS = 64
"""So many brackets may be open at one place."""

_OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
_CLOSING = {closing: opening for opening, closing in _OPENING.items()}
_MOST_REPAIRS = 20
_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")


class Recovered(Struct, frozen=True):
    """What could be read of a text, and everything that is wrong with it, in the order of the text.

    A name or value that is missing is a Name or Field with the empty name, at the place where it belongs.
    """

    expression: Expression | None
    errors: tuple[ExpressionError, ...]


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Parse one expression. Raises ExpressionError with the first thing that is wrong, and its correction if certain.

    At most 4,096 bytes, 64 open brackets, 4 macros inside each other.
    """
    _check_characters(text)
    if (path := _plain_path(text)) is not None:
        return Expression(text, path)
    try:
        return Expression(text, _parsed(text))
    except ExpressionError as error:
        raise _with_sure_fix(error) from None


def _parsed(text: str) -> Node:
    words = _Words(text)
    parser, errors = _parser(), words.errors
    for token in words:
        if errors:
            raise errors[0]
        slip = parser.feed(token)
        if slip is not None:
            raise unexpected(words.place(slip), token)
        words.follow(token)
        if len(words.open) > MAX_BRACKETS:
            raise _nested_too_deep(token)
    if errors:
        raise errors[0]
    body: Node = parser.result
    found = sense.errors_of(text, body)
    if found:
        raise found[0]
    return body


def _plain_path(text: str) -> Node | None:
    """`input.a.b`, which most expressions are, takes no grammar. None for anything else."""
    if _PATH.fullmatch(text) is None:
        return None
    root, *names = text.split(".")
    if root in RESERVED or root in KEYWORDS or len(names) >= sense.MAX_DEPTH or not KEYWORDS.isdisjoint(names):
        return None
    end = len(root)
    node: Node = Name(root, 0, end)
    for name in names:
        start, end = end + 1, end + 1 + len(name)
        node = Field(node, name, False, start, 0, end)
    return node


def recover(text: str) -> Recovered:
    """Parse as much as can be read, and tell every error. Never raises."""
    try:
        _check_characters(text)
    except ExpressionError as error:
        return Recovered(None, (error,))
    words = _Words(text)
    parser, errors = _parser(), words.errors
    repairs = 0
    for token in words:
        while (slip := parser.feed(token)) is not None:
            repairs += 1
            errors.append(_with_sure_fix(unexpected(words.place(slip), token)))
            stand_in = _stand_in(slip.accepted, token, words.open)
            if stand_in is None or repairs > _MOST_REPAIRS:
                break
            parser.feed(stand_in)
            words.follow(stand_in)
            if stand_in.end > token.start:
                break
        else:
            words.follow(token)
        if len(words.open) > MAX_BRACKETS:
            errors.append(_nested_too_deep(token))
            break
        if repairs > _MOST_REPAIRS:
            break
    if parser.result is None:
        return Recovered(None, _in_order(errors))
    errors += sense.errors_of(text, parser.result)
    return Recovered(Expression(text, parser.result), _in_order(errors))


def _nested_too_deep(token: Token) -> ExpressionError:
    return ExpressionError(f"nested deeper than {MAX_BRACKETS} brackets", token.start)


def _in_order(errors: list[ExpressionError]) -> tuple[ExpressionError, ...]:
    return tuple(sorted(errors, key=lambda error: error.offset))


def _check_characters(text: str) -> None:
    try:
        size = len(text.encode()) if len(text) <= MAX_BYTES else len(text)
    except UnicodeEncodeError as error:
        raise ExpressionError("half a surrogate pair is no character", error.start) from None
    if size > MAX_BYTES:
        raise ExpressionError(f"an expression is at most {MAX_BYTES} bytes long", 0)
    if not text or text.isspace():
        raise ExpressionError("the expression is empty: expected a path such as input.name", 0)


class _Words:
    """The words of a text with its end, what was wrong with them, and what was read so far."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.errors: list[ExpressionError] = []
        self.before: list[Token] = []
        self.open: list[Token] = []

    def __iter__(self) -> Iterator[Token]:
        yield from tokens(self.text, self.errors)
        yield Token("END", "", len(self.text), len(self.text))

    def follow(self, token: Token) -> None:
        """A word was taken."""
        self.before.append(token)
        if token.type in _OPENING:
            self.open.append(token)
        elif token.type in _CLOSING:
            self.open.pop()

    def place(self, slip: "_Slip") -> Place:
        """Where a word was refused."""
        return Place(self.text, self.before, self.open, slip.accepted)


def _stand_in(accepted: frozenset[str], found: Token, open_brackets: list[Token]) -> Token | None:
    """The word to put before one that does not fit, or in its place; None to leave that one out."""
    if "OPERATOR" in accepted and (operator := wordy_operator(found)) is not None:
        return Token("OPERATOR", operator, found.start, found.end)
    if "NAME" in accepted and found.type in ("END", "OPERATOR", "COMMA", "COLON", "DOT", "QUESTION", *_CLOSING):
        return Token("NAME", "", found.start, found.start)
    if "COLON" in accepted and found.type in ("END", *_CLOSING):
        return Token("COLON", "", found.start, found.start)
    if found.type in ("END", *_CLOSING) and open_brackets:
        closing = _OPENING[open_brackets[-1].type]
        wanted = _CLOSING.get(found.type)
        if closing in accepted and (wanted is None or any(bracket.type == wanted for bracket in open_brackets)):
            return Token(closing, "", found.start, found.start)
    return None


class _Slip(NamedTuple):
    """A word was refused; these would have been taken."""

    accepted: frozenset[str]


class _Parser:
    """One run of lark's parser, fed word by word."""

    def __init__(self, lark: Any) -> None:
        self._run = lark.parse_interactive()
        self._feed = self._run.parser_state.feed_token
        self.result: Any = None

    def feed(self, token: Token) -> _Slip | None:
        """Take a word; the parser stays where it is if the word is refused."""
        try:
            if token.type == "END":
                self.result = self._feed(_end(token), True)
            else:
                self._feed(token)
        except _refusal():
            return _Slip(frozenset("END" if name == "$END" else name for name in self._run.accepts()))
        return None


def _end(token: Token) -> Token:
    return token._replace(type="$END")


def _with_sure_fix(error: ExpressionError) -> ExpressionError:
    """A fix that closes brackets is only told where it makes an expression."""
    if error.fix is not None and error.fix[-1:] in ")]}" and error.message.endswith("found the end"):
        try:
            _parsed(error.fix)
        except ExpressionError:
            error.fix = None
    return error


def _parser() -> _Parser:
    return _Parser(_lark())


@cache
def _lark() -> Any:
    # Here, because it takes 0.1 s to import: many processes never meet an expression.
    import lark

    return lark.Lark(GRAMMAR, parser="lalr", lexer=_no_lexer(), transformer=Builder(), maybe_placeholders=False)


@cache
def _refusal() -> type[Exception]:
    from lark.exceptions import UnexpectedToken

    return UnexpectedToken


def _no_lexer() -> Any:
    """Lark wants a lexer class; ours cuts the text before lark sees it."""
    from lark.lexer import Lexer

    class NoLexer(Lexer):
        def __init__(self, lexer_conf: Any) -> None: ...

        def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Any]:
            return iter(())

    return NoLexer
