"""Giants."""

import json
import time

import yaml
from tests.wfcore.definitions import Known
from tests.wfcore.validation.objects import FIRST, a_task, a_workflow, an_upstream, check_workflow, codes

from wfcore.definition import read_definitions
from wfcore.validation import validate


def test_the_longest_workflow_is_validated_in_a_moment():
    """Five hundred tasks that read each other are checked in seconds."""
    tasks = [FIRST, *({"id": f"t{n}", "input": {"id": "{{tasks.first.output.id}}"}} for n in range(499))]
    reading = read_definitions(yaml.safe_dump_all([an_upstream(), a_task(), a_workflow(*tasks)]))
    known = Known(reading.definitions)
    started = time.perf_counter()
    assert validate(reading.definitions[-1], known).types is not None
    # Measured well below two seconds; the rest is for a busy machine.
    assert time.perf_counter() - started < 20


def refused_quickly(*tasks: dict) -> str:
    """The code of the one fault of a giant, found in a moment."""
    text = json.dumps(a_workflow(*tasks))
    started = time.perf_counter()
    reading = read_definitions(text)
    # Measured below 0.3 s; the rest is for a busy machine.
    assert time.perf_counter() - started < 10
    (fault,) = reading.diagnostics
    return fault.code


def test_a_giant_is_refused_before_it_is_looked_at():
    """Thousands of tasks, in a row or inside each other's branches, are one fault."""
    assert refused_quickly(*({"id": f"t{n}"} for n in range(2_000))) == "WF-701"
    branch = {"default": True, "output": 1, "tasks": [{"id": f"t{n}", "taskRef": "x"} for n in range(300)]}
    assert refused_quickly(*({"id": f"s{n}", "switch": [branch]} for n in range(3))) == "WF-701"
    assert refused_quickly(*({"id": f"t{n}", "taskRef": "get-user"} for n in range(10_000))) in ("WF-701", "WF-102")


def test_the_longest_chain_is_validated_in_a_moment():
    """Five hundred tasks of which each needs the one before."""
    chain = [{"id": "t0", "input": {"id": 1}, "timeout": "50ms"}]
    chain += [
        {"id": f"t{n}", "input": {"id": f"{{{{tasks.t{n - 1}.output.id}}}}"}, "timeout": "50ms"} for n in range(1, 500)
    ]
    started = time.perf_counter()
    assert check_workflow(*chain, timeout="30s").types is not None
    # Measured below two seconds; the rest is for a busy machine.
    assert time.perf_counter() - started < 20


def test_a_task_that_waits_for_all_and_itself_is_one_circle():
    """Five hundred tasks that all read each other are told once."""
    reads = " + ".join(f"tasks.t{n}.output.id" for n in range(100))
    tasks = [{"id": f"t{n}", "input": {"id": f"{{{{{reads}}}}}"}} for n in range(100)]
    assert codes(check_workflow(*tasks)) == ["WF-401"]


def test_types_that_double_with_each_task_do_not_grow_without_end():
    """Thirty tasks, each of which gives twice what the one before gave, are typed in a moment."""
    twice = [{"a": f"{{{{tasks.t{n}.output}}}}", "b": f"{{{{tasks.t{n}.output}}}}"} for n in range(30)]
    tasks = [{"id": f"t{n}", "transform": {"from": [each]}} for n, each in enumerate([{}, *twice])]
    spec = {"tasks": tasks, "output": "{{size(tasks.t30.output)}}"}
    reading = read_definitions(json.dumps(a_workflow() | {"spec": spec}))
    started = time.perf_counter()
    found = validate(reading.definitions[-1], Known(reading.definitions))
    assert (found.diagnostics, found.types is None) == ([], False)
    # Measured below a second; the rest is for a busy machine.
    assert time.perf_counter() - started < 20


def test_a_giant_line_that_is_no_yaml_is_refused_in_a_moment():
    """A broken line of a megabyte is one fault; nobody looks for missing quotes in it."""
    started = time.perf_counter()
    (fault, *_) = read_definitions(f"'{'k' * 1_000_000}': 1").diagnostics
    assert fault.code.startswith("WF-1")
    assert time.perf_counter() - started < 10
