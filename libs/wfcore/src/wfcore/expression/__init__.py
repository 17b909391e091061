"""The expression language, behind one door: `parse`, `infer`, `compile`.

CEL with optionals, over JSON values. An expression is parsed once, checked against the schemas of what it reads, and
compiled to a function; it does bounded work and reaches nothing but the scope it is given.
"""

from wfcore.expression.errors import EvaluationError, ExpressionError
from wfcore.expression.evaluation import Scope
from wfcore.expression.inference import ANY_TYPE, Inferred, infer, kept
from wfcore.expression.parsing import MAX_BYTES, Recovered, parse, recover
from wfcore.expression.problem import Problem, ProblemKind
from wfcore.expression.running import Reader, compile, compile_condition, constant
from wfcore.expression.tokens import end_of
from wfcore.expression.tree import Expression, Literal, Read, written
from wfcore.expression.values import ABSENT, Absent

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
    "Recovered",
    "Scope",
    "compile",
    "compile_condition",
    "constant",
    "end_of",
    "infer",
    "kept",
    "parse",
    "recover",
    "written",
]
