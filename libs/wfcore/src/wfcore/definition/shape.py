"""Plain data against the types of the model: every fault, each with its place and fix.

A decoder stops at the first fault. This walk goes on: a part that is wrong is reported and left out, its neighbours
are still looked at.
"""

import functools
import re
import types
import typing
from collections.abc import Callable, Collection
from typing import Annotated, Any, Literal, Union

import msgspec
from msgspec import UNSET, Meta, Struct

from wfcore import durations
from wfcore.definition.fields import AnyJson, Label, Measure, NotYet
from wfcore.definition.model import BELONGS_TO, NEEDED_BESIDE, ONE_OF, WRITTEN_BY_KUBERNETES, Metadata
from wfcore.definition.nulls import without_nulls
from wfcore.diagnostics import Diagnostic, Fix, ObjectRef, Severity, did_you_mean, nearest
from wfcore.source import JsonValue, Positions, join

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")

_KINDS_OF_VALUE = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


class _Field(Struct, frozen=True):
    attribute: str
    type: Any
    required: bool


@functools.cache
def _fields(shape: type[Struct]) -> dict[str, _Field]:
    hints = typing.get_type_hints(shape, include_extras=True)
    return {
        field.encode_name: _Field(field.name, hints[field.name], field.required)
        for field in msgspec.structs.fields(shape)
    }


def told(value: JsonValue) -> str:
    """A value as a message shows it: its kind and, where short, itself."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = msgspec.json.encode(value).decode()
    return f"{_KINDS_OF_VALUE[type(value)]} `{text if len(text) <= 60 else text[:57] + '…'}`"


class Walk:
    """One pass over one object. Faults are collected in `diagnostics`; `blamed` pointers are already reported."""

    def __init__(
        self, ref: ObjectRef | None, positions: Positions, unexecuted: Severity, blamed: Collection[str] = ()
    ) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._ref = ref
        self._positions = positions
        self._unexecuted = unexecuted
        self._blamed = frozenset(blamed)

    def complain(
        self,
        code: str,
        message: str,
        pointer: str,
        *,
        seen: Any = UNSET,
        fix: Fix | None = None,
        at_key: bool = False,
        severity: Severity = "error",
    ) -> Any:
        """Note a fault; returns UNSET, which stands for the value that could not be read."""
        if pointer not in self._blamed:
            place = self._positions.key_at if at_key else self._positions.at
            fault = Diagnostic(
                code=code,
                severity=severity,
                message=message,
                object=self._ref,
                pointer=pointer,
                position=place(pointer),
                seen=seen,
                fix=fix,
            )
            self.diagnostics.append(fault)
        return UNSET

    def value(self, kind: Any, data: JsonValue, pointer: str) -> Any:
        """Read `data` as the type `kind`; UNSET where it cannot be."""
        origin = typing.get_origin(kind)
        if origin is Annotated:
            return self._annotated(kind, data, pointer)
        if origin in (Union, types.UnionType):
            # The only unions are `X | None`, and None means "not written": a written null is a fault.
            return self.value(next(arg for arg in typing.get_args(kind) if arg is not types.NoneType), data, pointer)
        if origin is Literal:
            return self._choice(typing.get_args(kind), data, pointer)
        if origin is tuple:
            return self._sequence(typing.get_args(kind)[0], data, pointer)
        if origin is dict:
            return self._dict(typing.get_args(kind)[1], data, pointer)
        if isinstance(kind, type) and issubclass(kind, Struct):
            return self.struct(kind, data, pointer)
        return self._scalar(kind, data, pointer)

    # -- structs

    def struct(self, shape: type[Struct], data: JsonValue, pointer: str) -> Any:
        """Read a mapping as a struct: unknown, missing and wrong fields are all reported."""
        if not isinstance(data, dict):
            return self._wrong("a mapping", data, pointer)
        fields = _fields(shape)
        found: dict[str, Any] = {}
        misspelt: set[str | None] = set()
        for name, value in data.items():
            place = join(pointer, name)
            if name in fields:
                found[fields[name].attribute] = self.value(fields[name].type, value, place)
            elif shape is not Metadata or name not in WRITTEN_BY_KUBERNETES:
                misspelt.add(self._unknown(name, fields, data, place))
        missing = [name for name, field in fields.items() if field.required and name not in data]
        missing += [name for of, name in NEEDED_BESIDE.get(shape, {}).items() if of in data and name not in data]
        for name in (name for name in missing if name not in misspelt):
            fix = Fix(f"add `{name}:`", join(pointer, name))
            self.complain("WF-202", f"`{name}` is required and is missing", join(pointer, name), fix=fix)
        if self._one_of(shape, data, pointer):
            self._belong(shape, data, pointer)
        if missing or UNSET in found.values():
            return UNSET
        return shape(**found)

    def _unknown(self, name: str, fields: Collection[str], data: dict[str, JsonValue], pointer: str) -> str | None:
        """Returns the field that was meant."""
        close = nearest(name, fields)
        if close and close not in data:
            hint, fix = f"; did you mean `{close}`?", Fix(f"rename it to `{close}`", pointer, close, "rename")
        else:
            hint = f"; `{close}` is already there" if close else did_you_mean(name, fields)
            fix = Fix("remove it", pointer, edit="remove")
        self.complain("WF-203", f"unknown field `{name}`{hint}", pointer, seen=name, fix=fix, at_key=True)
        return close

    def _one_of(self, shape: type[Struct], data: dict[str, JsonValue], pointer: str) -> bool:
        """Whether one of the fields is there of which one must be."""
        choices = ONE_OF.get(shape)
        if choices is None:
            return True
        chosen = [name for name in choices if name in data]
        if len(chosen) == 1:
            return True
        names = ", ".join(f"`{name}`" for name in choices)
        seen = " and ".join(f"`{name}`" for name in chosen) or "none of them"
        fix = Fix(f"keep one of {seen}" if chosen else f"add `{choices[0]}`", pointer)
        self.complain("WF-206", f"exactly one of {names} is needed; there is {seen}", pointer, seen=chosen, fix=fix)
        return False

    def _belong(self, shape: type[Struct], data: dict[str, JsonValue], pointer: str) -> None:
        """A field that would be ignored beside the others is told, never ignored."""
        for name, beside in BELONGS_TO.get(shape, {}).items():
            if name not in data or any(other in data for other in beside):
                continue
            place, others = join(pointer, name), " or ".join(f"`{other}`" for other in beside)
            message = f"`{name}` means something only beside {others}"
            fix = Fix(f"remove `{name}`", place, edit="remove")
            self.complain("WF-216", message, place, seen=data[name], fix=fix, at_key=True)

    # -- annotated values

    def _annotated(self, kind: Any, data: JsonValue, pointer: str) -> Any:
        inner, *marks = typing.get_args(kind)
        for mark in marks:
            match mark:
                case NotYet(but):
                    if data not in but:
                        self._not_yet(data, but, pointer)
                        # Under "warning" the run may go on without the field, so its raw value is kept.
                        return data if self._unexecuted == "warning" else UNSET
                case Measure(of):
                    return self._measure(of, data, pointer)
                case AnyJson(holds):
                    return without_nulls(self.complain, holds, data, pointer)
                case Label():
                    return self._label(data, pointer)
        value = self.value(inner, data, pointer)
        for mark in marks:
            if isinstance(mark, Meta) and value is not UNSET and not self._within(mark, value, data, pointer):
                return UNSET
        return value

    def _not_yet(self, data: JsonValue, but: tuple[str, ...], pointer: str) -> None:
        name = pointer.rsplit("/", 1)[1]
        only = f" (only {', '.join(f'`{value}`' for value in but)} is)" if but else ""
        message = f"`{name}` is not executed yet{only}"
        fix = Fix(f"remove `{name}` until it is", pointer, edit="remove")
        self.complain("WF-901", message, pointer, seen=data, fix=fix, at_key=True, severity=self._unexecuted)

    def _measure(self, of: str, data: JsonValue, pointer: str) -> Any:
        code, read, unit = ("WF-207", durations.seconds, "s") if of == "duration" else ("WF-208", durations.size, "")
        if of == "size" and type(data) is int and data >= 0:
            return data
        if type(data) in (int, float) and data >= 0:
            fix = Fix(f'write "{data}{unit}"', pointer, f"{data}{unit}", "set") if unit else None
            return self.complain(code, f"{told(data)} has no unit: write `5s`, `500ms`", pointer, seen=data, fix=fix)
        if not isinstance(data, str):
            return self._wrong(f"a {of}", data, pointer)
        try:
            return typing.cast(Callable[[str], float], read)(data)
        except ValueError as error:
            closer = data.replace(" ", "").replace("sec", "s").replace("min", "m").replace("ss", "s")
            fix = Fix(f"write `{closer}`", pointer, closer, "set") if _reads(read, closer) else None
            return self.complain(code, str(error), pointer, seen=data, fix=fix)

    def _label(self, data: JsonValue, pointer: str) -> Any:
        name = self._scalar(str, data, pointer)
        if name is UNSET or (len(name) <= 63 and _LABEL.fullmatch(name)):
            return name
        message = (
            f"{told(name)} is not a name: use up to 63 of a-z, 0-9 and `-`, beginning and ending with a letter or digit"
        )
        better = (
            re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()).strip("-")[:63].rstrip("-")
        )
        fix = Fix(f"for example `{better}`", pointer, better, "set") if better and "{{" not in name else None
        return self.complain("WF-209", message, pointer, seen=name, fix=fix)

    def _within(self, meta: Meta, value: Any, data: JsonValue, pointer: str) -> bool:
        if meta.pattern and not re.search(meta.pattern, value):
            self.complain("WF-205", f"{told(value)} is not {meta.description or 'allowed here'}", pointer, seen=value)
        elif meta.le is not None and value > meta.le:
            fix = Fix(f"write {meta.le}", pointer, meta.le, "set")
            self.complain(
                "WF-701", f"{value} is more than {meta.le}, the most there may be", pointer, seen=data, fix=fix
            )
        elif meta.ge is not None and value < meta.ge:
            fix = Fix(f"write {meta.ge}", pointer, meta.ge, "set")
            self.complain(
                "WF-205", f"{value} is less than {meta.ge}, the least there may be", pointer, seen=data, fix=fix
            )
        elif meta.min_length is not None and len(value) < meta.min_length:
            self.complain("WF-205", "at least one entry is needed", pointer, seen=data)
        elif meta.max_length is not None and len(value) > meta.max_length:
            message = f"{len(value)} are more than {meta.max_length}, the most there may be"
            self.complain("WF-701", message, pointer, seen=len(value))
        else:
            return True
        return False

    # -- plain values

    def _scalar(self, kind: Any, data: JsonValue, pointer: str) -> Any:
        if kind is Any or type(data) is kind:
            return data
        if kind is float and type(data) is int:
            return float(data)
        return self._wrong(_KINDS_OF_VALUE[kind], data, pointer, self._conversion(kind, data, pointer))

    def _conversion(self, kind: Any, data: JsonValue, pointer: str) -> Fix | None:
        if kind is str and isinstance(data, bool | int | float):
            text = msgspec.json.encode(data).decode()
            return Fix(f'put it in quotes: "{text}"', pointer, text, "set")
        if kind in (int, float) and isinstance(data, str) and re.fullmatch(r"-?[0-9]+", data):
            return Fix(f"take the quotes away: {data}", pointer, int(data), "set")
        if kind is bool and isinstance(data, str) and data.lower() in ("true", "false"):
            return Fix(f"take the quotes away: {data.lower()}", pointer, data.lower() == "true", "set")
        return None

    def _choice(self, allowed: tuple[str, ...], data: JsonValue, pointer: str) -> Any:
        if not isinstance(data, str):
            return self._wrong("one of " + ", ".join(f"`{each}`" for each in allowed), data, pointer)
        if data in allowed:
            return data
        close = nearest(data, allowed)
        fix = Fix(f"write `{close}`", pointer, close, "set") if close else None
        message = f"`{data}` is none of {', '.join(f'`{each}`' for each in allowed)}"
        return self.complain("WF-205", message, pointer, seen=data, fix=fix)

    def _sequence(self, kind: Any, data: JsonValue, pointer: str) -> Any:
        if not isinstance(data, list):
            fix = None if isinstance(data, dict) or data is None else Fix("make it a list", pointer, [data], "set")
            return self._wrong("a list", data, pointer, fix)
        values = [self.value(kind, each, join(pointer, index)) for index, each in enumerate(data)]
        return UNSET if UNSET in values else tuple(values)

    def _dict(self, kind: Any, data: JsonValue, pointer: str) -> Any:
        if not isinstance(data, dict):
            return self._wrong("a mapping", data, pointer)
        values = {key: self.value(kind, each, join(pointer, key)) for key, each in data.items()}
        return UNSET if UNSET in values.values() else values

    def _wrong(self, expected: str, data: JsonValue, pointer: str, fix: Fix | None = None) -> Any:
        if data is None:
            fix = fix or Fix("write a value or remove the field", pointer)
        return self.complain("WF-204", f"expected {expected}, found {told(data)}", pointer, seen=data, fix=fix)


def _reads(read: Callable[[str], float], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True
