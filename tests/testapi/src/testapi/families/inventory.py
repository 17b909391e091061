"""The catalogue, what is left, reservations and prices."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import MISSING

from testapi.models.inventory import (
    Availability,
    Category,
    ItemAvailability,
    Level,
    NewReservation,
    PriceQuote,
    Product,
    Products,
    Reservation,
    Restock,
    Wanted,
)
from testapi.operations import about
from testapi.problems import Refused
from testapi.store import Again, Shop, Store
from testapi.wire import Item, Limit, Quantity, ReservationId, Sku, now

router = APIRouter(tags=["inventory"])

ReservationPath = Annotated[ReservationId, Path(alias="reservationId")]
WHOLESALE = {50: 20, 10: 10}
"""Percent off from so many pieces on."""


@router.get("/products", **about(example={"category": "books", "limit": 5}))
async def list_products(
    store: Shop,
    category: Annotated[Category | MISSING, Query()] = MISSING,
    limit: Annotated[Limit, Query()] = 20,
) -> Products:
    """List the catalogue, or one category of it."""
    found = [product for product in store.products if category in (MISSING, product.category)]
    return Products(items=found[:limit], total=len(found))


@router.get("/products/search", **about(example={"text": "saw"}))
async def search_products(
    store: Shop, text: Annotated[str, Query(min_length=1, max_length=100)], limit: Annotated[Limit, Query()] = 20
) -> Products:
    """Find products by a piece of their name, in any case."""
    found = [product for product in store.products if text.casefold() in product.name.casefold()]
    return Products(items=found[:limit], total=len(found))


@router.get("/products/{sku}", **about(example={"sku": "SKU-1"}, errors=[404]))
async def get_product(store: Shop, sku: Sku) -> Product:
    """Fetch one product."""
    return store.products.get(sku)


@router.get("/products/{sku}/price", **about(example={"sku": "SKU-1", "quantity": 10}, errors=[404]))
async def get_price(store: Shop, sku: Sku, quantity: Annotated[Quantity, Query()] = 1) -> PriceQuote:
    """Price a quantity of one product: ten pieces are 10 % off, fifty 20 %."""
    product = store.products.get(sku)
    percent = next((percent for pieces, percent in WHOLESALE.items() if quantity >= pieces), 0)
    full = product.price_cents * quantity
    return PriceQuote(
        sku=sku,
        quantity=quantity,
        unitCents=product.price_cents,
        discountPercent=percent,
        totalCents=full - full * percent // 100,
        currency=product.currency,
    )


@router.get("/inventory/{sku}", **about(example={"sku": "SKU-1"}, errors=[404]))
async def get_availability(store: Shop, sku: Sku) -> Level:
    """Tell how many pieces of a product are in the house, promised and to be had."""
    return store.stock.level(sku)


@router.post("/inventory/{sku}/restock", **about(example={"sku": "SKU-1", "quantity": 10}, errors=[404]))
async def restock_product(store: Shop, sku: Sku, body: Restock) -> Level:
    """Add pieces to the stock, up to a million."""
    return store.stock.restock(sku, body.quantity)


@router.post(
    "/inventory/check",
    **about(example={"items": [{"sku": "SKU-1", "quantity": 2}, {"sku": "SKU-2", "quantity": 1}]}, errors=[404]),
)
async def check_availability(store: Shop, body: Wanted) -> Availability:
    """Tell whether all items could be had now. Nothing is reserved."""
    items = [availability(store, item) for item in body.items]
    return Availability(available=all(item.enough for item in items), items=items)


def availability(store: Store, item: Item) -> ItemAvailability:
    """Compare what is wanted with what is left."""
    left = store.stock.level(item.sku).available
    return ItemAvailability(sku=item.sku, quantity=item.quantity, available=left, enough=left >= item.quantity)


@router.post(
    "/reservations",
    status_code=201,
    **about(example={"orderId": "ord-1001", "items": [{"sku": "SKU-1", "quantity": 1}]}, errors=[404, 409]),
)
async def reserve_stock(store: Shop, again: Again, body: NewReservation) -> Reservation:
    """Reserve all items for an order, or none of them (409) when one is out of stock."""

    def reserve() -> Reservation:
        order = store.orders.get(body.order_id)
        store.stock.hold(body.items)
        name = store.reservations.next_id()
        held = Reservation(id=name, orderId=order.id, items=body.items, status="held", createdAt=now())
        return store.reservations.put(name, held)

    return again.once(reserve)


@router.get("/reservations/{reservationId}", **about(example={"reservationId": "res-1"}, errors=[404]))
async def get_reservation(store: Shop, reservation_id: ReservationPath) -> Reservation:
    """Fetch one reservation."""
    return store.reservations.get(reservation_id)


@router.delete("/reservations/{reservationId}", **about(example={"reservationId": "res-1"}, errors=[404, 409]))
async def release_reservation(store: Shop, reservation_id: ReservationPath) -> Reservation:
    """Give the items back. Releasing twice is fine; what was handed over (409) stays so."""
    return end_reservation(store, reservation_id)


def end_reservation(store: Store, name: str) -> Reservation:
    """Release a reservation that is still held."""
    reservation = store.reservations.get(name)
    if reservation.status == "committed":
        raise Refused(409, "ALREADY_COMMITTED", f"the items of `{name}` have been handed over")
    if reservation.status == "released":
        return reservation
    if not store.reservations.is_fixed(name):
        store.stock.release(reservation.items)
    return store.reservations.put(name, reservation.model_copy(update={"status": "released"}))
