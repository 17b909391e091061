"""What the expressions of a scope may read, and what is known about it so far.

The schema of a scope lists its names; the checker looks only at those that a path chooses. It is made once for each
scope and grows while the tasks are typed one after the other, so a workflow of many tasks costs no more per expression.
"""

from collections.abc import Collection, Iterable
from typing import Any

from wfcore.diagnostics import Fix
from wfcore.expression import Read
from wfcore.schema import JsonSchema
from wfcore.source import quoted
from wfcore.validation import templates
from wfcore.validation.blocks import Block, target
from wfcore.validation.findings import Findings

_ROOTS = frozenset({"input", "tasks", "execution", "workflow"})
_STATUS = {"enum": ["succeeded", "failed", "skipped"]}
_TEXT = {"type": "string"}
_ERROR = {
    "type": "object",
    "required": ["code", "title", "message"],
    "properties": {"code": _TEXT, "title": _TEXT, "message": _TEXT, "status": {"type": "integer"}},
}


class Views:
    """The scopes of one workflow, as its expressions see them."""

    def __init__(self, input_schema: JsonSchema | None) -> None:
        self._input = input_schema
        self._scopes: dict[Block, dict[str, Any]] = {}
        self._unknown: dict[Block, set[tuple[str, ...]]] = {}
        """Names of a scope of which nothing is known: `("tasks", id)` or `(name,)`."""

    def enter(self, block: Block, names: dict[str, JsonSchema], unknown: Iterable[str] = ()) -> None:
        """Begin with a scope of which no task is known; of the names in `unknown` nothing is known either."""
        tasks: dict[str, JsonSchema] = {
            id_: templates.exactly({"output": {}, "status": _STATUS}) for id_ in block.entries
        }
        roots = {**names, "input": {} if self._input is None else self._input, "tasks": templates.exactly(tasks)}
        if block.parent is not None:
            roots |= {"$parent": self._scopes[block.parent], "$root": self._scopes[block.root]}
        self._scopes[block] = templates.scope(**roots)
        self._unknown[block] = {("tasks", id_) for id_ in block.entries} | {(name,) for name in unknown}

    def learn(self, block: Block, id_: str, output: JsonSchema, *, absent: bool, error: bool) -> None:
        """From now on it is known what a task gives."""
        properties = {"output": output, "status": _STATUS, **({"error": _ERROR} if error else {})}
        required = ["status"] if absent else ["output", "status"]
        tasks = self._scopes[block]["properties"]["tasks"]["properties"]
        tasks[id_] = {"type": "object", "required": required, "properties": properties}
        self._unknown[block].discard(("tasks", id_))

    def of(self, block: Block) -> JsonSchema:
        """The schema of all that can be read in a scope."""
        return self._scopes[block]

    def is_unknown(self, block: Block, read: Read) -> bool:
        """Whether it reads something of which nothing is known, because that is missing, broken or in a circle."""
        found = target(block, read)
        if found.block is None:
            return False
        if found.name == "input":
            return self._input is None
        name = (found.name,) if found.task is None else ("tasks", found.task)
        return name in self._unknown[found.block]


def tell_outer_names(
    findings: Findings, block: Block, reads: Iterable[tuple[str, Read]], own: Collection[str] = ()
) -> frozenset[str]:
    """Tell where a name of a scope around is read as if it were here; returns the pointers of these texts.

    `own` are names that the text brings along itself.
    """
    told: set[str] = set()
    for pointer, read in reads:
        found = target(block, read)
        name = found.task or found.name
        if found.block is None or (found.levels == 0 and name in own) or _is_there(found.block, found.task, name):
            continue
        levels = next((n for n, outer in enumerate(found.block.around, 1) if _is_there(outer, found.task, name)), 0)
        text = findings.written(pointer)
        # A transform reads its list also where a step says `item`: only what stands there as it is can be moved.
        if levels and isinstance(text, str) and text.startswith(read.root, read.offset):
            told.add(pointer)
            to_root = found.levels == 0 and levels > 1 and levels == found.block.depth
            way = "$root." if to_root else "$parent." * levels
            better = f"{text[: read.offset]}{way}{text[read.offset :]}"
            written = f"tasks.{name}" if found.task else name
            message = f"`{written}` is not of this scope but of one around it: write `{way}{written}`"
            fix = Fix(f"write {quoted(better)}", pointer, better, "set")
            findings.add("WF-502", message, pointer, seen=written, fix=fix, offset=read.offset)
    return frozenset(told)


def _is_there(block: Block, task: str | None, name: str) -> bool:
    return name in block.entries if task is not None else name in _ROOTS or name in block.names
