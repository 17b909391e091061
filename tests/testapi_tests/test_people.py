"""Users, their tokens, and the messages to them."""

from tests.testapi_tests.calling import call, ok, refused

from testapi import tokens


def newcomer(client, username: str) -> dict[str, str]:
    """Register a user with a password."""
    return ok(
        client, "register-user", email="n@example.com", name="New", username=username, password="a-long-password"
    )["user"]


def test_a_user_registers_verifies_and_is_remembered(client):
    """The code of the registration makes the user active; a wrong one does not."""
    registration = ok(client, "register-user", email="emmy@example.com", name="Emmy Noether")
    user, code = registration["user"], registration["verificationCode"]
    wrong = "000000" if code != "000000" else "000001"
    assert refused(client, "verify-user", userId=user["id"], code=wrong) == (403, "WRONG_CODE")
    assert ok(client, "verify-user", userId=user["id"], code=code)["status"] == "active"
    assert ok(client, "get-user", userId=user["id"])["status"] == "active"


def test_a_user_name_is_taken_once(client):
    """The second who wants it is refused."""
    newcomer(client, "only-one")
    values = {"email": "x@example.com", "name": "X", "username": "only-one"}
    assert refused(client, "register-user", **values) == (409, "USERNAME_TAKEN")


def test_preferences_belong_to_their_user(client):
    """What is set is kept, for this user alone; with the user it goes."""
    first, second = newcomer(client, "pref-one"), newcomer(client, "pref-two")
    wanted = {"language": "fr", "theme": "dark", "newsletter": True}
    ok(client, "set-preferences", userId=first["id"], **wanted)
    assert ok(client, "get-preferences", userId=first["id"]) == wanted
    assert ok(client, "get-preferences", userId=second["id"]) != wanted
    assert call(client, "delete-user", {"userId": first["id"]}).status_code == 204
    assert refused(client, "get-preferences", userId=first["id"]) == (404, "USER_NOT_FOUND")
    assert call(client, "probe-user", {"userId": first["id"]}).status_code == 404


def test_a_token_is_good_from_login_to_logout(client):
    """It names the user, and after logout it is worthless."""
    user = newcomer(client, "visitor")
    pair = ok(client, "login", username="visitor", password="a-long-password")
    bearer = f"Bearer {pair['accessToken']}"
    assert ok(client, "get-current-user", authorization=bearer) == user
    assert ok(client, "validate-token", token=pair["accessToken"])["subject"] == user["id"]
    assert call(client, "logout", {"token": pair["accessToken"]}).status_code == 204
    assert ok(client, "validate-token", token=pair["accessToken"]) == {"valid": False, "reason": "revoked"}
    assert refused(client, "get-current-user", authorization=bearer) == (401, "BAD_TOKEN")
    assert ok(client, "refresh-token", refreshToken=pair["refreshToken"])["accessToken"] != pair["accessToken"]


def test_a_changed_password_is_the_only_one(client):
    """The old one no longer opens the door."""
    user = newcomer(client, "changer")
    values = {"userId": user["id"], "oldPassword": "a-long-password", "newPassword": "another-password"}
    assert call(client, "change-password", values).status_code == 204
    assert refused(client, "login", username="changer", password="a-long-password") == (401, "WRONG_CREDENTIALS")
    assert ok(client, "login", username="changer", password="another-password")["tokenType"] == "Bearer"


def test_a_bad_token_is_told_why(client):
    """Nonsense, a foreign signature, an end in the past and the wrong use are four different answers."""
    good = tokens.issue("usr-1", "access", "mine", expires_at=4_000_000_000, issued_at=0)
    old = tokens.issue("usr-1", "access", "mine", expires_at=1, issued_at=0)
    refresh = tokens.issue("usr-1", "refresh", "mine", expires_at=4_000_000_000, issued_at=0)
    forged = good[:-4] + ("AAAA" if good[-4:] != "AAAA" else "BBBB")
    reasons = {
        token: ok(client, "validate-token", token=token).get("reason")
        for token in ("nonsense", "a.b.c", forged, old, refresh, good)
    }
    assert list(reasons.values()) == ["malformed", "malformed", "badSignature", "expired", "wrongUse", None]


def test_a_message_that_was_sent_can_be_fetched_and_forgotten(client):
    """Each channel keeps what it sent, to whom, until it is deleted."""
    sent = ok(client, "send-sms", to="+441603999999", text="Hello")
    assert ok(client, "get-notification", notificationId=sent["id"]) == sent
    assert ok(client, "list-notifications", channel="sms", limit=1)["items"] == [sent]
    assert call(client, "delete-notification", {"notificationId": sent["id"]}).status_code == 204
    assert refused(client, "get-notification", notificationId=sent["id"]) == (404, "NOTIFICATION_NOT_FOUND")


def test_a_template_is_filled_or_says_what_is_missing(client):
    """Its words are replaced by values; a word without one is a conflict."""
    made = ok(client, "create-template", name="both", channel="push", text="{greeting}, {name}!")
    filled = ok(client, "render-template", templateId=made["id"], values={"greeting": "Hi", "name": "Ada"})
    assert filled["text"] == "Hi, Ada!"
    assert refused(client, "render-template", templateId=made["id"], values={"name": "Ada"}) == (409, "VALUE_MISSING")
