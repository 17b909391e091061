"""Functions of strings. Places and sizes count code points."""

from typing import Any

from wfcore.expression.errors import Fault
from wfcore.expression.evaluation import Evaluation
from wfcore.expression.values import kind_of, whole

MAX_TEXT = 2 * 2**20
"""Characters that one string may grow to: as large as a task's value may be."""

# What Unicode calls White_Space; Python's own strip() also cuts U+001C to U+001F.
_SPACES = "".join(map(chr, [*range(9, 14), 32, 133, 160, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F]))
_SPACES += "\u205f\u3000"
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_UPPER = {lower: lower - 32 for lower in range(ord("a"), ord("z") + 1)}


def text(value: Any, evaluation: Evaluation) -> str:
    """Return a value that has to be a string, and pay for looking through it. Raises Fault."""
    if type(value) is not str:
        raise Fault(f"expected a string, got {kind_of(value)}")
    evaluation.spend_text(len(value))
    return value


def check_size(size: int, evaluation: Evaluation) -> None:
    """Pay for a string before it is made. Raises Fault for one that is too long."""
    if size > MAX_TEXT:
        raise Fault(f"the string would be longer than {MAX_TEXT:,} characters")
    evaluation.spend_text(size)


def contains(evaluation: Evaluation, receiver: Any, part: Any) -> bool:
    return text(part, evaluation) in text(receiver, evaluation)


def starts_with(evaluation: Evaluation, receiver: Any, part: Any) -> bool:
    return text(receiver, evaluation).startswith(text(part, evaluation))


def ends_with(evaluation: Evaluation, receiver: Any, part: Any) -> bool:
    return text(receiver, evaluation).endswith(text(part, evaluation))


def lower_ascii(evaluation: Evaluation, receiver: Any) -> str:
    return text(receiver, evaluation).translate(_LOWER)


def upper_ascii(evaluation: Evaluation, receiver: Any) -> str:
    return text(receiver, evaluation).translate(_UPPER)


def trim(evaluation: Evaluation, receiver: Any) -> str:
    return text(receiver, evaluation).strip(_SPACES)


def split(evaluation: Evaluation, receiver: Any, separator: Any, limit: Any = -1) -> list[str]:
    """Cut at each separator, into `limit` pieces at most; an empty separator cuts into single characters."""
    string, at, most = text(receiver, evaluation), text(separator, evaluation), whole(limit, "the limit of split()")
    if most == 0:
        return []
    pieces = len(string) if at == "" else string.count(at) + 1
    evaluation.spend(pieces if most < 0 else min(pieces, most))
    if at:
        return string.split(at, most - 1 if most > 0 else -1)
    if most < 0 or most >= len(string):
        return list(string) or [""]
    return [*string[: most - 1], string[most - 1 :]]


def join(evaluation: Evaluation, receiver: Any, separator: Any = "") -> str:
    if type(receiver) is not list:
        raise Fault(f"expected an array of strings, got {kind_of(receiver)}")
    between = text(separator, evaluation)
    evaluation.spend(len(receiver))
    size = len(between) * max(0, len(receiver) - 1)
    for piece in receiver:
        if type(piece) is not str:
            raise Fault(f"join() joins strings, and one element is {kind_of(piece)}")
        size += len(piece)
    check_size(size, evaluation)
    return between.join(receiver)


def replace(evaluation: Evaluation, receiver: Any, old: Any, new: Any, limit: Any = -1) -> str:
    string, before, after = text(receiver, evaluation), text(old, evaluation), text(new, evaluation)
    most = whole(limit, "the limit of replace()")
    count = string.count(before)
    count = count if most < 0 else min(count, most)
    check_size(len(string) + count * (len(after) - len(before)), evaluation)
    return string.replace(before, after, count)


def substring(evaluation: Evaluation, receiver: Any, start: Any, end: Any = None) -> str:
    string, first = text(receiver, evaluation), whole(start, "the start of substring()")
    last = len(string) if end is None else whole(end, "the end of substring()")
    if not 0 <= first <= last <= len(string):
        raise Fault("substring() reaches outside the string")
    return string[first:last]


def index_of(evaluation: Evaluation, receiver: Any, part: Any, start: Any = 0) -> int:
    string, wanted, first = text(receiver, evaluation), text(part, evaluation), whole(start, "the start of indexOf()")
    if not 0 <= first <= len(string):
        raise Fault("indexOf() starts outside the string")
    return string.find(wanted, first)


def last_index_of(evaluation: Evaluation, receiver: Any, part: Any, start: Any = None) -> int:
    string, wanted = text(receiver, evaluation), text(part, evaluation)
    if start is None:
        return string.rfind(wanted)
    last = whole(start, "the start of lastIndexOf()")
    if not 0 <= last <= len(string):
        raise Fault("lastIndexOf() starts outside the string")
    return string.rfind(wanted, 0, last + len(wanted))


def char_at(evaluation: Evaluation, receiver: Any, index: Any) -> str:
    string, at = text(receiver, evaluation), whole(index, "the place of charAt()")
    if not 0 <= at <= len(string):
        raise Fault("charAt() reaches outside the string")
    return string[at : at + 1]
