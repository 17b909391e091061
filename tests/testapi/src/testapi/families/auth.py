"""Who is calling: login and tokens, which belong to the users."""

import time
from datetime import UTC, datetime
from itertools import count
from typing import Annotated, Any

from fastapi import APIRouter, Form, Header, Response
from pydantic import Field

from testapi import seeds, tokens
from testapi.models.users import AnyToken, Login, RefreshToken, TokenPair, TokenVerdict, User
from testapi.operations import about
from testapi.problems import Refused
from testapi.store import Shop, Store

router = APIRouter(prefix="/auth", tags=["users"])

LIFETIME = 3600
REFRESH_LIFETIME = 86_400
numbers = count(1)

Bearer = Annotated[str, Field(pattern="^Bearer [A-Za-z0-9._-]{1,2048}$")]


@router.post("/login", **about(example={"username": "ada", "password": seeds.PASSWORD}, errors=[401]))
async def login(store: Shop, form: Annotated[Login, Form()]) -> TokenPair:
    """Exchange user name and password, sent as a form, for tokens."""
    user = next((user for user in store.users if user.username == form.username), None)
    if user is None or not store.knows_password(user.id, form.password):
        raise Refused(401, "WRONG_CREDENTIALS", "user name and password do not fit")
    return pair_for(user.id)


@router.post("/refresh", **about(example={"refreshToken": seeds.REFRESH_TOKEN}, errors=[401]))
async def refresh_token(store: Shop, body: RefreshToken) -> TokenPair:
    """Exchange a refresh token for new tokens."""
    claims = admit(store, body.refresh_token, "refresh")
    return pair_for(claims["sub"])


@router.post("/validate", **about(example={"token": seeds.ACCESS_TOKEN}))
async def validate_token(store: Shop, body: AnyToken) -> TokenVerdict:
    """Say whether an access token is good, and if not why."""
    try:
        claims = judge(store, body.token, "access")
    except tokens.TokenRefused as no:
        return TokenVerdict(valid=False, reason=no.reason)
    end = datetime.fromtimestamp(claims["exp"], UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return TokenVerdict(valid=True, subject=claims["sub"], expiresAt=end)


@router.get("/me", **about(example={"authorization": f"Bearer {seeds.ACCESS_TOKEN}"}, errors=[401, 404]))
async def get_current_user(store: Shop, authorization: Annotated[Bearer, Header(alias="Authorization")]) -> User:
    """Fetch the profile of whoever the access token belongs to."""
    claims = admit(store, authorization.removeprefix("Bearer "), "access")
    return store.users.get(claims["sub"])


@router.post("/logout", status_code=204, **about(example={"token": seeds.ACCESS_TOKEN}, errors=[401]))
async def logout(store: Shop, body: AnyToken) -> Response:
    """Make an access token worthless; the fixed one of the examples stays good."""
    claims = admit(store, body.token, "access")
    if claims["jti"] not in seeds.FIXED_TOKENS:
        store.revoked.put(claims["jti"], True)
    return Response(status_code=204)


def pair_for(user_id: str) -> TokenPair:
    """Issue an access and a refresh token."""
    moment = int(time.time())
    access, refresh = (
        tokens.issue(user_id, use, f"{use}-{next(numbers)}", expires_at=moment + lifetime, issued_at=moment)
        for use, lifetime in (("access", LIFETIME), ("refresh", REFRESH_LIFETIME))
    )
    return TokenPair(accessToken=access, refreshToken=refresh, tokenType="Bearer", expiresInSeconds=LIFETIME)


def admit(store: Store, token: str, use: tokens.Use) -> dict[str, Any]:
    """Return the claims of a good token, or refuse with 401."""
    try:
        return judge(store, token, use)
    except tokens.TokenRefused as no:
        raise Refused(401, "BAD_TOKEN", f"the token is not good: {no.reason}") from None


def judge(store: Store, token: str, use: tokens.Use) -> dict[str, Any]:
    """Return the claims of a token that is genuine, of the right use and not revoked, else raise TokenRefused."""
    claims = tokens.verify(token)
    if claims["use"] != use:
        raise tokens.TokenRefused("wrongUse")
    if claims["jti"] in store.revoked:
        raise tokens.TokenRefused("revoked")
    return claims
