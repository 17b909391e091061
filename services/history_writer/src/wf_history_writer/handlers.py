"""All that a history writer listens to."""

from wf_history_writer.settings import Settings
from wf_history_writer.writing import Writer
from wfcore import subjects
from wfservice.bus import Bus


async def listen(bus: Bus, writer: Writer, settings: Settings) -> None:
    """One stream, shared with all other history writers."""
    await bus.consume(subjects.HISTORY, subjects.HISTORY_WRITER, writer.take, batch=settings.group_messages)
