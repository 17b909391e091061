"""Values with holes: any JSON in which strings may hold `{{ expression }}`.

A definition is read once and filled many times. What comes from data is never looked at for templates again, so a
value that itself contains `{{` stays as it is.
"""

from wfcore.expression import Inferred, Problem, ProblemKind
from wfcore.template.filling import compile, text, text_parts
from wfcore.template.inference import infer
from wfcore.template.parsing import TemplateError, parse
from wfcore.template.tree import Template, reads, tasks_read

__all__ = [
    "Inferred",
    "Problem",
    "ProblemKind",
    "Template",
    "TemplateError",
    "compile",
    "infer",
    "parse",
    "reads",
    "tasks_read",
    "text",
    "text_parts",
]
