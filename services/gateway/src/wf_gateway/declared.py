"""What the author of a workflow lets callers hear of a failure, instead of the engine's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import structlog
from prometheus_client import Counter

from wfcore import expression
from wfcore.bundle import Bundle, ErrorRule
from wfcore.errors import ERRORS, normalized_code
from wfcore.events import Failure

log = structlog.get_logger()

BROKEN = Counter("wf_error_rules_broken_total", "Error rules that could not be evaluated", ["workflow"])


class Rule(NamedTuple):
    """A rule with its condition made ready."""

    holds: Callable[[Mapping[str, Any]], bool]
    told: ErrorRule


class Rules:
    """The `errors:` of one workflow, compiled once."""

    def __init__(self, bundle: Bundle) -> None:
        """The conditions were proven when the bundle was published."""
        self._workflow = f"{bundle.namespace}/{bundle.workflow}"
        self._rules = [Rule(expression.compile_condition(expression.parse(rule.when)), rule) for rule in bundle.errors]

    def told(self, failure: Failure) -> ErrorRule | None:
        """The first rule that holds for this failure; one that cannot be evaluated does not."""
        if not self._rules:
            return None
        scope = _scope(failure)
        return next((rule.told for rule in self._rules if self._holds(rule, scope)), None)

    def _holds(self, rule: Rule, scope: Mapping[str, Any]) -> bool:
        try:
            return rule.holds(scope)
        except expression.EvaluationError as error:
            BROKEN.labels(self._workflow).inc()
            log.warning("error rule broken", workflow=self._workflow, code=rule.told.code, why=error.message)
            return False


def _scope(failure: Failure) -> dict[str, Any]:
    """`task`, and `error` in the words that are the same for every upstream; `error.status` only where one answered."""
    meaning = failure.normalized_error or normalized_code(failure.code if failure.code in ERRORS else "INTERNAL")
    error: dict[str, Any] = {"code": meaning.code, "title": meaning.title}
    if failure.original_error is not None and failure.original_error.status is not None:
        error["status"] = failure.original_error.status
    return {"task": failure.task or "", "error": error}
