"""The work that both sides do: look a user up, then orders and offers in parallel, and answer with all three.

The upstream's answers are functions of what is asked for, so every composed answer can be checked, also one that
was mixed up with somebody else's.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

USERS = 1000
"""Different users are asked for in turn, so nothing can be answered from memory."""

_TIERS = ("basic", "silver", "gold")
_CITIES = ("Oslo", "Porto", "Tartu", "Ghent", "Turku")


def user_id(number: int) -> str:
    """The user that the call with this number asks for."""
    return f"u-{number % USERS}"


def upstream_answer(target: str) -> Any | None:
    """What the stub upstream answers to `GET target`; None where there is nothing."""
    path, _, query = target.partition("?")
    match path.split("/")[1:]:
        case ["users", user]:
            return _user(user)
        case ["accounts", account, "orders"]:
            return _orders(account)
        case ["offers"]:
            asked = parse_qs(query)
            return _offers(asked["tier"][0], asked["city"][0])
    return None


def composed(user: str) -> Any:
    """The answer that is right for this user."""
    found = _user(user)
    orders = _orders(found["accountId"])
    return {
        "user": {"id": found["id"], "name": found["name"], "tier": found["tier"]},
        "orders": orders["items"],
        "orderCount": orders["total"],
        "offers": _offers(found["tier"], found["city"])["items"],
    }


def _user(user: str) -> dict[str, Any]:
    number = int(user.removeprefix("u-"))
    return {
        "id": user,
        "name": f"User number {number}",
        "email": f"user{number}@example.org",
        "tier": _TIERS[number % len(_TIERS)],
        "accountId": f"a-{number}",
        "city": _CITIES[number % len(_CITIES)],
    }


def _orders(account: str) -> dict[str, Any]:
    number = int(account.removeprefix("a-"))
    items = [
        {"id": f"o-{number}-{each}", "status": "shipped", "totalCents": 100 * number + each, "currency": "EUR"}
        for each in range(3)
    ]
    return {"items": items, "total": number + len(items)}


def _offers(tier: str, city: str) -> dict[str, Any]:
    items = [
        {"sku": f"SKU-{each}", "title": f"Offer {each} for {tier} customers in {city}", "priceCents": 990 + each}
        for each in range(3)
    ]
    return {"items": items}
