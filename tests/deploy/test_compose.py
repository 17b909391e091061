"""docker-compose.yml starts what `workflow-cli dev` starts, with settings that exist, and lets nobody else in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.services import BY_NAME, REPOSITORY, field_of, image_environment, own_name, settings_of
from wfcli.dev.services import SERVICES, Surroundings, settings
from wfservice.settings import load

COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
PARTS: dict[str, Any] = COMPOSE["services"]
SERVERS = {"nats", "postgres"}
OURS = sorted(set(PARTS) - SERVERS)
IMAGE = {name: value for name, value in image_environment().items() if name.startswith("WORKFLOW_")}


def filled(value: str) -> str:
    """The value with what compose takes from the environment: the default, or a password."""
    return re.sub(r"\$\{\w+(?::-([^}]*)|[^}]*)\}", lambda found: found[1] or "secret", value)


def told(name: str) -> dict[str, str]:
    """All that a service finds in its environment: of the image, then of compose."""
    assert all(isinstance(value, str) for value in PARTS[name]["environment"].values()), "YAML must not guess types"
    return IMAGE | {key: filled(value) for key, value in PARTS[name]["environment"].items()}


# --- the same as dev --------------------------------------------------------------------------------


def test_compose_starts_the_services_that_dev_starts():
    """No service is forgotten, and none is there that dev does not know."""
    assert set(OURS) == set(BY_NAME)


@pytest.mark.parametrize("name", OURS)
def test_each_service_is_built_from_the_one_dockerfile(name: str):
    """One recipe, the service's name is its argument."""
    built = PARTS[name]["build"]
    assert (built["context"], built["dockerfile"]) == (".", "deploy/Dockerfile")
    assert built["args"] == {"SERVICE": name}
    assert PARTS[name]["image"].startswith(f"workflow/{name}:")


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting(name: str):
    """A variable that no setting reads is a typing error that nobody would notice."""
    unknown = [variable for variable in PARTS[name]["environment"] if field_of(variable, BY_NAME[name]) is None]
    assert unknown == []


@pytest.mark.parametrize("name", OURS)
def test_the_settings_can_be_read(name: str):
    """Each service starts with these values: none is missing, none is of the wrong type."""
    load(settings_of(BY_NAME[name]), own_name(BY_NAME[name]), told(name))


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_compose_tells_what_dev_tells(service: Any):
    """What dev must say to a service, compose must say too."""
    around = Surroundings(
        nats_url="nats://n",
        database_url="postgresql://d",
        gateway_port=1,
        health_ports=dict.fromkeys(BY_NAME, 2),
        directories="w",
        namespace="default",
    )
    by_dev = {field_of(variable, service) for variable in settings(service, around)}
    by_compose = {field_of(variable, service) for variable in told(service.name)}
    assert None not in by_dev
    assert by_dev <= by_compose


@pytest.mark.parametrize("variable", IMAGE)
def test_every_variable_of_the_image_is_a_setting(variable: str):
    """What the image tells all services is read by at least one of them."""
    assert any(field_of(variable, service) for service in SERVICES)


# --- who reaches whom -------------------------------------------------------------------------------


def test_only_the_gateway_is_published_and_only_to_this_machine():
    """Before roles exist, nobody from outside gets in."""
    published = {name: part["ports"] for name, part in PARTS.items() if "ports" in part}
    port = told("gateway")["WORKFLOW_GATEWAY_PORT"]
    assert published == {"gateway": [f"127.0.0.1:{port}:{port}"]}


def test_the_gateway_listens_to_others_because_it_is_told_to():
    """An address beyond loopback is a decision written down."""
    read = load(settings_of(BY_NAME["gateway"]), "gateway", told("gateway"))
    assert (read.host, read.insecure_no_auth) == ("0.0.0.0", True)
    others = [name for name in OURS if name != "gateway" for key in PARTS[name]["environment"] if key.endswith("_HOST")]
    assert others == []


def test_servers_are_reached_by_those_alone_who_need_them():
    """NATS and PostgreSQL stand in networks without a way out; the database is seen by whom dev gives its URL."""
    for network in ("bus", "database"):
        assert COMPOSE["networks"][network]["internal"] is True
    members = {net: {name for name, part in PARTS.items() if net in part["networks"]} for net in COMPOSE["networks"]}
    assert members["bus"] == {"nats", *OURS}
    assert members["database"] == {"postgres", *(service.name for service in SERVICES if service.needs_database)}
    assert members["outside"] == {"executor"}
    assert members["front"] == {"gateway"}


# --- hardening and order ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(PARTS))
def test_a_container_can_do_little(name: str):
    """Read-only, without capabilities, without a way to more rights."""
    part = PARTS[name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert part["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in part
    if name != "postgres":  # its entry point gives the data folder away, then becomes another user
        assert "cap_add" not in part


@pytest.mark.parametrize("name", sorted(PARTS))
def test_who_waits_waits_for_something_that_can_become_healthy(name: str):
    """Every part has a health check, and nobody waits in a circle."""
    assert PARTS[name]["healthcheck"]["test"][0] == "CMD"
    for other, how in PARTS[name].get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}
        assert name not in waits_for(other, PARTS)


def waits_for(name: str, parts: Mapping[str, Any]) -> set[str]:
    """All parts that must be there before this one, itself included."""
    return {name}.union(*(waits_for(other, parts) for other in parts[name].get("depends_on", {})))


@pytest.mark.parametrize("name", OURS)
def test_the_bus_and_its_stores_are_there_first(name: str):
    """NATS first, then who makes the streams and buckets; PostgreSQL before who needs it."""
    needed = {"nats", "operator-watcher"} | ({"postgres"} if BY_NAME[name].needs_database else set())
    assert needed <= waits_for(name, PARTS)


@pytest.mark.parametrize("name", OURS)
def test_a_service_has_time_to_drain(name: str):
    """It is not killed while what is under way may still end."""
    read = load(settings_of(BY_NAME[name]), own_name(BY_NAME[name]), told(name))
    assert float(PARTS[name]["stop_grace_period"].removesuffix("s")) > read.drain_seconds


@pytest.mark.parametrize("name", OURS)
def test_the_health_check_asks_where_the_service_answers(name: str):
    """Port and path of the probe are those of the service."""
    read = load(settings_of(BY_NAME[name]), own_name(BY_NAME[name]), told(name))
    assert f"http://127.0.0.1:{read.health_port}/readyz" in PARTS[name]["healthcheck"]["test"][-1]


def test_every_volume_is_declared_and_every_mounted_file_exists():
    """Nothing is mounted that is not there, and data outlives its container."""
    used = set()
    for part in PARTS.values():
        for volume in part.get("volumes", []):
            source = filled(volume).split(":")[0]
            if not source.startswith("."):
                used.add(source)
            elif "${" not in volume:
                assert (REPOSITORY / source).is_file()
    assert used == set(COMPOSE["volumes"]) == SERVERS


def test_no_password_is_written_down():
    """Whoever starts it chooses one."""
    text = Path(REPOSITORY / "docker-compose.yml").read_text()
    assert re.search(r"POSTGRES_PASSWORD: \$\{POSTGRES_PASSWORD:\?", text)
    assert "workflow:${POSTGRES_PASSWORD}@" in text
