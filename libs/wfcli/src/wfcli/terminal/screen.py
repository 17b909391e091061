"""The lines of a long-running command: each is written when it becomes true, and never taken back."""

import os
import sys
import threading
from dataclasses import dataclass, field
from typing import TextIO

from wfcli.terminal.paint import Paint

_NAME_WIDTH, _PLACE_WIDTH = 32, 24


@dataclass
class Screen:
    """Writes to one stream. A reader who has gone away (a closed pipe) does not stop the engine."""

    stream: TextIO = field(default_factory=lambda: sys.stdout)
    paint: Paint = field(default_factory=Paint)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def on(cls, stream: TextIO) -> "Screen":
        return cls(stream, Paint.on(stream))

    def say(self, text: str = "") -> None:
        with self._one_at_a_time:
            try:
                self.stream.write(text + "\n")
                self.stream.flush()
            except OSError:
                # What is still buffered must have somewhere to go, or Python complains about it at its end.
                os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())

    def ok(self, what: str, where: str = "", seconds: float | None = None, note: str = "") -> None:
        """`  ok  NATS 2.15.1 + JetStream   127.0.0.1:4222   0.03 s   (note)`, as far as there is something to say."""
        took = "" if seconds is None else f"{seconds:.2f} s" if seconds < 0.1 else f"{seconds:.1f} s"
        columns = f"{what:<{_NAME_WIDTH}} {where:<{_PLACE_WIDTH}} {took:<7}" if where else f"{what}   {took}"
        line = f"{columns.rstrip()}   {self.paint.quiet(note) if note else ''}".rstrip()
        self.say(f"  {self.paint.good('ok')}  {line}")

    def wrong(self, what: str, detail: str = "") -> None:
        """`  !!  what`, with further lines below it."""
        self.say(f"  {self.paint.bad('!!')}  {what}")
        self._below(detail)

    def note(self, what: str, detail: str = "") -> None:
        """`  --  what`: worth knowing, nothing to do."""
        self.say(f"  {self.paint.warning('--')}  {what}")
        self._below(detail)

    def _below(self, detail: str) -> None:
        for line in detail.splitlines():
            self.say(f"      {line}")
