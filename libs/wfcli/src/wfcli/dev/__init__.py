"""`workflow-cli dev`: the production parts on one machine, started from wheels, each in its own process."""

from wfcli.dev.living import live
from wfcli.dev.options import Options

__all__ = ["Options", "live"]
