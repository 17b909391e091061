"""Schemas put inside other schemas keep their meaning."""

from hypothesis import HealthCheck, given, settings
from tests.wfcore.drawn_schemas import documents, values
from tests.wfcore.schema.orders import taken

from wfcore import schema

USER = {"$ref": "#/$defs/User", "$defs": {"User": {"type": "string"}}}
OTHER = {"$ref": "#/$defs/User", "$defs": {"User": {"type": "integer"}}}


def test_definitions_move_to_the_root_under_names_of_their_own():
    """Two parts may each have a definition `User`: references go on meaning their own."""
    whole = schema.compile(schema.rooted({"properties": {"a": schema.alone(USER), "b": schema.alone(OTHER)}}))
    assert whole.accepts({"a": "x", "b": 1})
    assert not whole.accepts({"a": 1})
    assert not whole.accepts({"b": "x"})
    assert isinstance(whole.source, dict)
    assert whole.source["$defs"].keys() == {"User", "User_2"}


def test_what_has_no_definitions_stays_as_it_is():
    """Nothing is copied or renamed without need."""
    plain = {"type": "object", "properties": {"$defs": {"type": "string"}}}
    assert schema.rooted(plain) == plain
    assert schema.rooted(True) is True


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents(), values)
def test_inside_another_a_schema_accepts_what_it_accepted(source, value):
    """As the schema of a property, it judges the property's value as before."""
    before = taken(source)
    inside = schema.compile(schema.rooted({"properties": {"it": schema.alone(source)}}))
    assert inside.accepts({"it": value}) == before.accepts(value)
