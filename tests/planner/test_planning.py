"""What is published follows from what is defined, in any order, and the last good version goes on serving."""

import itertools

import msgspec
import pytest

from tests.planner.conftest import House
from tests.planner.definitions import entry, schema, task, upstream, workflow
from tests.wfservice.waiting import until
from wf_planner import planning
from wf_planner.handlers import handlers
from wf_planner.planning import Planner
from wfcore import subjects
from wfcore.bundle import Bundle
from wfcore.definition import Definition
from wfcore.messages import ExplainWorkflow, Explanation, LivePointer
from wfcore.validation import Catalogue, Validation
from wfservice import telemetry
from wfservice.bus import TransportLost
from wfservice.bus.wire import encode
from wfservice.testing import MemoryBus

PROFILE = workflow("profile", entry("user", "get-user"))
SHOP = (upstream(), task("get-user"), PROFILE)


async def test_a_sound_workflow_is_published(house: House):
    """Bundle, pointer and a Ready verdict with all four conditions are there when `follow` returns."""
    await house.apply(*SHOP)
    planner = await house.plan()
    assert planner.ready() is None
    pointer, compiled = house.pointer("profile"), await house.bundle("profile")
    assert pointer is not None
    assert (pointer.namespace, pointer.workflow, pointer.paused) == ("shop", "profile", False)
    assert (pointer.version, pointer.release) == (compiled.version, compiled.release)
    assert [plan.id for plan in compiled.body.tasks] == ["user"]
    verdict = house.verdict("Workflow", "profile")
    assert verdict is not None
    assert verdict.ready
    assert verdict.diagnostics == []
    assert verdict.version == compiled.version
    conditions = house.conditions("Workflow", "profile")
    assert {type: c.status for type, c in conditions.items()} == dict.fromkeys(
        ("Ready", "ReferencesResolved", "SchemasCompatible", "Published"), "True"
    )
    assert all(condition.last_transition_time.endswith("Z") for condition in conditions.values())
    assert house.ready("WorkflowTask", "get-user")()
    assert house.ready("Upstream", "api")()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_the_order_of_arrival_does_not_matter(house: House, order: tuple[int, ...]):
    """Upstream, task and workflow arrive one after another, however: in the end it is published."""
    await house.plan()
    for place in order:
        await house.apply(SHOP[place])
        kind = ("Upstream", "WorkflowTask", "Workflow")[place]
        await until(lambda kind=kind, name=("api", "get-user", "profile")[place]: house.verdict(kind, name) is not None)
    await house.until_ready("Workflow", "profile")
    assert house.pointer("profile") is not None


async def test_a_missing_task_is_waited_for(house: House):
    """Not published, ReferencesResolved False with the name of what is missing; healed when it comes."""
    await house.apply(upstream(), PROFILE)
    await house.plan()
    assert house.pointer("profile") is None
    conditions = house.conditions("Workflow", "profile")
    assert conditions["Ready"].status == "False"
    assert (conditions["ReferencesResolved"].status, conditions["ReferencesResolved"].reason) == (
        "False",
        "ReferenceMissing",
    )
    assert "get-user" in conditions["ReferencesResolved"].message
    assert house.codes("Workflow", "profile") == ["WF-301"]
    await house.apply(task("get-user"))
    await house.until_ready("Workflow", "profile")
    assert house.pointer("profile") is not None
    assert house.conditions("Workflow", "profile")["ReferencesResolved"].status == "True"


async def test_a_task_that_goes_leaves_the_workflow_serving(house: House):
    """What a live workflow needs is deleted: it is not Ready any more, and its last good version goes on."""
    await house.apply(*SHOP)
    await house.plan()
    before = house.pointer("profile")
    await house.delete("WorkflowTask", "get-user")
    await house.until_refused("Workflow", "profile")
    assert house.pointer("profile") == before
    assert house.verdict("WorkflowTask", "get-user") is None
    verdict = house.verdict("Workflow", "profile")
    assert verdict is not None
    assert before is not None
    assert verdict.serving == before.version


BROKEN = {
    "cycle": (
        workflow("profile", entry("a", "get-user", dependsOn=["b"]), entry("b", "get-user", dependsOn=["a"])),
        {"WF-401"},
    ),
    "unknown field": (workflow("profile", entry("user", "get-user"), timeuot="1s"), {"WF-203"}),
    "missing input": (workflow("profile", {"id": "user", "taskRef": "get-user", "input": {}}), {"WF-602"}),
    "type": (workflow("profile", entry("user", "get-user", given="seven")), {"WF-604"}),
    "two at once": (
        workflow("profile", entry("user", "get-user", given=True), output={"x": "{{tasks.nobody.output}}"}),
        {"WF-604", "WF-502"},
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_broken_version_is_refused_and_the_good_one_serves(house: House, fault: str):
    """All its diagnostics are told, the pointer stays, `serving` names what answers; mended, the new one serves."""
    text, codes = BROKEN[fault]
    await house.apply(*SHOP)
    await house.plan()
    before = house.pointer("profile")
    assert before is not None
    await house.apply(text)
    await house.until_refused("Workflow", "profile")
    verdict = house.verdict("Workflow", "profile")
    assert verdict is not None
    assert codes <= set(house.codes("Workflow", "profile"))
    assert all(d.position is not None or d.pointer for d in verdict.diagnostics)
    assert verdict.serving == before.version
    assert house.pointer("profile") == before
    await house.apply(workflow("profile", entry("user", "get-user"), description="mended"))
    await house.until_ready("Workflow", "profile")
    after = house.pointer("profile")
    assert after is not None
    assert after.version != before.version
    mended = house.verdict("Workflow", "profile")
    assert mended is not None
    assert mended.serving is None


async def test_a_workflow_that_was_never_good_serves_nothing(house: House):
    """Refused from the start: no pointer, `serving` is None."""
    await house.apply(upstream(), task("get-user"), BROKEN["cycle"][0])
    await house.plan()
    verdict = house.verdict("Workflow", "profile")
    assert verdict is not None
    assert (verdict.ready, verdict.serving, house.pointer("profile")) == (False, None, None)


async def test_text_that_cannot_be_read_is_told(house: House):
    """A record that is not even YAML gets a verdict; the others are published."""
    await house.apply(*SHOP, "{not: [yaml")
    await house.plan()
    verdict = house.verdict("Workflow", "broken")
    assert verdict is not None
    assert not verdict.ready
    assert house.codes("Workflow", "broken")
    assert house.pointer("profile") is not None


async def test_a_changed_task_makes_new_releases_of_all_that_use_it(house: House):
    """Both workflows that use the task get a new release and keep their own version; a third stays as it was."""
    other = workflow("other", entry("user", "get-user"), entry("more", "get-more"))
    third = workflow("third", entry("more", "get-more"))
    await house.apply(*SHOP, task("get-more"), other, third)
    await house.plan()
    before = {name: house.pointer(name) for name in ("profile", "other", "third")}
    await house.apply(task("get-user", path="/v2/{{input.id}}"))
    await until(lambda: all(house.pointer(name) != before[name] for name in ("profile", "other")))
    for name in ("profile", "other"):
        old, new = before[name], house.pointer(name)
        assert old is not None
        assert new is not None
        assert new.version == old.version
        assert new.release != old.release
    assert (await house.bundle("profile")).body.tasks[0].work.http.path == "/v2/{{input.id}}"
    assert house.pointer("third") == before["third"]


async def test_a_changed_task_that_no_longer_fits_breaks_its_users(house: House):
    """The task now wants more than the workflow gives: the workflow is not Ready and serves its last good version."""
    await house.apply(*SHOP)
    await house.plan()
    before = house.pointer("profile")
    await house.apply(task("get-user", inputSchema=schema("id tenant", id="integer", tenant="string")))
    await house.until_refused("Workflow", "profile")
    assert "WF-602" in house.codes("Workflow", "profile")
    assert house.pointer("profile") == before


async def test_a_changed_upstream_is_called_at_its_new_address(house: House):
    """An upstream changes two levels below the workflow: a new release with the new origin."""
    await house.apply(*SHOP)
    await house.plan()
    before = house.pointer("profile")
    await house.apply(upstream(url="http://127.0.0.2:9"))
    await until(lambda: house.pointer("profile") != before)
    assert (await house.bundle("profile")).body.tasks[0].work.http.base_url == "http://127.0.0.2:9"


async def test_a_deleted_workflow_is_withdrawn(house: House):
    """Its pointer and verdict go; a planner that was away at the deletion does it at its start."""
    await house.apply(*SHOP, workflow("other", entry("user", "get-user")))
    await house.plan()
    await house.delete("Workflow", "profile")
    await until(lambda: house.pointer("profile") is None and house.verdict("Workflow", "profile") is None)
    await house.leave()
    await house.delete("Workflow", "other")
    await house.plan()
    assert house.pointer("other") is None
    assert house.verdict("Workflow", "other") is None


async def test_paused_reaches_the_pointer(house: House):
    """`paused: true` of the workflow, or of an upstream that it calls, shows in the pointer, and goes away again."""
    await house.apply(*SHOP)
    await house.plan()

    def paused(wanted: bool) -> bool:
        pointer = house.pointer("profile")
        return pointer is not None and pointer.paused is wanted

    assert paused(False)
    await house.apply(workflow("profile", entry("user", "get-user"), paused=True))
    await until(lambda: paused(True))
    await house.apply(PROFILE)
    await until(lambda: paused(False))
    await house.apply(upstream(paused=True))
    await until(lambda: paused(True))
    await house.apply(upstream())
    await until(lambda: paused(False))


async def test_an_older_revision_never_overwrites_a_newer(house: House):
    """A planner that sees less than the one before it leaves the pointer alone."""
    await house.apply(*SHOP)
    newer = LivePointer(
        namespace="shop", workflow="profile", bundle="b", version="v", release="r", revision=10**6, at=1
    )
    await house.bus.bucket(subjects.LIVE).put("shop.profile", encode(newer))
    await house.plan()
    assert house.pointer("profile") == newer


async def test_two_planners_agree(house: House):
    """Both work on every change: what is published in the end is the newest, and each verdict is said once."""
    await house.apply(*SHOP)
    await house.plan()
    await house.plan()
    for number in range(10):
        await house.apply(workflow("profile", entry("user", "get-user"), description=str(number)))

    async def newest() -> bool:
        return (await house.bundle("profile")).description == "9"

    await until(newest)
    await house.until_ready("Workflow", "profile")
    pointer = house.pointer("profile")
    assert pointer is not None
    assert pointer.revision == house.bus.bucket(subjects.DEFINITIONS).revision


async def test_a_second_planner_writes_nothing(house: House):
    """Starting again where all is right changes no bundle, no pointer, no verdict."""
    await house.apply(*SHOP, BROKEN["cycle"][0].replace('"profile"', '"ring"'))
    await house.plan()
    before = {bucket.name: house.bus.bucket(bucket).revision for bucket in subjects.BUCKETS}
    await house.leave()
    await house.plan()
    assert {bucket.name: house.bus.bucket(bucket).revision for bucket in subjects.BUCKETS} == before


async def test_what_changes_while_it_is_planned_is_planned_again(house: House, monkeypatch: pytest.MonkeyPatch):
    """A definition changes in the middle of its own publication: the newer text is what is published in the end."""
    await house.plan()
    original = planning.blobs.put
    changed = False

    async def put(bus: MemoryBus, bucket: subjects.Bucket, name: str, data: bytes) -> None:
        nonlocal changed
        await original(bus, bucket, name, data)
        if not changed:
            changed = True
            await house.apply(workflow("profile", entry("user", "get-user"), description="newer"))
            for _ in range(10):  # until the planner has heard of it
                await planning.asyncio.sleep(0)

    monkeypatch.setattr(planning.blobs, "put", put)
    await house.apply(*SHOP)

    async def published() -> bool:
        return house.pointer("profile") is not None and (await house.bundle("profile")).description == "newer"

    await until(published)


async def test_refusals_are_counted(house: House):
    """`workflow_validation_failures_total{code,kind,source}` counts each diagnostic that keeps an object back, once."""
    counter = telemetry.VALIDATION_FAILURES.labels("WF-401", "Workflow", "planner")
    before = counter._value.get()
    await house.apply(upstream(), task("get-user"), BROKEN["cycle"][0])
    planner = await house.plan()
    assert counter._value.get() == before + 1
    await planner._plan_all()
    await house.leave()
    await house.plan()
    assert counter._value.get() == before + 1, "said once, however often it is looked at"


async def test_a_fault_of_ours_on_one_object_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch):
    """Validating one workflow raises: all others are published, changes go on, and it is tried again until it works."""
    real = planning.validate
    broken = True

    def validate(definition: Definition, catalogue: Catalogue) -> Validation:
        if broken and definition.ref.name == "aaa":
            raise RuntimeError("a fault of ours")
        return real(definition, catalogue)

    monkeypatch.setattr(planning, "validate", validate)
    await house.apply(*SHOP, workflow("aaa", entry("user", "get-user")))
    await house.plan()
    assert house.pointer("profile") is not None
    await house.apply(workflow("later", entry("user", "get-user")))
    await house.until_ready("Workflow", "later")
    assert house.pointer("aaa") is None
    broken = False
    await house.until_ready("Workflow", "aaa")


async def test_a_fault_of_ours_in_reading_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch):
    """Reading one record raises: it is not Ready, the others are published and changes go on."""
    from wf_planner import catalogue

    real = catalogue.read_definitions

    def read(text: str, **more: object) -> object:
        if '"aaa"' in text:
            raise RuntimeError("a fault of ours")
        return real(text, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(catalogue, "read_definitions", read)
    await house.apply(workflow("aaa", entry("user", "get-user")), *SHOP)
    await house.plan()
    assert house.pointer("profile") is not None
    assert house.refused("Workflow", "aaa")()
    await house.apply(workflow("later", entry("user", "get-user")))
    await house.until_ready("Workflow", "later")


async def test_a_bus_that_fails_is_asked_again(house: House):
    """A pointer that could not be written is written when it can be, without a new change."""

    class Faulty(MemoryBus):
        failures = 3

        def bucket(self, bucket: subjects.Bucket):  # type: ignore[no-untyped-def]
            if bucket == subjects.BUNDLES and self.failures:
                self.failures -= 1
                raise TransportLost("as told", sent=False)
            return super().bucket(bucket)

    await house.apply(*SHOP)
    await house.plan(Faulty(house.room))
    await house.until_ready("Workflow", "profile")
    assert house.pointer("profile") is not None


# --- explaining -----------------------------------------------------------------------------------


async def ask(house: House, planner: Planner, name: str) -> Explanation:
    """Over the bus, as the gateway asks."""
    asker, served = MemoryBus(house.room), MemoryBus(house.room)
    await served.serve(handlers(planner))
    found = await asker.request(subjects.EXPLAIN, ExplainWorkflow("shop", name), Explanation, within=10)
    await served.unserve()
    return found  # type: ignore[no-any-return]


async def test_an_explanation_shows_groups_and_the_critical_path(house: House):
    """What may run together, in order, and the chain that takes longest, in milliseconds of its timeouts."""
    drawn = workflow(
        "drawn",
        entry("left", "get-user", timeout="1s"),
        entry("right", "get-user", timeout="2s"),
        entry("both", "get-user", dependsOn=["left", "right"], timeout="500ms"),
    )
    await house.apply(*SHOP, drawn)
    planner = await house.plan()
    explained = await ask(house, planner, "drawn")
    assert explained.found
    assert explained.groups == [["left", "right"], ["both"]]
    assert (explained.critical_path, explained.critical_ms) == (["right", "both"], 2500)
    assert explained.worst_ms == 2500
    assert msgspec.json.decode(explained.plan)["edges"] == [
        {"from": "left", "to": "both", "kind": "dependsOn"},
        {"from": "right", "to": "both", "kind": "dependsOn"},
    ]
    assert set(explained.types) == {"input", "output", "tasks"}
    assert explained.verdict is not None
    assert explained.verdict.ready


async def test_a_refused_workflow_is_explained_by_its_diagnostics(house: House):
    """Not publishable: found, with the verdict and without a plan."""
    await house.apply(upstream(), task("get-user"), BROKEN["cycle"][0])
    planner = await house.plan()
    explained = await ask(house, planner, "profile")
    assert explained.found
    assert explained.verdict is not None
    assert [d.code for d in explained.verdict.diagnostics] == ["WF-401"]
    assert explained.groups == []


async def test_an_unknown_workflow_is_not_found(house: House):
    """`found` is False, nothing else is said."""
    planner = await house.plan()
    assert await ask(house, planner, "nobody") == Explanation(False)


async def test_the_bundle_is_what_its_name_says(house: House):
    """A pointer names its bundle by hash; the same definitions give the same bundle, whoever compiles them."""
    await house.apply(*SHOP)
    await house.plan()
    pointer, compiled = house.pointer("profile"), await house.bundle("profile")
    assert isinstance(compiled, Bundle)
    other = House()
    await other.apply(*SHOP)
    await other.plan()
    again = other.pointer("profile")
    assert pointer is not None
    assert again is not None
    assert again.bundle == pointer.bundle
    await other.leave()
