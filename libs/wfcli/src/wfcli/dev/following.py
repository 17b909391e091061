"""What the planner says about the definitions, told as it becomes known: published, refused, healed, gone."""

import asyncio
from contextlib import suppress
from pathlib import Path

import structlog

from wfcli.local.errors import CannotStart
from wfcli.terminal import Screen
from wfcore import subjects
from wfcore.diagnostics import Diagnostic, render
from wfcore.errors import WorkflowError
from wfcore.messages import DefinitionRecord, SourceVerdict, Verdict
from wfservice.bus import Mirror
from wfservice.bus.nats import NatsBus

CONNECT_SECONDS = 10.0

_MISSING = {"WF-301": "WorkflowTask", "WF-302": "Upstream"}
_WORDS = {"upstream": "upstream", "workflowtask": "task", "workflow": "workflow"}


class Following:
    """Follows definitions and verdicts. Silent until `tell_all`, then every change is a line."""

    def __init__(self, bus: NatsBus, screen: Screen) -> None:
        self._bus = bus
        self._screen = screen
        self._definitions = Mirror(bus, subjects.DEFINITIONS, DefinitionRecord)
        self._verdicts = Mirror(bus, subjects.VERDICTS, Verdict)
        self._sources = Mirror(bus, subjects.SOURCES, SourceVerdict)
        self._mirrors = (self._definitions, self._verdicts, self._sources)
        self._known: dict[str, Verdict] = {}
        self._broken: dict[str, SourceVerdict] = {}
        self._changed = asyncio.Event()
        self._telling = False

    @classmethod
    async def begin(cls, nats_url: str, screen: Screen, log: Path) -> "Following":
        """Connect and follow; the buckets may be made a little later. Raises CannotStart where there is no NATS.

        What the bus has to say of itself goes into `log`.
        """
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(log.open("a")))
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                bus = await NatsBus.connect(nats_url, "dev", patience=CONNECT_SECONDS)
        except (WorkflowError, TimeoutError) as error:
            raise CannotStart(f"NATS does not take our connection: {error}; is --nats-url right?") from error
        following = cls(bus, screen)
        await following._follow()
        return following

    async def _follow(self) -> None:
        self._definitions.listen(lambda *_: self._changed.set())
        self._verdicts.listen(self._on_verdict)
        self._sources.listen(self._on_source)
        for mirror in self._mirrors:
            await mirror.follow()

    async def end(self) -> None:
        """Stop following and leave the bus."""
        for mirror in self._mirrors:
            await mirror.close()
        await self._bus.drain(1.0)

    async def until_judged(self, within_seconds: float) -> list[str]:
        """Wait for a verdict on everything there is now. Returns the keys that have none in time, mostly none."""
        newest = await self._bus.bucket(subjects.DEFINITIONS).last_revision()
        with suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                while self._definitions.newest < newest or self._unjudged():
                    self._changed.clear()
                    await self._changed.wait()
        return self._unjudged()

    def workflows(self) -> list[Verdict]:
        """The verdicts on all workflows, by namespace and name."""
        found = [verdict for verdict in self._known.values() if verdict.kind == "Workflow"]
        return sorted(found, key=lambda verdict: (verdict.namespace, verdict.name))

    def tell_all(self) -> None:
        """Say how everything stands; from now on every change is said as well."""
        published = [verdict.name for verdict in self.workflows() if verdict.ready]
        if published:
            names = ", ".join(f"'{name}'" for name in published)
            self._screen.ok(f"{'workflow' if len(published) == 1 else 'workflows'} {names} published")
        for key in sorted(self._known):
            if not self._known[key].ready:
                self._tell_refused(self._known[key])
        for broken in self._broken.values():
            self._tell_broken(broken)
        self._telling = True

    def _unjudged(self) -> list[str]:
        return sorted(key for key, _ in self._definitions.items() if self._is_outdated(self._known.get(key)))

    def _is_outdated(self, verdict: Verdict | None) -> bool:
        """Whether there is no verdict, or one that waits for what is there by now: the next one is under way."""
        if verdict is None:
            return True
        if verdict.ready or any(diagnostic.is_error for diagnostic in verdict.diagnostics):
            return False
        awaited = [
            self._known.get(subjects.definition_key(_MISSING[each.code], verdict.namespace, str(each.seen)))
            for each in verdict.diagnostics
            if each.code in _MISSING
        ]
        return bool(awaited) and all(other is not None and other.ready for other in awaited)

    def _on_verdict(self, key: str, verdict: Verdict | None, _: int) -> None:
        before = self._known.pop(key, None)
        if verdict is not None:
            self._known[key] = verdict
        self._changed.set()
        if self._telling:
            self._tell(key, before, verdict)

    def _tell(self, key: str, before: Verdict | None, after: Verdict | None) -> None:
        if after is None:
            kind, _, name = key.split(".", 2)
            self._screen.note(f"{_WORDS.get(kind, kind)} '{name}' is gone")
        elif not after.ready:
            if before is None or before.ready or before.diagnostics != after.diagnostics:
                self._tell_refused(after)
        elif before is None or not before.ready or before.version != after.version:
            self._tell_good(before, after)

    def _tell_good(self, before: Verdict | None, after: Verdict) -> None:
        healed = before is not None and not before.ready
        done = "published" if after.kind == "Workflow" else "healed" if healed else "accepted"
        self._screen.ok(f"{_called(after)} {done}", note="(healed)" if healed and done == "published" else "")

    def _tell_refused(self, verdict: Verdict) -> None:
        waits = all(not diagnostic.is_error for diagnostic in verdict.diagnostics)
        how = "waits for something that is missing" if waits else "refused"
        serving = "; the last good version goes on serving" if verdict.serving else ""
        detail = "\n".join(_rendered(diagnostic) for diagnostic in verdict.diagnostics)
        self._screen.wrong(f"{_called(verdict)} {how}{serving}", detail)

    def _on_source(self, key: str, verdict: SourceVerdict | None, _: int) -> None:
        before = self._broken.pop(key, None)
        if verdict is not None:
            self._broken[key] = verdict
        if self._telling and verdict is not None:
            self._tell_broken(verdict)
        elif self._telling and before is not None:
            self._screen.ok(f"{before.origin} reads again")

    def _tell_broken(self, broken: SourceVerdict) -> None:
        kept = "; what was last read from it stays" if broken.objects else ""
        detail = "\n".join(_rendered(diagnostic) for diagnostic in broken.diagnostics)
        self._screen.wrong(f"{broken.origin} cannot be used{kept}", detail)


def _called(verdict: Verdict) -> str:
    return f"{_WORDS[verdict.kind.lower()]} '{verdict.name}'"


def _rendered(diagnostic: Diagnostic) -> str:
    """With its line of the file, where the file can still be read."""
    text = None
    if diagnostic.position and diagnostic.position.file:
        with suppress(OSError, UnicodeDecodeError):
            text = Path(diagnostic.position.file).read_text(encoding="utf-8")
    return render(diagnostic, text)
