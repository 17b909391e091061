"""The fixed things of the shop: always there, never changed, so that every example works again and again."""

from testapi import tokens
from testapi.models.inventory import Product, Reservation
from testapi.models.notifications import Notification, Template
from testapi.models.orders import Address, Invoice, Order, OrderLine, Shipment, Totals
from testapi.models.payments import Payment, Refund, SavedCard
from testapi.models.users import Preferences, User
from testapi.wire import Item

BIRTHDAY = "2026-01-01T00:00:00.000Z"
PASSWORD = "correct-horse"
ACCESS_TOKEN = tokens.issue("usr-1", "access", "fixed-access", expires_at=tokens.FIXED_END, issued_at=1_767_225_600)
REFRESH_TOKEN = tokens.issue("usr-1", "refresh", "fixed-refresh", expires_at=tokens.FIXED_END, issued_at=1_767_225_600)
FIXED_TOKENS = frozenset({"fixed-access", "fixed-refresh"})

SHELVES = (
    ("SKU-1", "Atlas of small rivers", "books", 1999),
    ("SKU-2", "Pocket dictionary", "books", 899),
    ("SKU-3", "Hand saw", "tools", 2450),
    ("SKU-4", "Claw hammer", "tools", 1825),
    ("SKU-5", "Spirit level", "tools", 1290),
    ("SKU-6", "Wooden train", "toys", 3499),
    ("SKU-7", "Paper kite", "toys", 1149),
    ("SKU-8", "Marbles", "toys", 499),
    ("SKU-9", "Signed first edition", "books", 99_900),
    ("SKU-10", "Sold-out game", "toys", 5900),
)
PIECES = {sku: 100_000 for sku, *_ in SHELVES} | {"SKU-9": 5, "SKU-10": 0}
SCARCE = ("SKU-9", "SKU-10")


def products() -> dict[str, Product]:
    """Return the catalogue: SKU-9 is scarce, SKU-10 is sold out."""
    return {
        sku: Product(sku=sku, name=name, category=category, priceCents=cents, currency="EUR")
        for sku, name, category, cents in SHELVES
    }


def orders() -> dict[str, Order]:
    """Return one order in each state, all of the same items."""
    proof = {"reservationId": "res-2", "paymentId": "pay-1"}
    return {
        "ord-1001": _order("ord-1001", "placed"),
        "ord-1002": _order("ord-1002", "confirmed", **proof),
        "ord-1003": _order("ord-1003", "shipped", **proof),
        "ord-1004": _order("ord-1004", "delivered", **proof),
        "ord-1005": _order("ord-1005", "cancelled"),
    }


ITEMS = [Item(sku="SKU-1", quantity=1), Item(sku="SKU-2", quantity=1), Item(sku="SKU-6", quantity=1)]
LINES = [
    OrderLine(number=1, sku="SKU-1", name="Atlas of small rivers", quantity=1, unitCents=1999, lineCents=1999),
    OrderLine(number=2, sku="SKU-2", name="Pocket dictionary", quantity=1, unitCents=899, lineCents=899),
    OrderLine(number=3, sku="SKU-6", name="Wooden train", quantity=1, unitCents=3499, lineCents=3499),
]
TOTALS = Totals(subtotalCents=6397, shippingCents=0, taxCents=1215, totalCents=7612, currency="EUR")


def _order(name: str, status: str, **more: str) -> Order:
    return Order(
        id=name,
        reference=name.removeprefix("ord-"),
        status=status,
        items=ITEMS,
        totalCents=TOTALS.total_cents,
        currency="EUR",
        customerId="usr-1",
        email="ada@example.com",
        shipTo=Address(street="1 Mill Lane", city="Norwich", postalCode="NR1 1AA", country="GB"),
        createdAt=BIRTHDAY,
        updatedAt=BIRTHDAY,
        **more,
    )


def shipments() -> dict[str, Shipment]:
    """Return the parcels of the orders that have left, by order."""
    return {
        name: Shipment(orderId=name, carrier="post", trackingNumber=f"TRK{name[4:]}", status=status, shippedAt=BIRTHDAY)
        for name, status in (("ord-1003", "underway"), ("ord-1004", "delivered"))
    }


def invoices() -> dict[str, Invoice]:
    """Return the invoice of the delivered order, by order."""
    return {
        "ord-1004": Invoice(id="inv-1", orderId="ord-1004", lines=LINES, totals=TOTALS, issuedAt=BIRTHDAY),
    }


def reservations() -> dict[str, Reservation]:
    """Return one reservation that is held and one that has been used."""
    return {
        name: Reservation(id=name, orderId=order, items=ITEMS, status=status, createdAt=BIRTHDAY)
        for name, order, status in (("res-1", "ord-1001", "held"), ("res-2", "ord-1002", "committed"))
    }


def payments() -> dict[str, Payment]:
    """Return one payment in each state; pay-1 is captured and pays for ord-1001."""
    states = {"pay-1": "captured", "pay-2": "created", "pay-3": "authorized", "pay-4": "refunded", "pay-5": "voided"}
    return {name: _payment(name, status) for name, status in states.items()}


def _payment(name: str, status: str) -> Payment:
    amount = TOTALS.total_cents
    return Payment(
        id=name,
        status=status,
        amountCents=amount,
        capturedCents=amount if status in ("captured", "refunded") else 0,
        refundedCents=amount if status == "refunded" else 0,
        currency="EUR",
        orderId="ord-1001",
        createdAt=BIRTHDAY,
        **({} if status == "created" else {"cardToken": "card-1"}),
    )


def refunds() -> dict[str, Refund]:
    """Return the refund of pay-4."""
    amount = TOTALS.total_cents
    refund = Refund(
        id="rfd-1", paymentId="pay-4", amountCents=amount, currency="EUR", reason="returned", createdAt=BIRTHDAY
    )
    return {"rfd-1": refund}


def cards() -> dict[str, SavedCard]:
    """Return a card that is always good."""
    return {"card-1": SavedCard(token="card-1", brand="visa", last4="1111", month=12, year=2099)}


def users() -> dict[str, User]:
    """Return an active user and one who has still to verify the address."""
    return {
        "usr-1": User(
            id="usr-1",
            username="ada",
            email="ada@example.com",
            name="Ada Lovelace",
            status="active",
            createdAt=BIRTHDAY,
        ),
        "usr-2": User(
            id="usr-2",
            username="grace",
            email="grace@example.com",
            name="Grace Hopper",
            status="unverified",
            createdAt=BIRTHDAY,
        ),
    }


def passwords() -> dict[str, str]:
    """Return the sealed passwords by user."""
    return {name: tokens.seal(PASSWORD) for name in users()}


def preferences() -> dict[str, Preferences]:
    """Return what the fixed users prefer."""
    return {name: Preferences(language="en", theme="light", newsletter=False) for name in users()}


def notifications() -> dict[str, Notification]:
    """Return a message that was sent."""
    return {
        "ntf-1": Notification(
            id="ntf-1",
            channel="email",
            to="ada@example.com",
            subject="Welcome",
            text="Good to have you here",
            status="sent",
            createdAt=BIRTHDAY,
        )
    }


def templates() -> dict[str, Template]:
    """Return a template per channel."""
    return {
        "tpl-1": Template(id="tpl-1", name="welcome", channel="email", text="Welcome, {name}!"),
        "tpl-2": Template(id="tpl-2", name="shipped", channel="sms", text="{orderId} is on its way"),
        "tpl-3": Template(id="tpl-3", name="reminder", channel="push", text="Do not forget: {what}"),
    }
