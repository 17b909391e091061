"""If it deploys, it works: what can be proven about a definition and what it refers to."""

import itertools
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.wfcore.definitions import Known, validations

from wfcore import graph
from wfcore.definition import read_definitions
from wfcore.diagnostics import Diagnostic, ObjectRef
from wfcore.schema import JsonSchema
from wfcore.validation import Validation, validate
from wfcore.validation.findings import Findings
from wfcore.validation.rooted import alone, rooted
from wfcore.validation.timing import LARGEST_SHARE, timeouts

ID = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
USER = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}


def an_object(kind: str, name: str, spec: dict) -> dict:
    return {"apiVersion": "workflow.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def an_upstream(url: str = "https://users.example.com", **spec: object) -> dict:
    return an_object("Upstream", "users", {"url": url, **spec})


def a_task(
    name: str = "get-user", takes: JsonSchema = ID, gives: JsonSchema = USER, http: dict | None = None, **spec: object
) -> dict:
    call = {"upstream": "users", "path": "/users", **(http or {})}
    return an_object("WorkflowTask", name, {"inputSchema": takes, "outputSchema": gives, "http": call, **spec})


def a_workflow(*tasks: dict, output: object = None, takes: JsonSchema = ID, **spec: object) -> dict:
    entries = [{"taskRef": "get-user", **task} for task in tasks]
    return an_object("Workflow", "profile", {"inputSchema": takes, "tasks": entries, "output": output or {}, **spec})


def check(*objects: dict) -> Validation:
    """Validate the last object against all of them."""
    reading = read_definitions(yaml.safe_dump_all(objects, sort_keys=False))
    assert reading.diagnostics == []
    return validations(reading)[objects[-1]["metadata"]["name"]]


def check_workflow(*tasks: dict, **spec: object) -> Validation:
    return check(an_upstream(), a_task(), a_workflow(*tasks, **spec))


def only(validation: Validation) -> Diagnostic:
    (fault,) = validation.diagnostics
    return fault


FIRST = {"id": "first", "input": {"id": "{{input.id}}"}}
SECOND = {"id": "second", "input": {"id": "{{tasks.first.output.id}}"}}


def test_a_sound_workflow_has_types_edges_and_times():
    """All that the planner needs of a sound workflow comes out of its validation."""
    third = {"id": "third", "input": {"id": 3}, "dependsOn": ["first"], "timeout": "1s"}
    output = {"name": "{{tasks.second.output.name}}", "of": "{{input.id}}"}
    validation = check_workflow(FIRST, SECOND, third, output=output, timeout="8s")
    assert (validation.diagnostics, validation.missing, validation.refused) == ([], [], False)
    types = validation.types
    assert types is not None
    assert types.needs == {"first": frozenset(), "second": frozenset({"first"}), "third": frozenset({"first"})}
    assert types.timeouts == {"first": 4.0, "second": 4.0, "third": 1.0}
    assert (types.input, types.task_inputs["second"], types.task_outputs["first"]) == (ID, ID, USER)
    assert types.undecided == frozenset()
    assert types.output == {
        "type": "object",
        "properties": {"name": {"type": "string"}, "of": {"type": "integer"}},
        "required": ["name", "of"],
    }


def test_a_declared_output_schema_is_the_type_of_the_output():
    """What the author promises counts, not what happens to come out."""
    promised = {"type": "object", "properties": {"of": {"type": "number"}}}
    types = check_workflow(FIRST, output={"of": "{{input.id}}"}, outputSchema=promised).types
    assert types is not None
    assert types.output == promised


def test_a_missing_task_is_a_warning_that_heals():
    """A task that is not there yet keeps a workflow back, with the nearest name; nothing else is complained about."""
    workflow = a_workflow(
        {**FIRST, "taskRef": "get-usr"}, SECOND, output={"x": "{{tasks.first.output.whatever.deep}}"}, outputSchema=USER
    )
    lacking = check(an_upstream(), a_task(), workflow)
    fault = only(lacking)
    assert (fault.code, fault.severity, fault.fix.value) == ("WF-301", "warning", "get-user")
    assert lacking.missing == [ObjectRef("WorkflowTask", "default", "get-usr")]
    assert (lacking.types, lacking.refused) == (None, False)
    arrived = check(an_upstream(), a_task(), a_task("get-usr"), a_workflow({**FIRST, "taskRef": "get-usr"}, SECOND))
    assert arrived.types is not None


def test_a_missing_upstream_keeps_task_and_workflow_back():
    """What a task lacks, a workflow that uses it lacks too, and says through which task."""
    assert [each.code for each in check(a_task()).diagnostics] == ["WF-302"]
    lacking = check(a_task(), a_workflow(FIRST))
    assert lacking.missing == [ObjectRef("Upstream", "default", "users")]
    assert "get-user" in only(lacking).message
    assert lacking.types is None


def test_everything_that_was_looked_up_is_named():
    """Whoever keeps the answer knows which objects can change it: found, missing, direct and indirect ones."""
    validation = check(a_task(), a_workflow(FIRST, {**SECOND, "taskRef": "nothing"}))
    assert {str(ref) for ref in validation.looked_up} == {
        "WorkflowTask default/get-user",
        "WorkflowTask default/nothing",
        "Upstream default/users",
    }


def test_references_do_not_cross_namespaces():
    """A task of another namespace does not exist for a workflow."""
    elsewhere = a_task()
    elsewhere["metadata"]["namespace"] = "other"
    assert [each.code for each in check(an_upstream(), elsewhere, a_workflow(FIRST)).diagnostics] == ["WF-301"]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (a_task(gives={"type": "objekt"}), "WF-303"),
        (a_task(http={"path": "users"}), "WF-303"),
        (a_task(lifecycle="draft"), "WF-304"),
    ],
)
def test_a_task_that_cannot_run_keeps_its_workflows_back(broken: dict, code: str):
    """A workflow waits for a task with errors, and for a draft, as it waits for a missing one."""
    validation = check(an_upstream(), broken, a_workflow(FIRST))
    assert (only(validation).code, only(validation).severity) == (code, "warning")
    assert validation.missing == [ObjectRef("WorkflowTask", "default", "get-user")]
    assert validation.types is None


@pytest.mark.parametrize("lifecycle", ["superseded", "deprecated"])
def test_a_task_that_is_being_retired_still_runs(lifecycle: str):
    """The author is warned, the workflow is published."""
    validation = check(an_upstream(), a_task(lifecycle=lifecycle), a_workflow(FIRST))
    assert only(validation).code == "WF-305"
    assert (validation.missing, validation.types is None) == ([], False)


def test_a_circle_is_named_whole_with_what_made_each_edge():
    """The message walks the circle once around and shows each expression or name that made an edge."""
    a, b, c = (
        {"id": "a", "input": {"id": "{{tasks.b.output.id}}"}},
        {"id": "b", "input": {"id": 1}, "dependsOn": ["c"]},
        {"id": "c", "input": {"id": "{{tasks.a.output.id}}"}},
    )
    fault = only(check_workflow(a, b, c))
    assert fault.code == "WF-401"
    assert fault.message == (
        "the tasks wait for each other: a -> b -> c -> a: a needs b (/spec/tasks/0/input/id reads it), "
        "b needs c (/spec/tasks/1/dependsOn/0 names it), c needs a (/spec/tasks/2/input/id reads it)"
    )


def test_a_task_that_reads_itself_is_a_circle():
    """The smallest circle is found too."""
    assert only(check_workflow({"id": "me", "input": {"id": "{{tasks.me.output.id}}"}})).code == "WF-401"


@pytest.mark.parametrize(
    "id_", ["in", "null", "input", "tasks", "item", "secrets", "get-user", "First", "_x", "1st", ""]
)
def test_an_id_that_no_expression_could_use_is_refused(id_: str):
    """Reserved words, roots and other spellings are no ids; where there is a better one, the fix has it."""
    fault = only(check_workflow({"id": id_, "input": {"id": 1}}))
    assert fault.code == "WF-311"
    if fault.fix is not None:
        assert only_code(check_workflow({"id": fault.fix.value, "input": {"id": 1}})) == []


def only_code(validation: Validation) -> list[str]:
    return [each.code for each in validation.diagnostics]


def test_one_broken_expression_hides_no_other_fault():
    """Each text of a template is judged by itself."""
    output = {
        "a": "{{input.}}",
        "b": "{{tasks.frist.output}}",
        "c": "{{input.idd}}",
        "d": ["{{nothing.x}}"],
        "e": "{{input.id}}",
    }
    validation = check_workflow(FIRST, output=output, outputSchema=USER)
    assert [(each.code, each.pointer) for each in validation.diagnostics] == [
        ("WF-501", "/spec/output/a"),
        ("WF-502", "/spec/output/b"),
        ("WF-503", "/spec/output/c"),
        ("WF-502", "/spec/output/d/0"),
    ]


def test_a_fault_in_one_input_does_not_hide_the_other_inputs():
    """With one input broken the others are still checked for presence and type."""
    takes = {"type": "object", "required": ["a", "b", "c"], "properties": {n: {"type": "integer"} for n in "abc"}}
    workflow = a_workflow({"id": "x", "input": {"a": "{{input.nothing}}", "b": "text"}})
    found = check(an_upstream(), a_task(takes=takes), workflow)
    assert [(each.code, each.pointer) for each in found.diagnostics] == [
        ("WF-602", "/spec/tasks/0/input/c"),
        ("WF-503", "/spec/tasks/0/input/a"),
        ("WF-604", "/spec/tasks/0/input/b"),
    ]


def test_a_position_inside_an_expression_points_at_the_name():
    """An editor underlines the name that is wrong, not the whole text."""
    text = yaml.safe_dump_all([an_upstream(), a_task(), a_workflow(FIRST)], sort_keys=False)
    text += "  requiredFields: {}\n".replace("requiredFields: {}", "outputSchema: {type: object}")
    text = text.replace("output: {}", 'output: {x: "id {{input.idd}}"}')
    fault = only(validations(read_definitions(text))["profile"])
    line = text.splitlines()[fault.position.line - 1]
    assert line[fault.position.column - 1 :].lstrip(".").startswith("idd")


def test_a_missing_input_offers_the_workflow_input_of_that_name():
    """The likeliest fix of a missing input can be applied by a machine."""
    fault = only(check_workflow({"id": "x"}))
    assert (fault.code, fault.fix.edit, fault.fix.value) == ("WF-602", "set", "{{input.id}}")


def test_the_whole_input_may_be_one_expression():
    """`input: "{{input}}"` passes the workflow's input on and is checked as one value."""
    assert check_workflow({"id": "x", "input": "{{input}}"}).diagnostics == []
    text_id = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    assert only_code(check_workflow({"id": "x", "input": "{{input}}"}, takes=text_id)) == ["WF-604"]


def test_a_mismatch_shows_a_value_that_would_be_refused():
    """A proven "no" comes with a value that the giver may send and the taker refuses."""
    takes = {"type": "object", "required": ["id"], "properties": {"id": {"enum": ["seven"]}}}
    fault = only(check_workflow({"id": "x", "input": {"id": "{{input.id}}"}}, takes=takes))
    assert (fault.code, fault.pointer) == ("WF-604", "/spec/tasks/0/input/id")
    assert "seven" in fault.message


def test_a_type_that_cannot_be_decided_is_a_warning_and_is_checked_in_each_run():
    """What cannot be proven is neither refused nor trusted."""
    pattern = lambda regex: {  # noqa: E731
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string", "pattern": regex}},
    }
    workflow = a_workflow(FIRST, takes=pattern("^[a-m]{3,8}$"))
    validation = check(an_upstream(), a_task(takes=pattern("^[a-z]{2,9}$")), workflow)
    assert (only(validation).code, only(validation).severity) == ("WF-605", "warning")
    assert validation.types is not None
    assert validation.types.undecided == {"first"}


def test_nullable_of_openapi_is_understood():
    """A property that OpenAPI 3.0 calls nullable may be null to expressions too."""
    gives = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "nullable": True}}}
    assert only_code(check(an_upstream(), a_task(gives=gives), a_workflow(FIRST, SECOND))) == ["WF-604"]


def test_the_whole_output_must_not_be_absent():
    """An answer is always a value."""
    optional = {"type": "object", "properties": {"id": {"type": "integer"}}}
    assert only_code(check_workflow({"id": "x", "input": {"id": 1}}, takes=optional, output="{{input.?id}}")) == [
        "WF-504"
    ]


@pytest.mark.parametrize(
    ("call", "code", "pointer"),
    [
        ({"path": "users"}, "WF-211", "path"),
        ({"path": "//evil.example.com"}, "WF-211", "path"),
        ({"path": "https://evil.example.com"}, "WF-211", "path"),
        ({"path": "/a/../b"}, "WF-211", "path"),
        ({"path": "/a/%2E%2e/b"}, "WF-211", "path"),
        ({"path": "/a%2f..%2fb"}, "WF-211", "path"),
        ({"path": "/a?x=1"}, "WF-211", "path"),
        ({"path": "/a b"}, "WF-211", "path"),
        ({"path": "/a\r\nHost: x"}, "WF-211", "path"),
        ({"headers": {"Host": "x"}}, "WF-212", "headers/Host"),
        ({"headers": {"content-length": "1"}}, "WF-212", "headers/content-length"),
        ({"headers": {"Proxy-Authorization": "x"}}, "WF-212", "headers/Proxy-Authorization"),
        ({"headers": {"a b": "x"}}, "WF-212", "headers/a b"),
        ({"headers": {"X": "a\r\nHost: b"}}, "WF-212", "headers/X"),
        ({"headers": {"X": "{{input}}"}}, "WF-608", "headers/X"),
        ({"query": {"x": "{{input}}"}}, "WF-608", "query/x"),
        ({"body": {"a": 1}}, "WF-214", "body"),
        ({"method": "POST", "bodyType": "text", "body": {"a": 1}}, "WF-608", "body"),
        ({"method": "POST", "bodyType": "form", "body": {"a": {"b": 1}}}, "WF-608", "body/a"),
        ({"path": "/{{input.id.x}}"}, "WF-507", "path"),
        ({"headers": {"X": "{{secrets['a'].key}}"}}, "WF-901", "headers/X"),
        ({"output": "{{response.stauts}}"}, "WF-503", "output"),
        ({"output": {"id": "{{response.status}}", "name": 5}}, "WF-606", "output/name"),
    ],
)
def test_a_request_that_must_not_be_sent_is_refused(call: dict, code: str, pointer: str):
    """Nothing in a request leaves the upstream's base path, breaks its framing or has no text form."""
    fault = only(check(an_upstream(), a_task(http=call)))
    assert (fault.code, fault.pointer) == (code, f"/spec/http/{pointer}")


@pytest.mark.parametrize(
    "call",
    [
        {"path": "/users/{{input.id}}.json"},
        {"path": "/a..b/.well-known/x"},
        {"query": {"id": "{{input.id}}", "at": "{{execution.startedAt}}", "of": "{{workflow.name}}"}},
        {"output": {"id": "{{response.body.data.id}}", "name": "{{response.headers.?etag.orValue('')}}"}},
        {"output": {"id": "{{response.status}}", "name": "{{input.id}} and more"}},
        {"method": "DELETE", "body": {"reason": "{{input.id}}"}},
    ],
)
def test_a_request_that_can_be_sent_is_accepted(call: dict):
    """What a service may reasonably want is not complained about."""
    assert check(an_upstream(), a_task(http=call)).diagnostics == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x.example.com",
        "users.example.com",
        "https://",
        "https://user:word@x.example.com",
        "https://x.example.com/?q=1",
        "https://x.example.com/#top",
        "https://x.example.com/a/../b",
        "https://{{input.host}}",
        "https://x.example.com:port",
        "https://x.example.com:0",
        "https://x example.com",
        "https://x.example.com\\@evil.example.com",
        "https://[::1",
    ],
)
def test_an_upstream_is_a_constant_origin(url: str):
    """Anything but a plain http or https origin with a base path is refused."""
    assert only(check(an_upstream(url))).code == "WF-213"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "[::1]",
        "[fd00::1]",
        "localhost",
        "a.localhost",
        "0.0.0.0",
        "100.64.0.1",
    ],
)
def test_a_private_address_needs_consent(host: str):
    """Private, loopback and link-local addresses are reached only by those who say so; the fix says it."""
    fault = only(check(an_upstream(f"http://{host}:8080")))
    assert (fault.code, fault.fix.pointer, fault.fix.value) == ("WF-215", "/spec/privateAddresses", True)
    assert check(an_upstream(f"http://{host}:8080", privateAddresses=True)).diagnostics == []


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"timeout": "31s"}, "WF-702"),
        ({"timeout": "0s"}, "WF-702"),
        ({"timeout": "1s", "attemptTimeout": "2s"}, "WF-704"),
        ({"mocks": [{"output": {"id": 1}}]}, "WF-607"),
        ({"takes": {"type": "string"}}, "WF-601"),
        ({"gives": {"$ref": "other.json"}}, "WF-601"),
    ],
)
def test_a_task_that_contradicts_itself_is_refused(spec: dict, code: str):
    """Times, mocks and schemas of a task agree with each other."""
    assert only_code(check(an_upstream(), a_task(**spec))) == [code]


def test_tasks_that_take_too_long_together_are_refused_with_their_path():
    """The longest path is named with its times, and the fix gives the workflow enough."""
    tasks = [{**FIRST, "timeout": "4s"}, {**SECOND, "timeout": "8s"}]
    fault = only(check_workflow(*tasks))
    assert (fault.code, fault.fix.value) == ("WF-703", "12s")
    assert "first (4s) -> second (8s)" in fault.message
    assert check_workflow(*tasks, timeout=fault.fix.value).diagnostics == []


def test_written_times_that_are_too_long_are_refused_beside_a_task_without_one():
    """A task that is on no long path, and has no timeout itself, does not hide that written times exceed the limit."""
    fault = only(check_workflow({**FIRST, "timeout": "6s"}, {**SECOND, "timeout": "8s"}, {**FIRST, "id": "alone"}))
    assert (fault.code, fault.fix.value) == ("WF-703", "14s")


def test_tasks_for_which_no_time_is_left_are_told():
    """Written times that use everything up leave nothing for the others, which is refused."""
    fault = only(check_workflow({**FIRST, "timeout": "10s"}, SECOND))
    assert (fault.code, fault.fix.value) == ("WF-703", "15s")


GRAPHS = st.integers(1, 9).flatmap(
    lambda size: st.tuples(
        st.lists(st.sets(st.integers(0, 8)), min_size=size, max_size=size),
        st.dictionaries(st.integers(0, size - 1), st.sampled_from([0.1, 0.5, 1.0, 3.0])),
    )
)


@given(GRAPHS, st.sampled_from([1.0, 10.0, 30.0]))
def test_shares_keep_every_path_within_the_limit(drawn: tuple[list[set[int]], dict[int, float]], limit: float):
    """However tasks hang together, all written and shared times of any path fit, or the workflow is refused."""
    links, times = drawn
    needs = {f"t{n}": frozenset(f"t{m}" for m in wanted if m < n) for n, wanted in enumerate(links)}
    written = {f"t{n}": seconds for n, seconds in times.items()}
    (definition,) = read_definitions(yaml.safe_dump(an_upstream())).definitions
    findings = Findings(definition)
    found = timeouts(findings, limit, needs, written)
    assert found.keys() == needs.keys()
    assert found.items() >= written.items()
    longest, _ = graph.longest_path(needs, found)
    if findings.diagnostics:
        assert graph.longest_path(needs, written)[0] > limit - 0.05 * len(needs)
    else:
        assert longest <= limit + 1e-6
        assert all(0.05 <= found[task] <= LARGEST_SHARE for task in needs.keys() - written.keys())


def test_a_share_is_equal_on_the_longest_path_and_larger_beside_it():
    """Tasks on the longest path share evenly; one beside it gets what its own path leaves, at most five seconds."""
    chain = {"a": frozenset(), "b": frozenset("a"), "c": frozenset("b"), "d": frozenset("c"), "x": frozenset("a")}
    (definition,) = read_definitions(yaml.safe_dump(an_upstream())).definitions
    found = timeouts(Findings(definition), 10.0, chain, {})
    assert found == {"a": 2.5, "b": 2.5, "c": 2.5, "d": 2.5, "x": LARGEST_SHARE}


def test_definitions_of_schemas_do_not_mix():
    """Two schemas that use one name for different things keep their own when they are put together."""
    one = {"$ref": "#/$defs/Id", "$defs": {"Id": {"type": "integer"}}}
    other = {"$ref": "#/$defs/Id", "$defs": {"Id": {"type": "string"}}}
    together = rooted({"type": "object", "properties": {"one": alone(one), "other": alone(other)}})
    meaning = {name: together["$defs"][part["$ref"].split("/")[-1]] for name, part in together["properties"].items()}
    assert meaning == {"one": {"type": "integer"}, "other": {"type": "string"}}
    assert rooted(together) == together


def test_an_output_too_large_to_be_compared_is_undecided():
    """Many large schemas put together are no crash and no refusal, but a warning."""
    large = {"type": "object", "required": ["id"], "properties": {f"p{n}": {"type": "integer"} for n in range(3000)}}
    large["properties"]["id"] = {"type": "integer"}
    tasks = [{"id": f"t{n}", "input": {"id": n}} for n in range(5)]
    workflow = a_workflow(
        *tasks, output={f"t{n}": f"{{{{tasks.t{n}.output}}}}" for n in range(5)}, outputSchema={"type": "object"}
    )
    assert only_code(check(an_upstream(), a_task(gives=large), workflow)) == ["WF-605"]


def test_the_longest_workflow_is_validated_in_a_moment():
    """Five hundred tasks that read each other are checked in seconds."""
    tasks = [FIRST, *({"id": f"t{n}", "input": {"id": "{{tasks.first.output.id}}"}} for n in range(499))]
    reading = read_definitions(yaml.safe_dump_all([an_upstream(), a_task(), a_workflow(*tasks)]))
    known = Known(reading.definitions)
    started = time.perf_counter()
    assert validate(reading.definitions[-1], known).types is not None
    # Measured well below two seconds; the rest is for a busy machine.
    assert time.perf_counter() - started < 20


def test_unexecuted_language_is_a_warning_where_nothing_runs():
    """Offline, an expression of the full language is told and does not refuse the workflow."""
    objects = [an_upstream(), a_task(), a_workflow(FIRST, output={"x": "{{input.id + 1}}"})]
    reading = read_definitions(yaml.safe_dump_all(objects))
    known = Known(reading.definitions)
    strict, offline = (
        validate(reading.definitions[-1], known, unexecuted=severity) for severity in ("error", "warning")
    )
    assert [(each.code, each.severity) for each in itertools.chain(strict.diagnostics, offline.diagnostics)] == [
        ("WF-901", "error"),
        ("WF-901", "warning"),
    ]
    assert (strict.refused, offline.refused) == (True, False)


def test_the_whole_input_must_not_be_absent():
    """A task is always given a value."""
    optional = {"type": "object", "properties": {"user": ID}}
    fault = only(check_workflow({"id": "x", "input": "{{input.?user}}"}, takes=optional))
    assert (fault.code, fault.pointer) == ("WF-504", "/spec/tasks/0/input")


def test_an_input_that_may_be_anything_else_is_taken():
    """A task that allows additional properties takes inputs that it does not name."""
    takes = {**ID, "additionalProperties": True}
    assert (
        check(an_upstream(), a_task(takes=takes), a_workflow({"id": "x", "input": {"id": 1, "more": 2}})).diagnostics
        == []
    )


def test_a_broken_output_schema_is_told_and_types_nothing():
    """Without a usable schema the output is not compared with it."""
    assert only_code(check_workflow(FIRST, outputSchema={"type": "nothing"})) == ["WF-601"]


def test_an_expression_in_a_broken_input_schema_causes_no_second_fault():
    """What is read from an input whose schema cannot be used is not complained about as well."""
    assert only_code(check_workflow(FIRST, takes={"type": "objekt"})) == ["WF-601"]


def test_fields_that_a_schema_leaves_open_can_be_required():
    """`requiredFields` is judged only against schemas that spell their fields out."""
    gives = {"type": "object", "additionalProperties": True}
    workflow = a_workflow(FIRST, requiredFields={"first": ["anything"]})
    assert check(an_upstream(), a_task(gives=gives), workflow).diagnostics == []


def test_the_example_of_the_language_validates_offline():
    """With everything known but nothing run, the example of the language has only "not executed yet" to it."""
    text = (Path(__file__).parents[1] / "corpus" / "not-yet" / "user-profile.yaml").read_text()
    reading = read_definitions(text, unexecuted="warning")
    known = Known(reading.definitions)
    found = [each for one in reading.definitions for each in validate(one, known, unexecuted="warning").diagnostics]
    assert {each.code for each in found} <= {"WF-901"}


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("{{input.x.y}}", {}),
        ("{{input.x.y[3]}}", {"description": "whatever the caller likes"}),
        ("about {{input.x}}", {}),
        ("about {{input.x}}", {"minLength": 3}),
        ("about {{input.x.?y.orValue('')}}", {}),
    ],
)
def test_what_no_schema_promises_is_doubted(text: str, shape: JsonSchema):
    """A path or text that valid data may break is no silent yes: a warning at its place, an error under --strict."""
    takes = {"type": "object", "required": ["x"], "properties": {"x": shape}}
    found = check_workflow({"id": "first", "input": {"id": 1}}, takes=takes, output={"a": text})
    (doubt,) = found.diagnostics
    assert (doubt.code, doubt.severity, doubt.pointer) == ("WF-605", "warning", "/spec/output/a")
    assert found.types is not None


@pytest.mark.parametrize("text", ["{{input.x}}", "{{input.x.?y}}"])
def test_what_cannot_break_is_not_doubted(text: str):
    """Passing on a value that says nothing about itself, or looking into it with `.?`, works with any value."""
    takes = {"type": "object", "required": ["x"], "properties": {"x": {}}}
    found = check_workflow({"id": "first", "input": {"id": 1}}, takes=takes, output={"a": text})
    assert found.diagnostics == []


def test_the_body_of_a_response_is_not_doubted():
    """What the upstream answers is judged when it arrives, so reading from it is no news."""
    task = a_task(http={"output": {"id": "{{response.body.id}}", "name": "{{response.body.first}} 1"}})
    assert check(an_upstream(), task).diagnostics == []


def test_what_is_missing_is_not_doubted_as_well():
    """Of a task that is not there yet, only that is told."""
    tasks = [{"id": "first", "taskRef": "later", "input": {}}]
    assert only_code(check_workflow(*tasks, output={"a": "{{tasks.first.output.id}} {{tasks.first.output.n}}"})) == [
        "WF-301"
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"anyOf": [{"required": ["id"]}, {"required": ["name"]}]},
        {"allOf": [{"required": ["id"]}]},
        {"$ref": "#/$defs/named", "$defs": {"named": {"required": ["id"]}}},
        {"minProperties": 1},
        {"dependentRequired": {"name": ["id"]}},
    ],
)
def test_an_input_that_comes_from_a_missing_task_is_no_mismatch(more: dict):
    """Whatever the taker asks of its fields together: what a later object may cure is a warning, never a refusal."""
    properties = {"id": {"type": "integer"}, "name": {"type": "string"}}
    taker = a_task(takes={"type": "object", "properties": properties, **more})
    tasks = [
        {"id": "first", "taskRef": "later", "input": {}},
        {"id": "second", "input": {"id": "{{tasks.first.output.id}}"}},
    ]
    assert only_code(check(an_upstream(), taker, a_workflow(*tasks))) == ["WF-301"]


def test_an_output_that_reads_the_body_is_proven_in_its_other_fields():
    """A body is judged when it arrives; a status where text is promised could never fit, whatever arrives."""
    gives = {"type": "object", "required": ["code", "v"], "properties": {"code": {"type": "string"}, "v": {}}}
    http = {"output": {"code": "{{response.status}}", "v": "{{response.body.v}}"}}
    fault = only(check(an_upstream(), a_task(gives=gives, http=http)))
    assert (fault.code, fault.pointer) == ("WF-606", "/spec/http/output/code")
    sound = {**gives, "properties": {"code": {"type": "integer"}, "v": {"type": "string"}}}
    assert check(an_upstream(), a_task(gives=sound, http=http)).diagnostics == []
