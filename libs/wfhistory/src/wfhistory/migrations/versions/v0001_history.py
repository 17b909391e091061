"""Executions, their tasks and their event logs."""

from wfhistory.migrations.statements import run

revision = "0001"
down_revision = None


def upgrade() -> None:
    run(__file__)
