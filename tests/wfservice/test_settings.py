"""Settings: from the environment and workflow.toml, every fault told."""

from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Meta, Struct

from wfservice import settings
from wfservice.runtime import ServiceSettings
from wfservice.settings import SettingsInvalid


class Sample(ServiceSettings, frozen=True, kw_only=True):
    database: str
    limit: Annotated[int, Meta(ge=1)] = 5
    loud: bool = False


def written(folder: Path, text: str) -> dict[str, str]:
    """An environment whose workflow.toml says this."""
    (folder / "workflow.toml").write_text(text)
    return {"WORKFLOW_CONFIG": str(folder / "workflow.toml")}


def test_defaults_stand_where_nothing_is_said(tmp_path: Path):
    """Only what has no default must be given."""
    environment = {"WORKFLOW_SAMPLE_DATABASE": "db", "WORKFLOW_CONFIG": str(tmp_path / "none.toml")}
    assert settings.load(Sample, "sample", environment) == Sample(database="db")


def test_every_fault_is_told_at_once(tmp_path: Path):
    """A missing one, three wrong ones and an unknown one: one refusal that names all five and where they come from."""
    environment = written(tmp_path, '[sample]\nlimit = "many"\nlimti = 3\n')
    environment |= {"WORKFLOW_SAMPLE_LOUD": "perhaps", "WORKFLOW_HEALTH_PORT": "70000"}
    with pytest.raises(SettingsInvalid) as refused:
        settings.load(Sample, "sample", environment)
    told = str(refused.value)
    assert told.startswith("settings of sample:")
    assert told.count("\n  - ") == 5
    for named in (
        "WORKFLOW_SAMPLE_DATABASE is not set",
        "workflow.toml [sample] limit='many'",
        "workflow.toml [sample] limti: no such setting",
        "WORKFLOW_SAMPLE_LOUD='perhaps'",
        "WORKFLOW_HEALTH_PORT='70000'",
    ):
        assert named in told


def test_the_environment_wins_over_the_file(tmp_path: Path):
    """The file is for development: what the environment says counts, the service's own name before the shared one."""
    environment = written(tmp_path, '[sample]\ndatabase = "file"\nlimit = 7\nlog_level = "error"\n')
    environment |= {"WORKFLOW_DATABASE": "shared", "WORKFLOW_SAMPLE_DATABASE": "own", "WORKFLOW_LOG_LEVEL": "debug"}
    read = settings.load(Sample, "sample", environment)
    assert (read.database, read.limit, read.log_level) == ("own", 7, "debug")


def test_text_becomes_what_the_field_is(tmp_path: Path):
    """Numbers and truth values are written as text in the environment."""
    environment = written(tmp_path, "") | {"WORKFLOW_DATABASE": "d", "WORKFLOW_SAMPLE_LOUD": "true",
                                           "WORKFLOW_SAMPLE_LIMIT": "12", "WORKFLOW_DRAIN_SECONDS": "0.5"}  # fmt: skip
    read = settings.load(Sample, "sample", environment)
    assert (read.loud, read.limit, read.drain_seconds) == (True, 12, 0.5)


def test_a_file_that_is_not_toml_is_refused_with_its_place(tmp_path: Path):
    """The refusal names the file and the line."""
    with pytest.raises(SettingsInvalid, match=r"workflow\.toml: .*line 1"):
        settings.load(Sample, "sample", written(tmp_path, "[sample\n"))


def test_sections_of_other_services_are_not_looked_at(tmp_path: Path):
    """One file serves all services: each reads its own section."""
    environment = written(tmp_path, '[other]\nanything = 1\n[sample]\ndatabase = "d"\n')
    assert settings.load(Sample, "sample", environment).database == "d"


def test_a_section_that_is_no_table_is_refused(tmp_path: Path):
    """`sample = 3` where a section belongs is told, not overlooked."""
    with pytest.raises(SettingsInvalid, match="sample"):
        settings.load(Sample, "sample", written(tmp_path, "sample = 3\n") | {"WORKFLOW_DATABASE": "d"})


class Plain(Struct, frozen=True):
    size: int = 1


def test_a_plain_struct_will_do():
    """Settings need no common ancestor."""
    assert settings.load(Plain, "plain", {"WORKFLOW_PLAIN_SIZE": "2"}).size == 2
