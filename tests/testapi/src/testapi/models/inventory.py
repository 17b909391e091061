"""Products, what is left of them, and who has reserved some."""

from typing import Annotated, Literal

from pydantic import Field

from testapi.wire import (
    Cents,
    Currency,
    Item,
    Items,
    OrderId,
    Pieces,
    Price,
    Quantity,
    ReservationId,
    Sku,
    Timestamp,
    Total,
    Wire,
)

Category = Literal["books", "tools", "toys"]
ReservationStatus = Literal["held", "committed", "released"]


class Product(Wire):
    sku: Sku
    name: str
    category: Category
    price_cents: Price
    currency: Currency


class Products(Wire):
    items: Annotated[list[Product], Field(max_length=100)]
    total: Total


class Level(Wire):
    """How many pieces are in the house, how many of them are promised, and how many may still be had."""

    sku: Sku
    on_hand: Pieces
    reserved: Pieces
    available: Pieces


class Wanted(Wire):
    items: Items


class ItemAvailability(Wire):
    sku: Sku
    quantity: Quantity
    available: Pieces
    enough: bool


class Availability(Wire):
    available: bool
    items: Annotated[list[ItemAvailability], Field(min_length=1, max_length=20)]


class NewReservation(Wire):
    order_id: OrderId
    items: Items


class Reservation(Wire):
    id: ReservationId
    order_id: OrderId
    items: Annotated[list[Item], Field(min_length=1, max_length=20)]
    status: ReservationStatus
    created_at: Timestamp


class PriceQuote(Wire):
    sku: Sku
    quantity: Quantity
    unit_cents: Price
    discount_percent: Annotated[int, Field(ge=0, le=20)]
    total_cents: Cents
    currency: Currency


class Restock(Wire):
    quantity: Annotated[int, Field(ge=1, le=10_000)]
