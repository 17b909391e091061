"""Releases that stand side by side: what a newer one adds is survived, what an incompatible one sends is refused."""

import msgspec
import pytest

from wfcore import events, subjects
from wfcore.errors import WorkflowError
from wfcore.events import Event, Unknown
from wfcore.messages import Grant, MayAct, StartRun
from wfservice.bus import wire
from wfservice.contracts.schemas import message_types


def test_an_event_of_an_unknown_type_is_kept_as_unknown():
    """A newer release's event passes through with all it holds."""
    sent = {"execution": "e", "attempt": 1, "seq": 9, "at": 5, "type": "TaskDreamt", "data": {"of": ["sheep", 7]}}
    event = events.understood(wire.decode(msgspec.msgpack.encode(sent), Event))
    assert event.type == "TaskDreamt"
    assert event.data == Unknown({"of": ["sheep", 7]})


def test_a_field_that_is_not_known_is_ignored():
    """A newer minor version may add fields: the rest of the message counts."""
    sent = msgspec.msgpack.encode({"granted": True, "reason": "", "until": 99})
    assert wire.decode(sent, Grant) == Grant(True)


@pytest.mark.parametrize("name", message_types())
def test_no_message_refuses_a_field_that_it_does_not_know(name: str):
    """Every message can grow without breaking the release before it."""
    assert not message_types()[name].__struct_config__.forbid_unknown_fields


@pytest.mark.parametrize("name", [*message_types(), *events.TYPES])
def test_messages_are_maps(name: str):
    """Fields travel by name, so their order may change."""
    assert not (message_types() | events.TYPES)[name].__struct_config__.array_like


def test_a_field_that_is_left_out_has_its_default():
    """An older release does not know the newer fields, and need not."""
    sent = {"execution": "e", "attempt": 1, "asker": "a", "namespace": "n", "workflow": "w", "bundle": "b"}
    run = wire.decode(msgspec.msgpack.encode(sent | {"input": b"{}", "answer_by": 1, "end_by": 2}), StartRun)
    assert (run.mode, run.prefix, run.sealed) == ("live", [], None)


def test_a_message_without_a_required_field_is_told_as_another_schema():
    """Half a message is never acted on; the sender hears why."""
    with pytest.raises(msgspec.ValidationError) as caught:
        wire.decode(msgspec.msgpack.encode({"execution": "e"}), MayAct)
    told = wire.refusal(caught.value, "any")
    assert told.code == "UNSUPPORTED_SCHEMA"
    assert "attempt" in told.message


def test_another_major_version_is_refused():
    """What could be misunderstood is not read at all."""
    major = int(subjects.SCHEMA_VERSION.split(".")[0])
    with pytest.raises(WorkflowError) as caught:
        wire.refuse_other_major({subjects.SCHEMA_HEADER: f"{major + 1}.0"})
    assert caught.value.code == "UNSUPPORTED_SCHEMA"


@pytest.mark.parametrize("minor", ["0", "1", "99"])
def test_another_minor_version_is_taken(minor: str):
    """A newer minor only adds."""
    wire.refuse_other_major({subjects.SCHEMA_HEADER: f"{subjects.SCHEMA_VERSION.split('.')[0]}.{minor}"})
