"""People: registration, profile, preferences."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import MISSING

from testapi import seeds, tokens
from testapi.models.users import (
    NewPassword,
    NewUser,
    Preferences,
    Registration,
    User,
    UserChange,
    Users,
    UserStatus,
    Verification,
)
from testapi.operations import about
from testapi.problems import Refused
from testapi.store import Again, Shop, Store
from testapi.wire import Limit, UserId, now

router = APIRouter(prefix="/users", tags=["users"])

UserPath = Annotated[UserId, Path(alias="userId")]
DEFAULTS = Preferences(language="en", theme="light", newsletter=False)


def code_for(user_id: str) -> str:
    """Return the code that proves the address: six digits, always the same for one user."""
    return f"{int(tokens.seal(user_id), 16) % 1_000_000:06}"


@router.get("", **about(example={"status": "active", "limit": 5}))
async def list_users(
    store: Shop,
    status: Annotated[UserStatus | MISSING, Query()] = MISSING,
    limit: Annotated[Limit, Query()] = 20,
) -> Users:
    """List users, newest first."""
    found = [user for user in store.users if status in (MISSING, user.status)]
    return Users(items=found[:limit], total=len(found))


@router.post("", status_code=201, **about(example={"email": "alan@example.com", "name": "Alan Turing"}, errors=[409]))
async def register_user(store: Shop, again: Again, body: NewUser) -> Registration:
    """Register a user, who still has to verify the address.

    A user name belongs to one user only (409); without one, the user is named by number. One address may have
    several users.
    """
    return again.once(lambda: register(store, body))


def register(store: Store, body: NewUser) -> Registration:
    """Keep the new user, the sealed password and the first preferences."""
    name = store.users.next_id()
    username = name.replace("usr-", "user-") if body.username is MISSING else body.username
    if any(user.username == username for user in store.users):
        raise Refused(409, "USERNAME_TAKEN", f"the user name `{username}` is taken")
    user = User(id=name, username=username, email=body.email, name=body.name, status="unverified", createdAt=now())
    store.users.put(name, user)
    store.preferences.put(name, DEFAULTS)
    if body.password is not MISSING:
        store.passwords.put(name, tokens.seal(body.password))
    return Registration(user=user, verificationCode=code_for(name))


@router.get("/{userId}", **about(example={"userId": "usr-1"}, errors=[404]))
async def get_user(store: Shop, user_id: UserPath) -> User:
    """Fetch a user's profile."""
    return store.users.get(user_id)


@router.head("/{userId}", **about(example={"userId": "usr-1"}, errors=[404]))
async def probe_user(store: Shop, user_id: UserPath) -> Response:
    """Tell by the status alone whether there is such a user."""
    store.users.get(user_id)
    return Response()


@router.patch("/{userId}", **about(example={"userId": "usr-1", "name": "Augusta Ada King"}, errors=[404]))
async def update_user(store: Shop, user_id: UserPath, body: UserChange) -> User:
    """Change a user's name or address."""
    return change(store, store.users.get(user_id), **{name: getattr(body, name) for name in body.model_fields_set})


@router.delete("/{userId}", status_code=204, **about(example={"userId": "usr-2"}, errors=[404]))
async def delete_user(store: Shop, user_id: UserPath) -> Response:
    """Forget a user, and with the user the password and preferences."""
    store.users.remove(user_id)
    store.preferences.drop(user_id)
    store.passwords.drop(user_id)
    return Response(status_code=204)


@router.post("/{userId}/verify", **about(example={"userId": "usr-2", "code": code_for("usr-2")}, errors=[403, 404]))
async def verify_user(store: Shop, user_id: UserPath, body: Verification) -> User:
    """Prove the address with the code. Doing it twice is fine."""
    user = store.users.get(user_id)
    if body.code != code_for(user_id):
        raise Refused(403, "WRONG_CODE", "this is not the code that was sent")
    return change(store, user, status="active")


@router.get("/{userId}/preferences", **about(example={"userId": "usr-1"}, errors=[404]))
async def get_preferences(store: Shop, user_id: UserPath) -> Preferences:
    """Tell what a user prefers."""
    store.users.get(user_id)
    return store.preferences.get(user_id)


@router.put(
    "/{userId}/preferences",
    **about(example={"userId": "usr-1", "language": "fr", "theme": "dark", "newsletter": True}, errors=[404]),
)
async def set_preferences(store: Shop, user_id: UserPath, body: Preferences) -> Preferences:
    """Replace what a user prefers."""
    store.users.get(user_id)
    return store.preferences.put(user_id, body)


@router.put(
    "/{userId}/password",
    status_code=204,
    **about(
        example={"userId": "usr-1", "oldPassword": seeds.PASSWORD, "newPassword": "battery-staple"}, errors=[403, 404]
    ),
)
async def change_password(store: Shop, user_id: UserPath, body: NewPassword) -> Response:
    """Replace the password by another one; the old one must be known."""
    store.users.get(user_id)
    if not store.knows_password(user_id, body.old_password):
        raise Refused(403, "WRONG_PASSWORD", "the old password is not this one")
    store.passwords.put(user_id, tokens.seal(body.new_password))
    return Response(status_code=204)


def change(store: Store, user: User, **changes: Any) -> User:
    """Keep the user with the changes."""
    return store.users.put(user.id, user.model_copy(update=changes))
