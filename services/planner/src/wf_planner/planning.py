"""Proving and publishing, level-triggered: what should be live is worked out from what is there now."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import msgspec
import structlog
from msgspec.structs import replace

from wf_planner import dry_running, explaining
from wf_planner.addresses import CONDITION, Addresses
from wf_planner.catalogue import Catalogue
from wf_planner.versions import Versions
from wfcore import bundle, publishing, subjects
from wfcore.definition import Definition, UpstreamSpec, WorkflowSpec
from wfcore.diagnostics import Diagnostic, ObjectRef
from wfcore.errors import WorkflowError
from wfcore.messages import (
    DefinitionRecord,
    DryRunTold,
    DryRunWorkflow,
    ExplainWorkflow,
    Explanation,
    LivePointer,
    Verdict,
)
from wfcore.validation import Validation, validate
from wfservice import blobs, ids, telemetry
from wfservice.bus import Bus, Mirror
from wfservice.bus.wire import encode

log = structlog.get_logger()

SETTLE_SECONDS = 0.02
"""Changes come in groups (a directory, an apply): wait this long for the rest of one."""
AGAIN_SECONDS = 0.5
_KINDS = {kind.lower(): kind for kind in ("Upstream", "WorkflowTask", "Workflow")}


class Examined(NamedTuple):
    """What was found out about an object; `definition` and `validation` only where it reads without errors."""

    definition: Definition | None
    validation: Validation | None
    said: list[Diagnostic]


class Planner:
    """Keeps bundles, pointers and verdicts as the definitions say."""

    def __init__(self, bus: Bus) -> None:
        """Nothing is read before `follow`."""
        self._bus = bus
        self._definitions = Mirror(bus, subjects.DEFINITIONS, DefinitionRecord)
        self._live = Mirror(bus, subjects.LIVE, LivePointer)
        self._verdicts = Mirror(bus, subjects.VERDICTS, Verdict)
        self._versions = Versions(bus)
        self._catalogue = Catalogue(self._versions.get)
        self._addresses = Addresses()
        self._changed: set[ObjectRef] = set()
        self._woken = asyncio.Event()
        self._work: asyncio.Task[None] | None = None

    async def follow(self) -> None:
        """Read all there is and publish it, then go on as it changes."""
        self._definitions.listen(self._on_change)
        followed = (self._definitions, self._live, self._verdicts, self._versions)
        await asyncio.gather(*(each.follow() for each in followed))
        # What was published for objects that are gone by now: look at those too.
        for _, pointer in self._live.items():
            self._changed.add(ObjectRef("Workflow", pointer.namespace, pointer.workflow))
        for _, verdict in self._verdicts.items():
            self._changed.add(ObjectRef(verdict.kind, verdict.namespace, verdict.name))
        await self._remember_addresses()
        await self._plan_all()
        if self._changed:
            self._woken.set()
        self._work = asyncio.create_task(self._keep_planning(), name="planning")

    async def _remember_addresses(self) -> None:
        """Whoever has an address of its own keeps it, whichever planner gave it."""
        for _, pointer in sorted(self._live.items(), key=lambda each: each[1].at):
            ref = ObjectRef("Workflow", pointer.namespace, pointer.workflow)
            verdict = self._verdicts.get(subjects.definition_key(ref.kind, ref.namespace, ref.name))
            if verdict is None or not any(condition.type == CONDITION for condition in verdict.conditions):
                continue  # most have none: their bundles need not be read
            try:
                held = bundle.unpack(await blobs.get(self._bus, subjects.BUNDLES, pointer.bundle))
            except Exception as error:  # lost or of another release: the address is given anew
                log.warning("address not remembered", workflow=str(ref), error=repr(error))
                continue
            self._addresses.ask(ref, held.route)

    def ready(self) -> str | None:
        """See Service.ready."""
        return None if self._work is not None and not self._work.done() else "the definitions are not read yet"

    async def stop(self) -> None:
        """Stop following; whatever is half published is finished by the next planner."""
        if self._work:
            self._work.cancel()
        for followed in (self._definitions, self._live, self._verdicts, self._versions):
            await followed.close()

    def _on_change(self, key: str, record: DefinitionRecord | None, _: int) -> None:
        kind, namespace, name = key.split(".", 2)
        ref = ObjectRef(_KINDS.get(kind, kind), namespace, name)
        self._changed.add(ref)
        self._woken.set()
        self._catalogue.forget(ref)
        if record is not None:
            self._catalogue.read(ref, record)

    async def _keep_planning(self) -> None:
        while True:
            await self._woken.wait()
            await asyncio.sleep(SETTLE_SECONDS)
            await self._plan_all()
            if self._changed:  # what could not be done stays to do
                await asyncio.sleep(AGAIN_SECONDS)
                self._woken.set()

    async def _plan_all(self) -> None:
        self._woken.clear()
        todo = self._catalogue.dependents(self._changed)
        # Tasks and upstreams first, so that verdicts appear in the order in which people read.
        # Older workflows before younger ones: of two that ask for one address the older gets it.
        for ref in sorted(todo, key=lambda ref: (ref.kind == "Workflow", self._revision(ref), ref)):
            # Taken off before, not after: what changes while it is planned must be planned again.
            self._changed.discard(ref)
            try:
                await self._plan(ref)
            except WorkflowError as error:
                self._changed.add(ref)
                log.warning("planning is interrupted", object=str(ref), error=error.message)
            except Exception:  # a fault of ours on one object must not keep the others back
                self._changed.add(ref)
                log.exception("planning failed", object=str(ref))
            await asyncio.sleep(0)

    def _revision(self, ref: ObjectRef) -> int:
        return self._definitions.revision(subjects.definition_key(ref.kind, ref.namespace, ref.name))

    def _ask_for_address(self, ref: ObjectRef, route: bundle.Route | None) -> None:
        self._changed.update(self._addresses.ask(ref, route))

    async def _plan(self, ref: ObjectRef) -> None:
        key = subjects.definition_key(ref.kind, ref.namespace, ref.name)
        record = self._definitions.get(key)
        if record is None:
            await self._withdraw(ref, key)
            return
        found = self._examine(ref)
        definition, validation = found.definition, found.validation
        if definition is not None and definition.ref.kind != "Upstream":
            await self._versions.keep(definition, record)
        if definition is not None and validation is not None and validation.types is not None:
            await self._publish(definition, validation)
        await self._judge(ref, key, record, found)

    async def _withdraw(self, ref: ObjectRef, key: str) -> None:
        self._ask_for_address(ref, None)
        # The bucket is asked, not the mirror: what was published a moment ago may not have come back yet.
        live, pointer = self._bus.bucket(subjects.LIVE), subjects.live_key(ref.namespace, ref.name)
        if ref.kind == "Workflow" and await live.get(pointer) is not None:
            await live.delete(pointer)
            log.info("withdrawn", object=str(ref))
        verdicts = self._bus.bucket(subjects.VERDICTS)
        if await verdicts.get(key) is not None:
            await verdicts.delete(key)

    def _examine(self, ref: ObjectRef) -> Examined:
        """Prove an object; of one that has errors already, find out what else is wrong."""
        definition = self._catalogue.get(ref)
        said = list(self._catalogue.said(ref))
        subject = definition or self._catalogue.faulty(ref)
        if subject is None:
            return Examined(None, None, said)
        validation = validate(subject, self._catalogue)
        self._catalogue.remember(ref, validation.looked_up)
        said += [diagnostic for diagnostic in validation.diagnostics if diagnostic not in said]
        return Examined(definition, validation if definition else None, said)

    # --- publishing ---------------------------------------------------------------------------

    async def _publish(self, definition: Definition, validation: Validation) -> None:
        """Store the bundle, then move the pointer; an older revision never overwrites a newer one."""
        assert validation.types is not None
        compiled = publishing.assemble(definition, validation.types, self._catalogue)
        self._ask_for_address(definition.ref, compiled.route)
        if self._addresses.refused(definition.ref):
            compiled = replace(compiled, route=None)
        hash, data = bundle.pack(compiled)
        key = subjects.live_key(definition.ref.namespace, definition.ref.name)
        pointer = LivePointer(
            namespace=definition.ref.namespace,
            workflow=definition.ref.name,
            bundle=hash,
            version=compiled.version,
            release=compiled.release,
            revision=self._definitions.newest,
            at=ids.now(),
            paused=self._paused(definition, compiled),
        )
        await blobs.put(self._bus, subjects.BUNDLES, hash, data)
        bucket = self._bus.bucket(subjects.LIVE)
        while True:
            held = await bucket.get(key)
            current = None if held is None else msgspec.msgpack.decode(held.value, type=LivePointer)
            if current is not None:
                if (current.bundle, current.paused) == (pointer.bundle, pointer.paused):
                    return
                if current.revision > pointer.revision:
                    return
            if await bucket.update(key, encode(pointer), held.revision if held else 0) is not None:
                log.info("published", workflow=key, version=pointer.version, release=pointer.release)
                return

    def _paused(self, definition: Definition, compiled: bundle.Bundle) -> bool:
        """A workflow rests when it, or an upstream that it calls, is told to."""
        assert isinstance(definition.spec, WorkflowSpec)
        upstreams = {call.http.upstream for call in bundle.calls(compiled.body)}
        found = (self._catalogue.get(ObjectRef("Upstream", compiled.namespace, name)) for name in upstreams)
        return definition.spec.paused or any(
            each is not None and isinstance(each.spec, UpstreamSpec) and each.spec.paused for each in found
        )

    # --- verdicts -----------------------------------------------------------------------------

    async def _judge(
        self,
        ref: ObjectRef,
        key: str,
        record: DefinitionRecord,
        found: Examined,
    ) -> None:
        before = self._verdicts.get(key)
        verdict = self._verdict(ref, record, found, before)
        if before is not None and replace(before, at=verdict.at) == verdict:
            return
        for diagnostic in verdict.diagnostics:
            if diagnostic.is_error:
                telemetry.VALIDATION_FAILURES.labels(diagnostic.code, ref.kind, "planner").inc()
                log.warning("refused", object=str(ref), code=diagnostic.code, said=diagnostic.message)
        await self._bus.bucket(subjects.VERDICTS).put(key, encode(verdict))

    def _verdict(
        self,
        ref: ObjectRef,
        record: DefinitionRecord,
        found: Examined,
        before: Verdict | None,
    ) -> Verdict:
        now = ids.now()
        held = {condition.type: condition for condition in (before.conditions if before else [])}
        stands = publishing.conditions(found.definition, found.validation, found.said, held, now)
        stands += self._addresses.conditions(ref, held, now)
        ready = stands[0].status == "True"
        pointer = self._live.get(subjects.live_key(ref.namespace, ref.name)) if ref.kind == "Workflow" else None
        return Verdict(
            kind=ref.kind,
            namespace=ref.namespace,
            name=ref.name,
            version=found.definition.version if found.definition else "",
            ready=ready,
            conditions=stands,
            diagnostics=found.said,
            origin=record.origin,
            at=now,
            revision=self._revision(ref),
            serving=pointer.version if pointer is not None and not ready else None,
        )

    # --- being asked --------------------------------------------------------------------------

    async def explain(self, message: ExplainWorkflow) -> Explanation:
        """How the newest definition would run, and what stands against it."""
        ref = ObjectRef("Workflow", message.namespace, message.workflow)
        key = subjects.definition_key(ref.kind, ref.namespace, ref.name)
        record = self._definitions.get(key)
        if record is None:
            return Explanation(False)
        found = self._examine(ref)
        verdict = self._verdict(ref, record, found, self._verdicts.get(key))
        return explaining.explanation(verdict, found.definition, found.validation, self._catalogue)

    async def dry_run(self, message: DryRunWorkflow) -> DryRunTold:
        """How the newest definition would run with an input, or what keeps it from running at all."""
        ref = ObjectRef("Workflow", message.namespace, message.workflow)
        if self._definitions.get(subjects.definition_key(ref.kind, ref.namespace, ref.name)) is None:
            return DryRunTold(False)
        found = self._examine(ref)
        if found.definition is None or found.validation is None or found.validation.types is None:
            return DryRunTold(True, found.said)
        types = found.validation.types
        compiled = publishing.assemble(found.definition, types, self._catalogue)
        # A dry run may be as much work as a run: planning and the bus go on beside it.
        return await asyncio.to_thread(dry_running.answer, compiled, types, message)
