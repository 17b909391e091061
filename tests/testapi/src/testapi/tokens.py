"""JSON Web Tokens signed with HS256, by the standard library alone."""

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Any, Literal

KEY = b"the demo shop signs with this; it protects nothing"
FIXED_END = 4_102_444_800  # 2100-01-01: tokens in examples must work for as long as anybody runs them

Reason = Literal["malformed", "badSignature", "expired", "revoked", "wrongUse"]
Use = Literal["access", "refresh"]


class TokenRefused(Exception):
    """The token is not good; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def issue(subject: str, use: Use, token_id: str, *, expires_at: int, issued_at: int) -> str:
    """Return a signed token for the subject; times in whole seconds since 1970."""
    claims = {"sub": subject, "use": use, "jti": token_id, "iat": issued_at, "exp": expires_at}
    return sign(claims)


def sign(claims: dict[str, Any]) -> str:
    """Return the claims as a compact JWS with HS256."""
    signed = f"{_pack({'alg': 'HS256', 'typ': 'JWT'})}.{_pack(claims)}"
    return f"{signed}.{_text(_signature(signed))}"


def verify(token: str, *, at: float | None = None) -> dict[str, Any]:
    """Return the claims of a token that is genuine and not expired, else raise TokenRefused."""
    signed, _, signature = token.rpartition(".")
    try:
        header, claims = (json.loads(_bytes(part)) for part in signed.split("."))
        given = _bytes(signature)
    except (ValueError, binascii.Error):
        raise TokenRefused("malformed") from None
    # The header never chooses the algorithm: only ours is accepted.
    if not isinstance(header, dict) or not isinstance(claims, dict) or header.get("alg") != "HS256":
        raise TokenRefused("malformed")
    if not hmac.compare_digest(given, _signature(signed)):
        raise TokenRefused("badSignature")
    if claims.get("exp", 0) <= (time.time() if at is None else at):
        raise TokenRefused("expired")
    return claims


def seal(text: str) -> str:
    """Return a keyed digest: for passwords at rest and codes that nobody can guess from an id."""
    return hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()


def _signature(signed: str) -> bytes:
    return hmac.new(KEY, signed.encode(), hashlib.sha256).digest()


def _pack(value: dict[str, Any]) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
