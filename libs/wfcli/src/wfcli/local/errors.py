"""The one error of this package: something could not be started, and what to do about it."""


class CannotStart(Exception):
    """A server or service did not start. The text says what, where, why, and how to fix it."""
