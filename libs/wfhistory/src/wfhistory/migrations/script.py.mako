"""${message}."""

from wfhistory.migrations.statements import run

revision = "${up_revision}"
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    run(__file__)
