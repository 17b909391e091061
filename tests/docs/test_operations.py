"""The page for operators says what the code does."""

import re

from tests.docs import tables
from tests.docs.tables import DOCS, rows, section
from wfcore.errors import ERRORS

PAGE = (DOCS / "operations.md").read_text()


def test_every_setting_of_every_service_stands_in_the_table():
    """Name, default and meaning are those of the Settings structs, in their order, and no setting is left over."""
    assert rows(section(PAGE, "Settings"))[1:] == list(tables.settings())


def test_every_metric_stands_in_the_table():
    """An operator finds each metric that a service tells, and none that it does not."""
    assert rows(section(PAGE, "Metrics"))[1:] == list(tables.metrics())


def test_metrics_that_are_named_exist():
    """Advice speaks of metrics that are there."""
    known = {name.strip("`") for name, *_ in tables.metrics()}
    named = set(re.findall(r"`((?:wf|workflow)_[a-z_]+)[`{]", PAGE))
    assert named <= known


def test_every_stream_and_bucket_stands_in_the_table():
    """What NATS holds, and how much of it at most."""
    found = rows(section(PAGE, "Storage"))
    assert all(row in found for row in tables.stores())


def test_every_error_that_is_not_the_callers_own_has_advice():
    """Who is called at night finds a first step for each code."""
    advised = {re.sub(r"\[(\w+)\].*", r"\1", code) for code, _ in rows(section(PAGE, "When an error appears"))[1:]}
    assert advised == {code for code, info in ERRORS.items() if info.status >= 499}


def test_every_variable_that_is_named_is_a_setting():
    """No advice names a variable that nothing reads."""
    known = {name.strip("`") for name, *_ in tables.settings()} | {"WORKFLOW_CONFIG"}
    shared = {f"WORKFLOW_{name.rpartition('_')[0].rpartition('_')[2]}_{name.rpartition('_')[2]}" for name in known}
    named = set(re.findall(r"WORKFLOW_[A-Z_]+", PAGE)) - {"WORKFLOW_GATEWAY_NATS_URL"}
    assert named <= known | shared
