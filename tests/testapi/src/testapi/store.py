"""All state of the shop, in memory, for one running app."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request
from pydantic import BaseModel

from testapi import seeds, tokens
from testapi.models.inventory import Product, Reservation
from testapi.models.notifications import Notification, Template
from testapi.models.orders import Invoice, Order, Shipment
from testapi.models.payments import Payment, Refund, SavedCard
from testapi.models.users import Preferences, User
from testapi.shelf import Recent, Shelf
from testapi.stock import Stock

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Store:
    """What the shop knows. Handlers run on one event loop and never wait in between, so no locks are needed."""

    products: Shelf[Product] = field(default_factory=lambda: Shelf("product", "SKU", seeds.products()))
    stock: Stock = field(default_factory=lambda: Stock(seeds.PIECES, seeds.SCARCE))
    reservations: Shelf[Reservation] = field(default_factory=lambda: Shelf("reservation", "res", seeds.reservations()))
    orders: Shelf[Order] = field(default_factory=lambda: Shelf("order", "ord", seeds.orders()))
    shipments: Shelf[Shipment] = field(default_factory=lambda: Shelf("shipment", "shp", seeds.shipments()))
    invoices: Shelf[Invoice] = field(default_factory=lambda: Shelf("invoice", "inv", seeds.invoices()))
    payments: Shelf[Payment] = field(default_factory=lambda: Shelf("payment", "pay", seeds.payments()))
    refunds: Shelf[Refund] = field(default_factory=lambda: Shelf("refund", "rfd", seeds.refunds()))
    cards: Shelf[SavedCard] = field(default_factory=lambda: Shelf("card", "card", seeds.cards()))
    users: Shelf[User] = field(default_factory=lambda: Shelf("user", "usr", seeds.users()))
    passwords: Shelf[str] = field(default_factory=lambda: Shelf("password", "pwd", seeds.passwords()))
    preferences: Shelf[Preferences] = field(default_factory=lambda: Shelf("preference", "prf", seeds.preferences()))
    notifications: Shelf[Notification] = field(
        default_factory=lambda: Shelf("notification", "ntf", seeds.notifications())
    )
    templates: Shelf[Template] = field(default_factory=lambda: Shelf("template", "tpl", seeds.templates()))
    revoked: Recent[bool] = field(default_factory=Recent)
    calls: Recent[int] = field(default_factory=Recent)
    answers: Recent[BaseModel] = field(default_factory=Recent)

    def knows_password(self, user_id: str, password: str) -> bool:
        """Say whether this is the user's password; a user without one never logs in."""
        sealed = self.passwords.find(user_id)
        return sealed is not None and hmac.compare_digest(sealed, tokens.seal(password))


def store_of(request: Request) -> Store:
    """Return the store of the app that serves the request."""
    store: Store = request.app.state.store
    return store


Shop = Annotated[Store, Depends(store_of)]


@dataclass(frozen=True)
class Repeats:
    """Answers a repeated request as the first time: the same `Idempotency-Key` at the same path does nothing twice."""

    answers: Recent[BaseModel]
    place: str
    key: str | None

    def once(self, make: Callable[[], M]) -> M:
        """Return the answer of the first request with this key; without a key each request is a first one."""
        return make() if self.key is None else self.answers.once((self.place, self.key), make)  # type: ignore[return-value]


def repeats_of(
    request: Request, store: Shop, idempotency_key: Annotated[str | None, Header(include_in_schema=False)] = None
) -> Repeats:
    """Return the memory of what was already answered at this path."""
    return Repeats(store.answers, f"{request.method} {request.url.path}", idempotency_key)


Again = Annotated[Repeats, Depends(repeats_of)]
