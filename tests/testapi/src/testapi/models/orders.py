"""Orders from the first item to the invoice."""

from typing import Annotated, Literal

from pydantic import MISSING, Field

from testapi.wire import (
    Amount,
    Cents,
    Currency,
    Email,
    InvoiceId,
    Items,
    OrderId,
    PaymentId,
    Price,
    Quantity,
    Reference,
    ReservationId,
    Sku,
    Timestamp,
    Total,
    UserId,
    Wire,
)

OrderStatus = Literal["placed", "confirmed", "shipped", "delivered", "cancelled"]
Carrier = Literal["post", "courier"]


class Address(Wire):
    street: Annotated[str, Field(min_length=1, max_length=100)]
    city: Annotated[str, Field(min_length=1, max_length=100)]
    postal_code: Annotated[str, Field(pattern="^[A-Z0-9 -]{3,10}$")]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]


class NewOrder(Wire):
    reference: Reference
    items: Items
    customer_id: UserId | MISSING = MISSING
    email: Email | MISSING = MISSING
    ship_to: Address | MISSING = MISSING


class OrderChange(Wire):
    email: Email | MISSING = MISSING
    ship_to: Address | MISSING = MISSING


class Order(Wire):
    id: OrderId
    reference: Reference
    status: OrderStatus
    items: Items
    total_cents: Amount
    currency: Currency
    customer_id: UserId | MISSING = MISSING
    email: Email | MISSING = MISSING
    ship_to: Address | MISSING = MISSING
    reservation_id: ReservationId | MISSING = MISSING
    payment_id: PaymentId | MISSING = MISSING
    created_at: Timestamp
    updated_at: Timestamp


class Orders(Wire):
    items: Annotated[list[Order], Field(max_length=100)]
    total: Total


class OrderLine(Wire):
    number: Annotated[int, Field(ge=1, le=20)]
    sku: Sku
    name: str
    quantity: Quantity
    unit_cents: Price
    line_cents: Amount


OrderLines = Annotated[list[OrderLine], Field(min_length=1, max_length=20)]


class Totals(Wire):
    subtotal_cents: Amount
    shipping_cents: Cents
    tax_cents: Cents
    total_cents: Amount
    currency: Currency


class Confirmation(Wire):
    """What proves that an order may go out: its goods are reserved and its money is secured."""

    reservation_id: ReservationId
    payment_id: PaymentId


class NewShipment(Wire):
    carrier: Carrier


class Shipment(Wire):
    order_id: OrderId
    carrier: Carrier
    tracking_number: Annotated[str, Field(pattern="^TRK[0-9]{1,12}$")]
    status: Literal["underway", "delivered"]
    shipped_at: Timestamp


class Invoice(Wire):
    id: InvoiceId
    order_id: OrderId
    lines: OrderLines
    totals: Totals
    issued_at: Timestamp
