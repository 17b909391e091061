"""proto/ says what the code says."""

import inspect
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema_rs import Draft202012Validator

from wfcore import events, subjects
from wfcore.events import Event
from wfservice.contracts import comments, missing_or_stale, write
from wfservice.contracts.exchanges import KEPT, REQUESTS, STREAMED, TELLINGS
from wfservice.contracts.schemas import message_types

REPOSITORY = Path(__file__).parents[2]
PROTO = REPOSITORY / "proto"
SCHEMAS = json.loads((PROTO / "messages.schema.json").read_text())
ASYNCAPI = json.loads((PROTO / "asyncapi.json").read_text())
NEWEST = max((PROTO / "golden").iterdir(), key=lambda folder: tuple(map(int, folder.name.split("."))))


@pytest.fixture
def proto(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROTO, tmp_path / "proto"))


def contracts(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "wfservice.contracts", *arguments], capture_output=True, text=True)


def written(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def references(value: Any) -> Iterator[str]:
    match value:
        case dict():
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for each in value.values():
                yield from references(each)
        case list():
            for each in value:
                yield from references(each)


def at(document: Any, pointer: str) -> Any:
    for step in filter(None, pointer.split("/")):
        document = document[step]
    return document


# --- the generator ----------------------------------------------------------------------------------


def test_proto_is_up_to_date():
    """What others read is what the code does."""
    assert missing_or_stale(PROTO) == []


def test_the_same_code_writes_the_same_bytes(tmp_path: Path):
    """Two runs in two processes differ in nothing, so a difference in review is a difference in the contract."""
    for name in ("one", "two"):
        assert contracts(str(tmp_path / name)).returncode == 0
    one, two = (written(tmp_path / name) for name in ("one", "two"))
    assert one == two


def test_check_names_what_is_stale_and_writes_nothing(proto: Path):
    """A stale document and a missing golden message are named, with exit code 1."""
    (proto / "asyncapi.json").write_text("{}")
    gone = proto / "golden" / NEWEST.name / "Grant.msgpack"
    gone.unlink()
    checked = contracts(str(proto), "--check")
    assert checked.returncode == 1
    assert "asyncapi.json" in checked.stderr
    assert "Grant.msgpack" in checked.stderr
    assert "messages.schema.json" not in checked.stderr
    assert (proto / "asyncapi.json").read_text() == "{}"
    assert not gone.exists()


def test_check_is_content_with_what_was_written(tmp_path: Path):
    """What the generator wrote is up to date."""
    assert contracts(str(tmp_path / "proto")).returncode == 0
    assert contracts(str(tmp_path / "proto"), "--check").returncode == 0


def test_a_golden_message_is_never_written_again(proto: Path):
    """What a release sent stays as it was, whatever the types look like today."""
    old = proto / "golden" / NEWEST.name / "Grant.msgpack"
    old.write_bytes(msgspec.msgpack.encode({"granted": False, "reason": "as it was"}))
    before = old.read_bytes()
    assert missing_or_stale(proto) == []
    assert write(proto) == []
    assert old.read_bytes() == before


# --- the schemas ------------------------------------------------------------------------------------


def schema_of(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMAS["$defs"]})


@pytest.mark.parametrize("name", message_types())
def test_a_golden_message_fits_its_schema(name: str):
    """The schema describes what is really sent."""
    schema_of(name).validate(json.loads((NEWEST / f"{name}.json").read_text()))


@pytest.mark.parametrize("name", events.TYPES)
def test_a_golden_event_fits_its_schema(name: str):
    """The schema of an event includes that of its type."""
    schema_of("Event").validate(json.loads((NEWEST / "events" / f"{name}.json").read_text()))


def test_an_event_with_the_data_of_another_type_does_not_fit():
    """`data` is checked by what `type` says."""
    event = json.loads((NEWEST / "events" / "CallStarted.json").read_text())
    assert not schema_of("Event").is_valid(event | {"type": "CallSucceeded"})
    assert schema_of("Event").is_valid(event | {"type": "OfANewerRelease"})


def test_the_words_under_a_field_are_in_its_schema():
    """Who reads the schema reads what the code says about a field."""
    assert SCHEMAS["$defs"]["Event"]["properties"]["at"]["description"] == comments.of_fields(Event)["at"]


# --- the AsyncAPI document --------------------------------------------------------------------------


def test_every_reference_leads_somewhere():
    """No `$ref` of the AsyncAPI document or of the schemas dangles."""
    for reference in [*references(ASYNCAPI), *references(SCHEMAS)]:
        file, _, pointer = reference.partition("#")
        home = SCHEMAS if file == "./messages.schema.json" or reference.startswith("#/$defs") else ASYNCAPI
        assert at(home, pointer) is not None


def test_every_subject_is_described():
    """A subject that is added to `wfcore.subjects` must say which message travels on it."""
    functions = {
        name
        for name, each in vars(subjects).items()
        if inspect.isfunction(each) and each.__module__ == subjects.__name__ and not name.endswith("_key")
    }
    constants = {name for name, each in vars(subjects).items() if isinstance(each, str) and each.startswith("wf.v1.")}
    described = {each.source for each in (*REQUESTS, *TELLINGS, *STREAMED)}
    assert described == (functions | constants) - {"loopback"}  # what a connection says to itself is no contract


def test_every_bucket_is_described():
    """A bucket that is added must say what it holds."""
    assert set(KEPT) == set(subjects.BUCKETS)


def test_every_streamed_subject_is_kept_by_a_stream():
    """What the document calls streamed is stored by one of our streams."""
    for exchange in STREAMED:
        patterns = [pattern for stream in subjects.STREAMS for pattern in stream.subjects]
        assert any(re.fullmatch(re.escape(each).replace(">", ".+"), exchange.subject) for each in patterns)


def test_every_message_travels_somewhere():
    """A message that no subject, stream or bucket carries, nor another message, is dead."""
    carried = set(ASYNCAPI["components"]["messages"])
    within = {reference.rpartition("/")[2] for reference in references(SCHEMAS)}
    assert set(message_types()) <= carried | within


def test_requests_name_their_replies_and_their_queue():
    """Who asks for a run learns what may come back, and that executors share the work."""
    start = ASYNCAPI["operations"]["runStart"]
    replies = {each["$ref"].rpartition("/")[2] for each in start["reply"]["messages"]}
    assert replies == {"RunEnded", "Accepted", "Busy", "Failed"}
    assert start["bindings"]["nats"]["queue"] == subjects.EXECUTORS
    assert ASYNCAPI["channels"]["runStart"]["address"] == subjects.RUN_START
