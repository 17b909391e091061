"""The life of an order: placed, confirmed, shipped, delivered; or cancelled before it leaves."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import MISSING

from testapi.accounting import lines_of, order_with, totals_of
from testapi.families.inventory import end_reservation
from testapi.models.orders import (
    Confirmation,
    Invoice,
    NewOrder,
    NewShipment,
    Order,
    OrderChange,
    OrderLines,
    Orders,
    OrderStatus,
    Shipment,
    Totals,
)
from testapi.operations import about
from testapi.problems import Refused
from testapi.store import Again, Shop, Store
from testapi.wire import Item, Limit, OrderId, UserId, now

router = APIRouter(prefix="/orders", tags=["orders"])

OrderPath = Annotated[OrderId, Path(alias="orderId")]
ITEM = {"sku": "SKU-1", "quantity": 2}


@router.get("", **about(example={"status": "placed", "limit": 5}))
async def list_orders(
    store: Shop,
    status: Annotated[OrderStatus | MISSING, Query()] = MISSING,
    customer_id: Annotated[UserId | MISSING, Query(alias="customerId")] = MISSING,
    limit: Annotated[Limit, Query()] = 20,
) -> Orders:
    """List orders, newest first."""
    found = [
        order
        for order in store.orders
        if status in (MISSING, order.status) and customer_id in (MISSING, order.customer_id)
    ]
    return Orders(items=found[:limit], total=len(found))


@router.post("", status_code=201, **about(example={"reference": "42", "items": [ITEM]}, errors=[404]))
async def create_order(store: Shop, again: Again, body: NewOrder) -> Order:
    """Place an order. The reference is the caller's own and need not be new."""

    def place() -> Order:
        moment, name = now(), store.orders.next_id()
        order = Order(
            id=name,
            status="placed",
            totalCents=totals_of(store, body.items).total_cents,
            currency="EUR",
            createdAt=moment,
            updatedAt=moment,
            **body.model_dump(by_alias=True),
        )
        return store.orders.put(name, order)

    return again.once(place)


@router.get("/{orderId}", **about(example={"orderId": "ord-1001"}, errors=[404]))
async def get_order(store: Shop, order_id: OrderPath) -> Order:
    """Fetch one order."""
    return store.orders.get(order_id)


@router.patch(
    "/{orderId}", **about(example={"orderId": "ord-1001", "email": "lovelace@example.com"}, errors=[404, 409])
)
async def update_order(store: Shop, order_id: OrderPath, body: OrderChange) -> Order:
    """Change the address or e-mail of an order that has not left yet."""
    order = expect(store, order_id, "placed", "confirmed")
    return change(store, order, **{name: getattr(body, name) for name in body.model_fields_set})


@router.delete("/{orderId}", status_code=204, **about(example={"orderId": "ord-1005"}, errors=[404, 409]))
async def delete_order(store: Shop, order_id: OrderPath) -> Response:
    """Forget an order that was cancelled."""
    expect(store, order_id, "cancelled")
    store.orders.remove(order_id)
    return Response(status_code=204)


@router.get("/{orderId}/lines", **about(example={"orderId": "ord-1001"}, errors=[404]))
async def list_order_lines(store: Shop, order_id: OrderPath) -> OrderLines:
    """List the items with their names and prices."""
    return lines_of(store, store.orders.get(order_id).items)


@router.post("/{orderId}/lines", **about(example={"orderId": "ord-1001"} | ITEM, errors=[404, 409]))
async def add_order_line(store: Shop, order_id: OrderPath, body: Item) -> Order:
    """Add an item to an order that is not confirmed yet; its total follows. Twenty items are the most."""
    order = expect(store, order_id, "placed")
    if len(order.items) == 20:
        raise Refused(409, "ORDER_FULL", f"`{order_id}` has 20 items already")
    return order_with(store, order, [*order.items, body])


@router.get("/{orderId}/totals", **about(example={"orderId": "ord-1001"}, errors=[404]))
async def get_order_totals(store: Shop, order_id: OrderPath) -> Totals:
    """Tell what the items, the shipping and the tax come to."""
    return totals_of(store, store.orders.get(order_id).items)


@router.post(
    "/{orderId}/confirm",
    **about(example={"orderId": "ord-1001", "reservationId": "res-1", "paymentId": "pay-1"}, errors=[404, 409]),
)
async def confirm_order(store: Shop, order_id: OrderPath, body: Confirmation) -> Order:
    """Confirm an order whose goods are reserved and whose money is secured."""
    order = expect(store, order_id, "placed")
    reservation, payment = store.reservations.get(body.reservation_id), store.payments.get(body.payment_id)
    if reservation.order_id != order.id or reservation.status != "held":
        raise Refused(409, "NOT_RESERVED", f"`{reservation.id}` does not hold the goods of `{order.id}`")
    if payment.order_id != order.id or payment.status not in ("authorized", "captured"):
        raise Refused(409, "NOT_PAID", f"`{payment.id}` does not pay for `{order.id}`")
    if payment.amount_cents < order.total_cents:
        raise Refused(409, "NOT_PAID", f"`{payment.id}` is less than the order's total")
    return change(store, order, status="confirmed", reservation_id=reservation.id, payment_id=payment.id)


@router.post(
    "/{orderId}/shipment",
    status_code=201,
    **about(example={"orderId": "ord-1002", "carrier": "post"}, errors=[404, 409]),
)
async def ship_order(store: Shop, order_id: OrderPath, body: NewShipment) -> Shipment:
    """Send a confirmed order on its way; the reserved pieces leave the stock."""
    order = expect(store, order_id, "confirmed")
    if not store.orders.is_fixed(order.id):
        hand_over(store, order)
    change(store, order, status="shipped")
    shipment = Shipment(
        orderId=order.id,
        carrier=body.carrier,
        trackingNumber=f"TRK{order.id.removeprefix('ord-')}",
        status="underway",
        shippedAt=now(),
    )
    return shipment if store.orders.is_fixed(order.id) else store.shipments.put(order.id, shipment)


def hand_over(store: Store, order: Order) -> None:
    """Let the order's reserved goods leave the house."""
    reservation = store.reservations.get(order.reservation_id)
    if reservation.status != "held":
        raise Refused(409, "NOT_RESERVED", f"`{reservation.id}` is {reservation.status}")
    store.stock.hand_over(reservation.items)
    store.reservations.put(reservation.id, reservation.model_copy(update={"status": "committed"}))


@router.get("/{orderId}/shipment", **about(example={"orderId": "ord-1003"}, errors=[404]))
async def get_order_shipment(store: Shop, order_id: OrderPath) -> Shipment:
    """Tell where the parcel of an order is."""
    return store.shipments.get(order_id)


@router.post("/{orderId}/deliver", **about(example={"orderId": "ord-1003"}, errors=[404, 409]))
async def deliver_order(store: Shop, order_id: OrderPath) -> Order:
    """Record that a shipped order has arrived."""
    order = expect(store, order_id, "shipped")
    shipment = store.shipments.get(order_id)
    store.shipments.put(order_id, shipment.model_copy(update={"status": "delivered"}))
    return change(store, order, status="delivered")


@router.post("/{orderId}/invoice", status_code=201, **about(example={"orderId": "ord-1003"}, errors=[404, 409]))
async def create_invoice(store: Shop, order_id: OrderPath) -> Invoice:
    """Write the invoice of an order that was confirmed. Asked again, it is the same invoice."""
    order = expect(store, order_id, "confirmed", "shipped", "delivered")
    written = next((invoice for invoice in store.invoices if invoice.order_id == order_id), None)
    return written or write_invoice(store, order)


def write_invoice(store: Store, order: Order) -> Invoice:
    """Write the invoice with a number of its own; one of a fixed order is not kept."""
    invoice = Invoice(
        id=store.invoices.next_id(),
        orderId=order.id,
        lines=lines_of(store, order.items),
        totals=totals_of(store, order.items),
        issuedAt=now(),
    )
    return invoice if store.orders.is_fixed(order.id) else store.invoices.put(order.id, invoice)


@router.get("/{orderId}/invoice", **about(example={"orderId": "ord-1004"}, errors=[404]))
async def get_invoice(store: Shop, order_id: OrderPath) -> Invoice:
    """Fetch the invoice of an order."""
    return store.invoices.get(order_id)


@router.post("/{orderId}/cancel", **about(example={"orderId": "ord-1001"}, errors=[404, 409]))
async def cancel_order(store: Shop, order_id: OrderPath) -> Order:
    """Cancel an order before it leaves; what was reserved for it can be had again."""
    order = expect(store, order_id, "placed", "confirmed")
    for reservation in store.reservations:
        if reservation.order_id == order_id and reservation.status == "held":
            end_reservation(store, reservation.id)
    return change(store, order, status="cancelled")


def expect(store: Store, name: str, *states: OrderStatus) -> Order:
    """Return the order when it is in one of the states, else refuse with 409."""
    order = store.orders.get(name)
    if order.status not in states:
        raise Refused(409, "WRONG_STATE", f"`{name}` is {order.status}; this needs it {' or '.join(states)}")
    return order


def change(store: Store, order: Order, **changes: Any) -> Order:
    """Keep the order with the changes."""
    return store.orders.put(order.id, order.model_copy(update=changes | {"updated_at": now()}))
