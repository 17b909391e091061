"""The bucket `definitions` says what the directory says."""

import asyncio
from pathlib import Path

from tests.operator_watcher.conftest import Place, documents, upstream
from tests.wfservice.waiting import until
from wf_operator_watcher.directory import KINDS
from wfcore import subjects
from wfcore.messages import DefinitionRecord
from wfservice.bus.wire import encode


async def test_objects_are_there_when_follow_returns(place: Place):
    """What lies in the directory at the start is on the bus before the watcher calls itself ready."""
    path = place.write("a.yaml", upstream("users", namespace="shop"))
    watcher = await place.watch()
    assert place.records() == {
        "upstream.shop.users": DefinitionRecord(
            "Upstream", "shop", "users", upstream("users", namespace="shop"), str(path), 1, generation=1
        )
    }
    assert watcher.ready() is None


async def test_objects_appear_change_and_vanish_with_their_file(place: Place):
    """A new file brings its objects, a changed one changes them (and counts), a deleted one takes them away."""
    await place.watch()
    path = place.write("deep/er/a.yml", upstream("users", "old.example.com"))
    await place.until_named("users")
    place.write("deep/er/a.yml", upstream("users", "new.example.com"))
    await until(lambda: "new.example.com" in place.records()["upstream.here.users"].text)
    assert place.records()["upstream.here.users"].generation == 2
    path.unlink()
    await place.until_named()


async def test_several_documents_in_a_file_know_their_lines(place: Place):
    """Each object carries its own piece of the text and the line where it begins; comments are no objects."""
    text = documents("# nothing but words\n", upstream("one"), upstream("two"))
    place.write("all.yaml", text)
    place.write("also.json", '{"apiVersion": "workflow.io/v1", "kind": "Upstream", "metadata": {"name": "three"},'
                             ' "spec": {"url": "https://example.com"}}')  # fmt: skip
    await place.watch()
    assert place.names() == ["one", "three", "two"]
    lines = text.splitlines()
    for name in ("one", "two"):
        record = place.records()[f"upstream.here.{name}"]
        written = record.text.strip().splitlines()
        assert lines[record.first_line - 1 : record.first_line - 1 + len(written)] == written
        assert f"name: {name}" in record.text
    assert place.records()["upstream.here.one"].first_line < place.records()["upstream.here.two"].first_line


async def test_one_document_less_is_one_object_less(place: Place):
    """Taking a document out of a file takes its object away and leaves the other."""
    place.write("a.yaml", documents(upstream("one"), upstream("two")))
    await place.watch()
    place.write("a.yaml", upstream("two"))
    await place.until_named("two")


async def test_a_broken_file_leaves_its_objects_and_says_so(place: Place):
    """All objects of a file that cannot be read stay as they were; the file's verdict names them and the fault."""
    path = place.write("a.yaml", documents(upstream("one", "good.example.com"), upstream("two")))
    place.write("b.yaml", upstream("other"))
    await place.watch()
    place.write("a.yaml", "kind: Upstream\nmetadata: {name: [}\n")
    await until(lambda: place.source(path) is not None)
    verdict = place.source(path)
    assert verdict is not None
    assert verdict.objects == ["upstream.here.one", "upstream.here.two"]
    assert verdict.diagnostics[0].code == "WF-101"
    assert verdict.diagnostics[0].position is not None
    assert verdict.diagnostics[0].position.line == 2
    assert place.names() == ["one", "other", "two"]
    assert "good.example.com" in place.records()["upstream.here.one"].text
    place.write("b.yaml", upstream("news"))
    await place.until_named("one", "two", "news")
    place.write("a.yaml", documents(upstream("one", "mended.example.com"), upstream("three")))
    await place.until_named("one", "three", "news")
    assert "mended.example.com" in place.records()["upstream.here.one"].text
    assert place.source(path) is None


async def test_a_broken_file_that_is_deleted_deletes_its_objects(place: Place):
    """Broken protects from mistakes, not from a deletion; its verdict goes as well."""
    path = place.write("a.yaml", upstream("one"))
    await place.watch()
    place.write("a.yaml", "{")
    await until(lambda: place.source(path) is not None)
    path.unlink()
    await place.until_named()
    await until(lambda: place.source(path) is None)


async def test_text_that_is_not_utf8_is_a_fault_with_its_place(place: Place):
    """Latin-1 is told as such, with line and column, and not read as something else."""
    path = place.write("a.yaml", upstream("one").encode() + b"# gr\xfc\xdfe\n")
    await place.watch()
    verdict = place.source(path)
    assert verdict is not None
    (said,) = verdict.diagnostics
    assert (said.code, str(said.position)) == ("WF-101", f"{path}:5:5")
    assert "UTF-8" in said.message
    assert place.names() == []


async def test_an_object_without_a_name_breaks_its_file(place: Place):
    """What has no kind of ours or no name cannot be a key: the file is refused with the fault's place."""
    for text in ("kind: Upstream\nspec: {}\n", "kind: Pod\nmetadata: {name: a}\n", "just text\n", "[1, 2]\n"):
        path = place.write("a.yaml", documents(upstream("one"), text))
        await place.watch()
        verdict = place.source(path)
        assert verdict is not None, text
        assert verdict.diagnostics, text
        assert place.names() == [], text
        await place.leave()


async def test_an_object_in_two_files_is_used_once(place: Place):
    """The first file by name wins; the other is told which one; when the first goes, the second takes its place."""
    first = place.write("a.yaml", upstream("users", "first.example.com"))
    second = place.write("b.yaml", documents(upstream("users", "second.example.com"), upstream("other")))
    await place.watch()
    assert "first.example.com" in place.records()["upstream.here.users"].text
    assert place.names() == ["other", "users"]
    verdict = place.source(second)
    assert verdict is not None
    assert verdict.diagnostics[0].code == "WF-210"
    assert str(first) in verdict.diagnostics[0].message
    assert place.source(first) is None
    first.unlink()
    await until(lambda: "second.example.com" in place.records()["upstream.here.users"].text)
    await until(lambda: place.source(second) is None)


async def test_an_object_twice_in_one_file_is_a_fault_of_the_file(place: Place):
    """Nobody can say which one is meant: neither is used."""
    path = place.write("a.yaml", documents(upstream("users"), upstream("users")))
    await place.watch()
    verdict = place.source(path)
    assert verdict is not None
    assert verdict.diagnostics[0].code == "WF-210"
    assert place.names() == []


async def test_a_directory_that_appears_later_is_watched(place: Place):
    """A folder that is not there at the start is found when it comes, and followed from then on; so when it goes."""
    later = place.folder.parent / "later"
    await place.watch(place.folder, later)
    place.write("a.yaml", upstream("one"))
    await place.until_named("one")
    place.write("../later/b.yaml", upstream("two"))
    await place.until_named("one", "two")
    place.write("../later/c.yaml", upstream("three"))
    await place.until_named("one", "two", "three")
    for path in later.iterdir():
        path.unlink()
    later.rmdir()
    await place.until_named("one")


async def test_no_directory_at_all_is_no_fault(place: Place):
    """The watcher is ready with nothing, and finds what appears."""
    missing = place.folder / "not-yet"
    watcher = await place.watch(missing)
    assert watcher.ready() is None
    place.write("not-yet/a.yaml", upstream("one"))
    await place.until_named("one")


async def test_a_single_file_can_be_watched(place: Place):
    """Settings may name a file instead of a folder."""
    path = place.write("a.yaml", upstream("one"))
    place.write("b.yaml", upstream("two"))
    await place.watch(path)
    assert place.names() == ["one"]


async def test_hidden_and_other_files_are_not_looked_at(place: Place):
    """What begins with a dot, or is neither YAML nor JSON, is nobody's definition."""
    place.write(".git/a.yaml", upstream("hidden"))
    place.write(".b.yaml", upstream("hidden"))
    place.write("c.txt", upstream("text"))
    place.write("d.yaml~", upstream("backup"))
    place.write("e.yaml", upstream("shown"))
    await place.watch()
    assert place.names() == ["shown"]


async def test_nothing_is_written_when_nothing_changed(place: Place):
    """Looking again and again, a touched file, a second watcher after the first: not one write."""
    path = place.write("a.yaml", documents(upstream("one"), upstream("two")))
    await place.watch()
    before = place.writes()
    path.write_bytes(path.read_bytes())
    place.write("unrelated.txt", "x")
    watcher = place.watcher
    assert watcher is not None
    for _ in range(5):
        await watcher._carry()
    await place.leave()
    await place.watch()
    assert place.writes() == before


async def test_a_broken_file_is_told_once(place: Place):
    """Looking at the same broken file again writes nothing."""
    place.write("a.yaml", "{")
    watcher = await place.watch()
    before = place.writes()
    for _ in range(5):
        await watcher._carry()
    assert place.writes() == before


async def test_a_restart_deletes_what_went_meanwhile(place: Place):
    """The bus kept its buckets while no watcher lived: objects and verdicts of deleted files go at the next start."""
    gone, kept = place.write("a.yaml", upstream("gone")), place.write("b.yaml", upstream("kept"))
    broken = place.write("c.yaml", "{")
    await place.watch()
    await place.leave()
    gone.unlink()
    broken.unlink()
    kept.write_text(upstream("kept", "new.example.com"))
    assert place.names() == ["gone", "kept"]
    await place.watch()
    assert place.names() == ["kept"]
    assert "new.example.com" in place.records()["upstream.here.kept"].text
    assert place.source(broken) is None


async def test_a_restart_with_a_broken_file_keeps_what_was_read_before(place: Place):
    """The file broke while no watcher lived: what an earlier life read from it stays, and the fault is told."""
    path = place.write("a.yaml", upstream("one"))
    await place.watch()
    await place.leave()
    path.write_text("{")
    await place.watch()
    assert place.names() == ["one"]
    verdict = place.source(path)
    assert verdict is not None
    assert verdict.objects == ["upstream.here.one"]


async def test_objects_of_a_cluster_are_left_alone(place: Place):
    """Records that carry a uid belong to another source."""
    theirs = DefinitionRecord("Upstream", "here", "theirs", upstream("theirs"), "cluster", uid="u-1")
    await place.bus.bucket(subjects.DEFINITIONS).put("upstream.here.theirs", encode(theirs))
    await place.watch()
    place.write("a.yaml", upstream("ours"))
    await place.until_named("ours", "theirs")


async def test_a_burst_of_files_arrives_whole(place: Place):
    """Hundreds of files at once, half of them rewritten at once: the bus says in the end what the directory says."""
    await place.watch()
    for number in range(200):
        place.write(f"{number}.yaml", upstream(f"u{number}"))
    for number in range(0, 200, 2):
        place.write(f"{number}.yaml", upstream(f"u{number}", "second.example.com"))
    await until(
        lambda: (
            sum("second.example.com" in r.text for r in place.records().values()) == 100 and len(place.records()) == 200
        )
    )


async def test_a_bus_that_is_away_is_waited_for(place: Place):
    """Changes made while the bus cannot be written arrive when it can."""
    watcher = await place.watch()
    bucket = place.bus.bucket(subjects.DEFINITIONS)
    refused = asyncio.Event()
    put = bucket.put

    async def away(key: str, value: bytes) -> int:
        from wfservice.bus import TransportLost

        refused.set()
        raise TransportLost("as told", sent=False)

    bucket.put = away  # type: ignore[method-assign]
    place.write("a.yaml", upstream("one"))
    async with asyncio.timeout(20):
        await refused.wait()
    bucket.put = put  # type: ignore[method-assign]
    await place.until_named("one")
    assert watcher.ready() is None


def test_every_kind_has_a_name(tmp_path: Path):
    """The kinds that a directory may hold are those of the language."""
    assert set(KINDS) == {"Upstream", "WorkflowTask", "Workflow"}
