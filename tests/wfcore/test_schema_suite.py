"""The official JSON Schema test suite, draft 2020-12, through our door."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from wfcore import schema
from wfcore.schema import SchemaError

REPOSITORY = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("WF_TEST_DATA", REPOSITORY / ".." / "shared" / "data"))
SUITE = DATA / "json-schema-2020-12" / "tests" / "draft2020-12"


def reason(source: object) -> tuple[schema.Schema | None, str]:
    """The compiled schema, or the class of the refusal."""
    try:
        return schema.compile(source), ""
    except SchemaError as error:
        message = error.problems[0].message
    if "starts with #" in message or "points at nothing in this schema" in message:
        return None, "reference to another document or through a base URI"
    return None, "another dialect" if "2020-12" in message else message


@pytest.mark.skipif(not SUITE.is_dir(), reason=f"no JSON Schema test suite in {SUITE} (set WF_TEST_DATA)")
def test_the_official_suite_is_answered_right_or_refused_by_design():
    """1164 of 1299 cases are right. The rest are refused (references that do not start with #, other dialects), or
    assert a format that the suite's default mode takes as a mere remark. Not one value is judged wrongly otherwise."""
    counts: Counter[str] = Counter()
    for file in sorted(SUITE.glob("*.json")):
        for group in json.loads(file.read_text()):
            compiled, refused = reason(group["schema"])
            for case in group["tests"]:
                if compiled is None:
                    counts[refused] += 1
                elif compiled.accepts(case["data"]) == case["valid"]:
                    counts["right"] += 1
                else:
                    counts["asserted format" if file.name == "format.json" else f"wrong: {group['description']}"] += 1
    assert counts == {
        "right": 1164,
        "reference to another document or through a base URI": 111,
        "another dialect": 5,
        "asserted format": 19,
    }
