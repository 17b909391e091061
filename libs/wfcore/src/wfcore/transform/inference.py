"""What list a transform gives, told by the schemas of what it reads.

Every step is checked for any item that may reach it, so what is sound here breaks in no run.
"""

from msgspec.structs import replace

from wfcore import expression, template
from wfcore.diagnostics import did_you_mean, nearest
from wfcore.expression import Inferred, Problem
from wfcore.schema import Found, JsonSchema, Missing
from wfcore.schema.building import object_of
from wfcore.template import Template
from wfcore.transform.demands import LIST, OBJECT, SORT_KEY, SOURCE, Demand, Findings, Subject
from wfcore.transform.items import Items, items_of, property_of
from wfcore.transform.tree import Clause, Distinct, Filter, Flatten, Limit, Map, Select, Sort, Step, Transform

_INDEX = {"type": "integer", "minimum": 0}


def infer(transform: Transform, scope: JsonSchema) -> Inferred:
    """Infer the list that the transform gives in a scope: one object schema whose properties are the roots.

    Steps see `item` and `index` beside these, or instead of those that the scope lists. The list is never absent.
    Tells all problems, but none that only follows from another; after a problem the schema is `{}`.
    """
    findings = Findings()
    schema = _source(transform, scope, findings)
    if transform.steps:
        steps = _Steps(scope if isinstance(scope, dict) else {}, findings)
        schema = steps.behind(transform.steps, Items({}) if schema is None else items_of(schema)).as_list()
    told = {} if schema is None or findings.problems else schema
    return Inferred(told, False, findings.problems, findings.doubts)


def _source(transform: Transform, scope: JsonSchema, findings: Findings) -> JsonSchema | None:
    found = template.infer(transform.source, scope)
    findings.note(found)
    written = transform.source.value
    subject = Subject(transform.pointer, written if isinstance(written, str) else "", "`from`")
    if findings.meets(SOURCE, found, subject):
        return found.schema
    findings.items_are_vague()
    return None


class _Steps:
    """The steps of one transform, in its scope."""

    def __init__(self, scope: dict[str, object], findings: Findings) -> None:
        self._scope = scope
        self._findings = findings

    def behind(self, steps: tuple[Step, ...], items: Items) -> Items:
        """What is known of the items behind all the steps."""
        for step in steps:
            # About the items of a list that is always empty there is nothing to tell.
            items = self._behind(step, items) if items.schema is not False else items
        return items

    def _behind(self, step: Step, items: Items) -> Items:
        match step:
            case Filter(condition):
                found = expression.infer(condition.expression, self._inside(items), "condition")
                self._findings.note(found, condition.pointer)
                behind = items.schema if found.problems else expression.kept(condition.expression, "item", items.schema)
                return replace(items, schema=behind, least=0)
            case Map(value):
                return self._mapped(value, items)
            case Select():
                return self._selected(step, items)
            case Flatten():
                return self._flattened(step, items)
            case Sort(keys):
                for key in keys:
                    self._clause(key.by, items, SORT_KEY)
                return items
            case Distinct(by):
                if by is not None:
                    self._clause(by, items)
                return replace(items, least=min(items.least, 1), unique=items.unique or by is None)
            case Limit(count):
                most = count if items.most is None else min(items.most, count)
                return replace(items, least=min(items.least, count), most=most)

    def _mapped(self, value: Template, items: Items) -> Items:
        found = template.infer(value, self._inside(items))
        self._findings.note(found)
        if found.problems:
            return self._vague(items)
        return Items(found.schema, 0 if found.absent else items.least, items.most)

    def _flattened(self, step: Flatten, items: Items) -> Items:
        lists, pointer = step.lists, step.pointer
        found = self._item(items, pointer, LIST) if lists is None else self._clause(lists, items, LIST)
        if found is None:
            return self._vague(Items({}))
        inner = items_of(found)
        most = None if items.most is None or inner.most is None else items.most * inner.most
        return Items(inner.schema, items.least * inner.least, most)

    def _selected(self, step: Select, items: Items) -> Items:
        is_object = self._item(items, step.pointer, OBJECT) is not None
        properties: list[tuple[str, JsonSchema, bool]] = []
        for at, name in enumerate(step.names):
            match property_of(items.schema, name):
                case Missing(declared) if is_object:
                    self._findings.tell(_no_such_property(name, declared, f"{step.pointer}/{at}"))
                case Found(schema=schema, optional=optional):
                    properties.append((name, schema, not optional))
        return Items(object_of(properties), items.least, items.most)

    def _item(self, items: Items, pointer: str, demand: Demand) -> JsonSchema | None:
        """The schema of an item, if the items are what the step demands."""
        meets = self._findings.meets(demand, Inferred(items.schema, False, []), Subject(pointer, "", "an item"))
        return items.schema if meets else None

    def _clause(self, clause: Clause, items: Items, demand: Demand | None = None) -> JsonSchema | None:
        """The schema of what an expression gives, if it gives what the step demands."""
        found = expression.infer(clause.expression, self._inside(items))
        self._findings.note(found, clause.pointer)
        text = clause.expression.text
        subject = Subject(clause.pointer, text, f"`{text.strip()}`")
        meets = demand is None or self._findings.meets(demand, found, subject)
        return found.schema if meets else None

    def _inside(self, items: Items) -> JsonSchema:
        """The scope of a step: the outer one, and the item."""
        outer, required = self._scope.get("properties", {}), self._scope.get("required", [])
        assert isinstance(outer, dict)
        assert isinstance(required, list)
        properties = {**outer, "item": items.schema, "index": _INDEX}
        always = list(dict.fromkeys([*required, "item", "index"]))
        return {**self._scope, "properties": properties, "required": always}

    def _vague(self, items: Items) -> Items:
        self._findings.items_are_vague()
        return Items({}, 0, items.most)


def _no_such_property(name: str, declared: tuple[str, ...], pointer: str) -> Problem:
    near = nearest(name, declared)
    message = f"the items have no property `{name}`{did_you_mean(name, declared)}"
    return Problem(pointer, 0, message, "unknown-field", name, (near,) if near else (), near)
