"""Two ways in which a write can fail, told apart because they are answered differently.

Data that PostgreSQL refuses will be refused for ever: it is set aside. A database that is away comes back: it is
waited for.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import msgspec
from asyncpg.exceptions import _base as client_side


class DataRefused(Exception):
    """This data cannot be stored, now or later. `reason` says what is wrong with it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StoreUnavailable(Exception):
    """The database cannot serve now: it is away, full, starting or not migrated. The same data may be written later."""


# 21: one key in two spellings, 22: malformed values, 23: broken constraints, 54: beyond a fixed limit of the server.
_DATA_CLASSES = frozenset({"21", "22", "23", "54"})

UNREADABLE = (msgspec.MsgspecError, UnicodeError, OverflowError, ValueError, TypeError)
"""What reading or encoding a message that is not what it should be raises."""


@contextmanager
def classified() -> Iterator[None]:
    """Raise every failure of asyncpg inside as DataRefused or StoreUnavailable."""
    try:
        yield
    except client_side.DataError as error:  # refused by the driver, before the send
        raise DataRefused(str(error)) from error
    except asyncpg.PostgresError as error:
        if (error.sqlstate or "")[:2] in _DATA_CLASSES:
            raise DataRefused(f"{error.sqlstate}: {error}") from error
        raise StoreUnavailable(f"{error.sqlstate}: {error}") from error
    except (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:  # TimeoutError is an OSError
        raise StoreUnavailable(f"{type(error).__name__}: {error}") from error
