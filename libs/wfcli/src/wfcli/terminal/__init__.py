"""How the command line speaks: what is right, what is wrong, and what to type next."""

from wfcli.terminal.paint import Paint
from wfcli.terminal.screen import Screen

__all__ = ["Paint", "Screen"]
