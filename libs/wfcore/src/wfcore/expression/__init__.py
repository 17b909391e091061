"""The expression language, behind one door: `parse`, `infer`, `compile`.

Only paths, `.?` and `orValue(literal)` are executed yet. The full language replaces what lies behind this door and
nothing in front of it.
"""

from wfcore.expression.cursor import ExpressionError
from wfcore.expression.inference import ANY_TYPE, Inferred, infer
from wfcore.expression.parsing import MAX_BYTES, end_of, parse
from wfcore.expression.problem import Problem, ProblemKind
from wfcore.expression.running import ABSENT, Absent, EvaluationError, Reader, Scope, compile
from wfcore.expression.tree import Expression, Literal, Read, written

__all__ = [
    "ABSENT",
    "ANY_TYPE",
    "MAX_BYTES",
    "Absent",
    "EvaluationError",
    "Expression",
    "ExpressionError",
    "Inferred",
    "Literal",
    "Problem",
    "ProblemKind",
    "Read",
    "Reader",
    "Scope",
    "compile",
    "end_of",
    "infer",
    "parse",
    "written",
]
