"""The one error of this package: something could not be started, and what to do about it."""


class CannotStart(Exception):  # noqa: N818 - reads as the sentence it is
    """A server or service did not start. The text says what, where, why, and how to fix it."""
