"""Start a history writer."""

from wf_history_writer.service import HistoryWriter
from wf_history_writer.settings import Settings
from wfservice import runtime

if __name__ == "__main__":
    runtime.run("history_writer", Settings, HistoryWriter.start)
