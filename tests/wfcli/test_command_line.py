"""The command line itself: help, version, typing errors, and how fast it answers."""

import subprocess
import sys

import pytest

from .conftest import Cli

COMMANDS = ("dev", "validate", "run", "doctor")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_examples_before_options(cli: Cli, command: str) -> None:
    """Whoever asks for help sees lines to copy first."""
    done = cli(command, "--help")
    assert done.returncode == 0
    assert 0 < done.stdout.index(f"workflow-cli {command}", 40) < done.stdout.index("Options:")


def test_help_names_every_command(cli: Cli) -> None:
    """`workflow-cli` alone and `-h` list what there is."""
    for done in (cli(), cli("-h")):
        assert all(f"  {command}  " in done.stdout + done.stderr for command in COMMANDS)


def test_a_mistyped_command_is_answered_with_the_near_one(cli: Cli) -> None:
    """`validat` means `validate`; exit code 2."""
    done = cli("validat")
    assert done.returncode == 2
    assert "Did you mean 'validate'?" in done.stderr


def test_version_is_one_line(cli: Cli) -> None:
    """The version of the package, for bug reports."""
    done = cli("--version")
    assert done.stdout == "workflow-cli 0.1.0\n"


def test_help_imports_nothing_heavy() -> None:
    """Neither the bus, the validator, HTTP nor rich is loaded before a command needs it."""
    code = (
        "import sys; sys.argv[1:] = ['validate', '--help']\n"
        "from wfcli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'rich', 'httpx', 'nats', 'wfcore', 'wfservice', 'msgspec', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
