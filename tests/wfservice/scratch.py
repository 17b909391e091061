"""A bucket that only tests use, and what they put into it."""

from msgspec import Struct

from wfcore.subjects import Bucket

SCRATCH = Bucket("scratch", in_memory=True)


class Thing(Struct, frozen=True):
    """A value that names itself."""

    kind: str
    name: str
    number: int
