"""The shop's state is consistent: what was done stays done, and what cannot be is refused."""

import pytest
from tests.testapi_tests.calling import call, ok, refused


@pytest.fixture
def order(client):
    """A new order."""
    return ok(client, "create-order", reference="story", items=[{"sku": "SKU-5", "quantity": 2}])


@pytest.fixture
def payment(client, order):
    """A payment of the order's total, set aside but not taken."""
    opened = ok(
        client, "create-payment", orderId=order["id"], amountCents=order["totalCents"], currency=order["currency"]
    )
    return ok(client, "authorize-payment", paymentId=opened["id"], cardToken="card-1")


@pytest.fixture
def confirmed(client, order, payment):
    """An order with reserved goods and secured money."""
    reservation = ok(client, "reserve-stock", orderId=order["id"], items=order["items"])
    return ok(client, "confirm-order", orderId=order["id"], reservationId=reservation["id"], paymentId=payment["id"])


def test_a_created_order_can_be_fetched(client, order):
    """It is answered as it was placed, and it leads the list."""
    assert ok(client, "get-order", orderId=order["id"]) == order
    assert ok(client, "list-orders", limit=1)["items"] == [order]


def test_an_order_adds_up(client, order):
    """Its total is that of its totals, which are those of its lines."""
    totals, lines = (
        ok(client, "get-order-totals", orderId=order["id"]),
        ok(client, "list-order-lines", orderId=order["id"]),
    )
    assert totals["subtotalCents"] == sum(line["lineCents"] for line in lines) == 2580
    assert totals["totalCents"] == 2580 + 490 + 490 == order["totalCents"]


def test_another_line_changes_the_total(client, order):
    """An order may grow until it is confirmed."""
    grown = ok(client, "add-order-line", orderId=order["id"], sku="SKU-8", quantity=1)
    assert len(grown["items"]) == 2
    assert (
        grown["totalCents"] == ok(client, "get-order-totals", orderId=order["id"])["totalCents"] > order["totalCents"]
    )


def test_reserving_takes_from_the_stock_and_releasing_gives_back(client, order):
    """What is reserved cannot be had by anybody else until it is released."""
    before = ok(client, "get-availability", sku="SKU-5")["available"]
    reservation = ok(client, "reserve-stock", orderId=order["id"], items=order["items"])
    assert ok(client, "get-availability", sku="SKU-5")["available"] == before - 2
    ok(client, "release-reservation", reservationId=reservation["id"])
    assert ok(client, "get-availability", sku="SKU-5")["available"] == before
    assert ok(client, "get-reservation", reservationId=reservation["id"])["status"] == "released"


def test_cancelling_an_order_gives_its_goods_back(client, confirmed):
    """A cancelled order holds nothing, and can be forgotten."""
    before = ok(client, "get-availability", sku="SKU-5")["available"]
    assert ok(client, "cancel-order", orderId=confirmed["id"])["status"] == "cancelled"
    assert ok(client, "get-availability", sku="SKU-5")["available"] == before + 2
    assert call(client, "delete-order", {"orderId": confirmed["id"]}).status_code == 204
    assert refused(client, "get-order", orderId=confirmed["id"]) == (404, "ORDER_NOT_FOUND")


def test_a_scarce_product_runs_out(client, order):
    """The last pieces go once; then there is a conflict, and nothing was half reserved."""
    left = ok(client, "get-availability", sku="SKU-9")["available"]
    books = ok(client, "get-availability", sku="SKU-2")["available"]
    wanted = [{"sku": "SKU-2", "quantity": 1}, {"sku": "SKU-9", "quantity": left + 1}]
    assert refused(client, "reserve-stock", orderId=order["id"], items=wanted) == (409, "OUT_OF_STOCK")
    assert ok(client, "get-availability", sku="SKU-2")["available"] == books
    assert ok(client, "check-availability", items=wanted)["available"] is False


def test_an_order_goes_from_placed_to_delivered(client, confirmed):
    """Shipping takes the goods out of the house; parcel and invoice can be fetched."""
    name = confirmed["id"]
    on_hand = ok(client, "get-availability", sku="SKU-5")["onHand"]
    shipment = ok(client, "ship-order", orderId=name, carrier="courier")
    assert ok(client, "get-availability", sku="SKU-5")["onHand"] == on_hand - 2
    assert ok(client, "get-order-shipment", orderId=name) == shipment
    assert refused(client, "cancel-order", orderId=name) == (409, "WRONG_STATE")
    assert ok(client, "deliver-order", orderId=name)["status"] == "delivered"
    invoice = ok(client, "create-invoice", orderId=name)
    assert ok(client, "create-invoice", orderId=name) == ok(client, "get-invoice", orderId=name) == invoice
    assert invoice["totals"]["totalCents"] == confirmed["totalCents"]


def test_an_order_is_not_confirmed_without_goods_and_money(client, order, payment):
    """Somebody else's reservation does not count, and neither does money that was not set aside."""
    proof = {"reservationId": "res-1", "paymentId": payment["id"]}
    assert refused(client, "confirm-order", orderId=order["id"], **proof) == (409, "NOT_RESERVED")
    reservation = ok(client, "reserve-stock", orderId=order["id"], items=order["items"])
    proof = {"reservationId": reservation["id"], "paymentId": "pay-2"}
    assert refused(client, "confirm-order", orderId=order["id"], **proof) == (409, "NOT_PAID")


def test_a_payment_is_captured_once(client, payment):
    """A second capture is a conflict, and so is taking back what was taken."""
    assert ok(client, "capture-payment", paymentId=payment["id"])["capturedCents"] == payment["amountCents"]
    assert refused(client, "capture-payment", paymentId=payment["id"]) == (409, "WRONG_STATE")
    assert refused(client, "void-payment", paymentId=payment["id"]) == (409, "WRONG_STATE")


def test_a_repeated_request_with_its_key_gets_the_first_answer(client, payment, fresh_key):
    """The same Idempotency-Key captures once and answers twice."""
    values, key = {"paymentId": payment["id"]}, {"Idempotency-Key": fresh_key}
    first, again = (call(client, "capture-payment", values, **key) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()


def test_a_refund_needs_a_capture_and_never_exceeds_it(client, payment):
    """Money goes back only after it was taken, in parts or in all."""
    name, amount = payment["id"], payment["amountCents"]
    assert refused(client, "refund-payment", paymentId=name) == (409, "WRONG_STATE")
    ok(client, "capture-payment", paymentId=name)
    part = ok(client, "refund-payment", paymentId=name, amountCents=100, reason="damaged")
    assert ok(client, "get-refund", refundId=part["id"]) == part
    assert refused(client, "refund-payment", paymentId=name, amountCents=amount) == (409, "TOO_MUCH")
    assert ok(client, "refund-payment", paymentId=name)["amountCents"] == amount - 100
    assert ok(client, "get-payment", paymentId=name)["status"] == "refunded"
    assert ok(client, "list-refunds", paymentId=name)["total"] == 2


def test_the_bank_fails_as_often_as_asked_for_each_payment(client, payment):
    """Each payment has its own count, so parallel runs do not disturb each other."""
    values = {"paymentId": payment["id"], "simulateFailures": 2}
    assert [call(client, "capture-payment", values).status_code for _ in range(3)] == [503, 503, 200]


def test_a_card_is_judged_by_its_digits_and_date(client):
    """A wrong digit and a past date are told apart; a bad card is not kept."""
    good = {"number": "5555555555554444", "month": 1, "year": 2098}
    assert ok(client, "validate-card", **good) == {"valid": True, "brand": "mastercard"}
    assert ok(client, "validate-card", **good | {"number": "5555555555554445"})["fault"] == "checksum"
    assert ok(client, "validate-card", **good | {"year": 2020})["fault"] == "expired"
    assert refused(client, "save-card", **good | {"year": 2020}) == (409, "BAD_CARD")
    assert "5555555555554444" not in str(ok(client, "save-card", **good))


def test_fixed_things_forget_what_was_done_to_them(client):
    """So an example can be run again."""
    assert ok(client, "cancel-order", orderId="ord-1001")["status"] == "cancelled"
    assert ok(client, "get-order", orderId="ord-1001")["status"] == "placed"
