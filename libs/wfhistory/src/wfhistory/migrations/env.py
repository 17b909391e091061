"""Run by alembic: inside `wfhistory.migrate`, from its command line, or offline to print the SQL."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection

from wfhistory.migrations import locked


def online(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=None)
    context.run_migrations()


def offline() -> None:
    context.configure(dialect_name="postgresql", literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    offline()
elif "connection" in context.config.attributes:
    online(context.config.attributes["connection"])
else:
    asyncio.run(locked(os.environ["WORKFLOW_DATABASE_URL"], online))
