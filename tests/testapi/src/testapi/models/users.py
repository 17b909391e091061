"""People, what they prefer, and how they prove who they are."""

from typing import Annotated, Literal

from pydantic import MISSING, Field

from testapi.tokens import Reason
from testapi.wire import Email, Timestamp, Total, UserId, Wire

Username = Annotated[str, Field(pattern="^[a-z][a-z0-9-]{2,39}$")]
PersonName = Annotated[str, Field(min_length=1, max_length=100)]
Password = Annotated[str, Field(min_length=8, max_length=128)]
Code = Annotated[str, Field(pattern="^[0-9]{6}$")]
Token = Annotated[str, Field(min_length=1, max_length=2048)]
Language = Literal["de", "en", "fr"]
Theme = Literal["light", "dark"]
UserStatus = Literal["unverified", "active"]


class NewUser(Wire):
    email: Email
    name: PersonName
    username: Username | MISSING = MISSING
    password: Password | MISSING = MISSING


class UserChange(Wire):
    email: Email | MISSING = MISSING
    name: PersonName | MISSING = MISSING


class User(Wire):
    id: UserId
    username: Username
    email: Email
    name: PersonName
    status: UserStatus
    created_at: Timestamp


class Registration(Wire):
    """The new user, and the code that a real shop would send by e-mail."""

    user: User
    verification_code: Code


class Users(Wire):
    items: Annotated[list[User], Field(max_length=100)]
    total: Total


class Verification(Wire):
    code: Code


class Preferences(Wire):
    language: Language
    theme: Theme
    newsletter: bool


class NewPassword(Wire):
    old_password: Password
    new_password: Password


class Login(Wire):
    username: Username
    password: Password


class TokenPair(Wire):
    access_token: Token
    refresh_token: Token
    token_type: Literal["Bearer"]
    expires_in_seconds: Annotated[int, Field(ge=1, le=86_400)]


class RefreshToken(Wire):
    refresh_token: Token


class AnyToken(Wire):
    token: Token


class TokenVerdict(Wire):
    valid: bool
    reason: Reason | MISSING = MISSING
    subject: UserId | MISSING = MISSING
    expires_at: Timestamp | MISSING = MISSING
