"""The sentences that stand under fields and constants in our code, as data: Python itself throws them away."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from types import ModuleType
from typing import Any


def of_fields(type: type[Any]) -> dict[str, str]:
    """From a field of this class (not of its parents) to the text that stands under it."""
    (definition,) = ast.parse(inspect.cleandoc("\n" + inspect.getsource(type))).body
    assert isinstance(definition, ast.ClassDef)
    return _texts(definition.body)


def of_constants(module: ModuleType) -> dict[str, str]:
    """From a name of this module to the text that stands under it, or in it where it is a function."""
    body = ast.parse(inspect.getsource(module)).body
    functions = {
        each.name: ast.get_docstring(each) or "" for each in body if isinstance(each, ast.FunctionDef | ast.ClassDef)
    }
    return _texts(body) | functions


def of_class(type: type[Any]) -> str:
    """The docstring, or nothing: msgspec and dataclasses invent one that only repeats the fields."""
    return inspect.cleandoc(type.__dict__.get("__doc__") or "")


def _texts(body: list[ast.stmt]) -> dict[str, str]:
    found: dict[str, str] = {}
    for assigned, text in pairwise(body):
        match text:
            case ast.Expr(value=ast.Constant(value=str(words))):
                found |= dict.fromkeys(_names(assigned), inspect.cleandoc(words))
    return found


def _names(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.Assign(targets=targets):
            return [each.id for each in targets if isinstance(each, ast.Name)]
    return []
