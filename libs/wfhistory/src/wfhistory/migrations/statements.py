"""A revision is a SQL file: this runs the one that stands beside it."""

from pathlib import Path

from alembic import context, op


def run(revision_file: str) -> None:
    """Run `<revision>.sql`, or print it when alembic works offline."""
    sql = Path(revision_file).with_suffix(".sql").read_text()
    if context.is_offline_mode():
        op.execute(sql)
    else:
        # Past SQLAlchemy: it prepares each statement, and a script of many cannot be prepared.
        connection = op.get_bind().connection.dbapi_connection
        assert connection is not None
        connection.run_async(lambda driver: driver.execute(sql))
