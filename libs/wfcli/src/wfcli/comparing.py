"""Does what one schema gives fit what another takes? Asked of two files, answered by the code that checks workflows."""

from pathlib import Path

import msgspec

from wfcli.terminal.paint import Paint
from wfcore import jsontext, source
from wfcore import schema as schemas
from wfcore.compatibility import Answer, covers
from wfcore.diagnostics import Diagnostic, render
from wfcore.jsontext import JsonTextError, JsonValue
from wfcore.schema import JsonSchema, SchemaError

EXIT_CODES = {"yes": 0, "no": 1, "undecided": 4}
"""What the command ends with, by verdict."""

_SHOWN_BYTES = 2_000


class BadSchema(Exception):
    """A file that cannot be read, is neither JSON nor YAML, or holds no schema. The text says which and why."""


def compare(producer: Path, consumer: Path) -> Answer:
    """Whether the consumer's schema accepts every value that the producer's may give. Raises BadSchema."""
    return covers(_schema(producer), _schema(consumer))


def as_json(answer: Answer) -> str:
    """One object: verdict, findings, counterexample (null but for "no"), hiddenBy (null but for "undecided")."""
    told = {
        "verdict": answer.verdict,
        "findings": answer.findings,
        "counterexample": answer.counterexample,
        "hiddenBy": answer.hidden_by,
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()


def as_text(answer: Answer, producer: Path, consumer: Path, paint: Paint) -> str:
    """The verdict in one line, then each place that does not fit, then the value that shows it."""
    match answer.verdict:
        case "yes":
            return f"{paint.good('yes')}  every value that {producer} gives fits {consumer}"
        case "no":
            first = f"{paint.bad('no')}  {producer} may give what {consumer} does not accept"
        case "undecided":
            first = (
                f"{paint.warning('undecided')}  no proof that {producer} fits {consumer}, and no counterexample:"
                f" `{answer.hidden_by}` hides the answer"
            )
    lines = [first]
    for finding in answer.findings:
        lines += ["", f"  {paint.strong(finding.pointer or '/')}  {finding.rule}", f"      {finding.message}"]
    if answer.verdict == "no":
        lines += ["", f"  {paint.strong('for example')} {_shown(answer.counterexample)}"]
    return "\n".join(lines)


def _shown(value: JsonValue) -> str:
    text = jsontext.encode(value)
    if len(text) <= _SHOWN_BYTES:
        return text.decode()
    return f"{text[:_SHOWN_BYTES].decode(errors='ignore')}… ({len(text):,} bytes; -o json tells all of it)"


def _schema(path: Path) -> JsonSchema:
    value = _json(path) if path.suffix == ".json" else _yaml(path)
    try:
        schemas.compile(value)  # type: ignore[arg-type]
    except SchemaError as error:
        lines = [f"  {problem.pointer or '/'}: {problem.message}" for problem in error.problems[:20]]
        raise BadSchema("\n".join([f"{path} is no schema that we take:", *lines])) from None
    return value  # type: ignore[return-value]


def _json(path: Path) -> JsonValue:
    try:
        return jsontext.decode(path.read_bytes(), what=str(path), unique_keys=True)
    except JsonTextError as error:
        place = f" (byte {error.position:,})" if error.position is not None else ""
        raise BadSchema(f"{error.message}{place}") from None


def _yaml(path: Path) -> JsonValue:
    text = source.decode(path.read_bytes(), str(path))
    if isinstance(text, Diagnostic):
        raise BadSchema(render(text, None))
    read = source.read(text, file=str(path))
    if faults := [found for found in read.diagnostics if found.is_error]:
        raise BadSchema(render(faults[0], text))
    if len(read.documents) != 1:
        raise BadSchema(f"{path} holds {len(read.documents)} documents: a schema is one")
    data: JsonValue = read.documents[0].data
    return data
