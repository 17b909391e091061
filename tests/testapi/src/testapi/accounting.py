"""What orders come to: lines, shipping, tax and total, always from the catalogue's prices."""

from collections.abc import Iterable

from testapi.models.orders import Order, OrderLine, Totals
from testapi.store import Store
from testapi.wire import Item, now

FREE_SHIPPING_FROM = 5000
SHIPPING = 490
TAX_PERCENT = 19


def lines_of(store: Store, items: Iterable[Item]) -> list[OrderLine]:
    """Return the items with names and prices; an unknown product is refused with 404."""
    return [line(store, number, item) for number, item in enumerate(items, start=1)]


def line(store: Store, number: int, item: Item) -> OrderLine:
    """Return one item with its name and price."""
    product = store.products.get(item.sku)
    return OrderLine(
        number=number,
        sku=item.sku,
        name=product.name,
        quantity=item.quantity,
        unitCents=product.price_cents,
        lineCents=product.price_cents * item.quantity,
    )


def totals_of(store: Store, items: Iterable[Item]) -> Totals:
    """Return what the items cost in all; the tax is rounded down to whole cents."""
    subtotal = sum(line.line_cents for line in lines_of(store, items))
    shipping = 0 if subtotal >= FREE_SHIPPING_FROM else SHIPPING
    tax = subtotal * TAX_PERCENT // 100
    return Totals(
        subtotalCents=subtotal,
        shippingCents=shipping,
        taxCents=tax,
        totalCents=subtotal + shipping + tax,
        currency="EUR",
    )


def order_with(store: Store, order: Order, items: list[Item]) -> Order:
    """Keep the order with other items and the total that follows from them."""
    total = totals_of(store, items).total_cents
    changed = order.model_copy(update={"items": items, "total_cents": total, "updated_at": now()})
    return store.orders.put(order.id, changed)
