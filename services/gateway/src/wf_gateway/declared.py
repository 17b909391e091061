"""What the author of a workflow lets callers hear of a failure, instead of the engine's own words."""

from __future__ import annotations

from typing import Any

import structlog
from prometheus_client import Counter

from wfcore import program
from wfcore.bundle import Bundle, ErrorRule
from wfcore.errors import ERRORS, normalized_code
from wfcore.events import Failure
from wfcore.expression import EvaluationError
from wfcore.run.failures import rule_that_holds

log = structlog.get_logger()

BROKEN = Counter("wf_error_rules_broken_total", "Error rules that could not be evaluated", ["workflow"])


class Rules:
    """The `errors:` of one workflow, compiled once."""

    def __init__(self, bundle: Bundle) -> None:
        """The conditions were proven when the bundle was published."""
        self._workflow = f"{bundle.namespace}/{bundle.workflow}"
        self._rules = program.rules(bundle.errors)

    def told(self, failure: Failure) -> ErrorRule | None:
        """The first rule that holds for this failure; one that cannot be evaluated does not."""
        if not self._rules:
            return None
        return rule_that_holds(self._rules, _scope(failure), self._broken)

    def _broken(self, rule: ErrorRule, error: EvaluationError) -> None:
        BROKEN.labels(self._workflow).inc()
        log.warning("error rule broken", workflow=self._workflow, code=rule.code, why=error.message)


def _scope(failure: Failure) -> dict[str, Any]:
    """`task`, and `error` in the words that are the same for every upstream; `error.status` only where one answered."""
    meaning = failure.normalized_error or normalized_code(failure.code if failure.code in ERRORS else "INTERNAL")
    error: dict[str, Any] = {"code": meaning.code, "title": meaning.title}
    if failure.original_error is not None and failure.original_error.status is not None:
        error["status"] = failure.original_error.status
    return {"task": failure.task or "", "error": error}
