"""What earlier releases send is understood today."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from wfcore import events
from wfservice.bus import wire
from wfservice.contracts.golden import readable
from wfservice.contracts.schemas import message_types

REPOSITORY = Path(__file__).parents[2]
GOLDEN = REPOSITORY / "proto" / "golden"
PAYLOADS = sorted(GOLDEN.rglob("*.msgpack"))
SCHEMAS = json.loads((REPOSITORY / "proto" / "messages.schema.json").read_text())


def name(path: Path) -> str:
    return path.relative_to(GOLDEN).with_suffix("").as_posix()


def understood(path: Path) -> Any:
    """The golden message in today's types."""
    if path.parent.name == "events":
        return events.understood(wire.decode(path.read_bytes(), events.Event))
    return wire.decode(path.read_bytes(), message_types()[path.stem])


def keeps(now: Any, then: Any) -> bool:
    """All that was said then is said now; a newer release may say more."""
    match then:
        case dict():
            return all(key in now and keeps(now[key], value) for key, value in then.items())
        case list():
            return len(now) == len(then) and all(map(keeps, now, then))
    return bool(now == then)


@pytest.mark.parametrize("path", PAYLOADS, ids=name)
def test_a_message_of_every_release_is_understood_and_said_again(path: Path):
    """Decoding with today's types and encoding again loses nothing of what a release sent."""
    then = msgspec.msgpack.decode(path.read_bytes())
    now = msgspec.msgpack.decode(wire.encode(understood(path)))
    assert keeps(now, then)


@pytest.mark.parametrize("path", PAYLOADS, ids=name)
def test_the_readable_file_says_the_same_as_the_bytes(path: Path):
    """Whoever reads the JSON beside a golden message reads that message."""
    assert path.with_suffix(".json").read_bytes() == readable(path.read_bytes())


@pytest.mark.parametrize("path", PAYLOADS, ids=name)
def test_a_golden_event_is_of_a_known_type(path: Path):
    """No type of event that was ever sent is forgotten."""
    if path.parent.name == "events":
        assert isinstance(understood(path).data, events.TYPES[path.stem])
    else:
        assert path.stem in message_types()


def test_this_release_has_a_golden_message_of_every_type():
    """What is sent today is proven to be understood tomorrow."""
    newest = max(GOLDEN.iterdir(), key=lambda folder: tuple(map(int, folder.name.split("."))))
    assert {path.stem for path in newest.glob("*.msgpack")} == set(message_types())
    assert {path.stem for path in newest.glob("events/*.msgpack")} == set(events.TYPES)
