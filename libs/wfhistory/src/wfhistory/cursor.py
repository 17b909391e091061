"""Where a list goes on: the last id seen, signed together with the list it belongs to.

A cursor is opaque to callers, and one that was changed, or used on another list, is refused.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from uuid import UUID

_MAC_BYTES = 16


class BadCursor(ValueError):
    """This is no cursor of this list: begin again without one."""

    def __init__(self) -> None:
        super().__init__("the cursor is not of this list: take `next` of the page before as it is, or leave it out")


def seal(key: bytes, scope: bytes, last: UUID) -> str:
    """The cursor that goes on after `last` in the list that `scope` describes."""
    return base64.urlsafe_b64encode(last.bytes + _mac(key, scope, last.bytes)).decode().rstrip("=")


def unseal(key: bytes, scope: bytes, cursor: str) -> UUID:
    """The id after which the list goes on. Raises BadCursor."""
    try:
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise BadCursor from None
    last, mac = raw[:16], raw[16:]
    if len(last) != 16 or not hmac.compare_digest(mac, _mac(key, scope, last)):
        raise BadCursor
    return UUID(bytes=last)


def _mac(key: bytes, scope: bytes, last: bytes) -> bytes:
    return hmac.digest(key, last + scope, "sha256")[:_MAC_BYTES]
