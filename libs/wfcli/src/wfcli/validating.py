"""Are these definitions sound? Answered from files alone, by the same code that publishes them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from wfcore import source
from wfcore.definition import Definition, read_definitions
from wfcore.diagnostics import Diagnostic, Fix, ObjectRef, place
from wfcore.validation import validate

SUFFIXES = (".yaml", ".yml", ".json")
_MISSING = ("WF-301", "WF-302")


class NothingToValidate(Exception):
    """The paths hold no definition file. The text says where we looked."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What was found in the files. `texts` holds each file's text by the name its diagnostics carry."""

    texts: dict[str, str]
    objects: int
    skipped: list[str]
    diagnostics: list[Diagnostic]

    @property
    def errors(self) -> int:
        return sum(diagnostic.is_error for diagnostic in self.diagnostics)

    @property
    def warnings(self) -> int:
        return len(self.diagnostics) - self.errors


@dataclass
class Files:
    """A catalogue of everything that the files hold."""

    definitions: dict[ObjectRef, Definition] = field(default_factory=dict)
    refused: set[ObjectRef] = field(default_factory=set)
    faulty: list[Definition] = field(default_factory=list)

    def get(self, ref: ObjectRef) -> Definition | None:
        """See wfcore.validation.Catalogue."""
        return self.definitions.get(ref)

    def names(self, kind: str, namespace: str) -> Iterable[str]:
        """See wfcore.validation.Catalogue."""
        return [ref.name for ref in self.definitions if (ref.kind, ref.namespace) == (kind, namespace)]

    def add(self, definition: Definition) -> Diagnostic | None:
        """Take a definition in; a diagnostic when the object stands in another file already."""
        first = self.definitions.setdefault(definition.ref, definition)
        if first is definition:
            return None
        return Diagnostic(
            code="WF-210",
            message=f"{definition.ref} stands in {first.positions.at('/metadata/name')} already",
            object=definition.ref,
            pointer="/metadata/name",
            position=definition.positions.at("/metadata/name"),
            fix=Fix("remove or rename one of them", "/metadata/name"),
        )


def check(paths: Sequence[Path], *, namespace: str = "default", strict: bool = False) -> Checked:
    """Read and prove everything in these files and folders. `strict` makes every warning an error.

    Raises NothingToValidate, and OSError where a file cannot be read.
    """
    texts: dict[str, str] = {}
    skipped: list[str] = []
    for path, named in _files(paths):
        text = path.read_text(encoding="utf-8", errors="replace")
        if named or _holds_objects(text):
            texts[str(path)] = text
        else:
            skipped.append(str(path))
    if not texts:
        where = ", ".join(str(path) for path in paths)
        raise NothingToValidate(f"no definitions in {where}: looked for files that end in {', '.join(SUFFIXES)}")
    files, diagnostics = _read(texts, namespace)
    # Read in spite of it, so that their other faults are told too; who publishes them refuses the file.
    diagnostics += [
        fault for name in texts if isinstance(fault := source.decode(Path(name).read_bytes(), name), Diagnostic)
    ]
    for definition in (*files.definitions.values(), *files.faulty):
        diagnostics.extend(found for found in _prove(definition, files) if found not in diagnostics)
    if strict:
        diagnostics = [replace(diagnostic, severity="error") for diagnostic in diagnostics]
    return Checked(
        texts=texts,
        objects=len(files.definitions) + len(files.refused),
        skipped=skipped,
        diagnostics=sorted(diagnostics, key=place),
    )


def _read(texts: dict[str, str], namespace: str) -> tuple[Files, list[Diagnostic]]:
    files, diagnostics = Files(), []
    for name, text in texts.items():
        reading = read_definitions(text, file=name, default_namespace=namespace, unexecuted="warning")
        diagnostics.extend(reading.diagnostics)
        files.refused.update(reading.refused)
        files.faulty.extend(reading.faulty)
        diagnostics.extend(twice for definition in reading.definitions if (twice := files.add(definition)))
    return files, diagnostics


def _prove(definition: Definition, files: Files) -> Iterator[Diagnostic]:
    for diagnostic in validate(definition, files, unexecuted="warning").diagnostics:
        kind = "Upstream" if diagnostic.code == "WF-302" else "WorkflowTask"
        ref = ObjectRef(kind, definition.ref.namespace, str(diagnostic.seen))
        if diagnostic.code in _MISSING and ref in files.refused:
            # It is there, only it could not be read: "there is no such task" would send people looking for it.
            yield replace(diagnostic, code="WF-303", message=f"{ref} has errors of its own", fix=None)
        else:
            yield diagnostic


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Each file once, and whether it was named itself. What begins with a dot is not looked at in folders."""
    seen: set[Path] = set()
    for path in paths:
        inside = sorted(found for found in path.rglob("*") if _is_ours(found, path)) if path.is_dir() else [path]
        for file in inside:
            if (resolved := file.resolve()) not in seen:
                seen.add(resolved)
                yield file, file == path


def _is_ours(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix in SUFFIXES and not hidden and path.is_file()


def _holds_objects(text: str) -> bool:
    """Folders hold other JSON and YAML too; an object names its kind and version somewhere."""
    return "apiVersion" in text or "kind" in text
