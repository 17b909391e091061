"""Payments from authorization to refund. A payment is captured once, and only captured money is refunded."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import PlainTextResponse
from pydantic import MISSING

from testapi.models.payments import (
    Authorization,
    Capture,
    Fee,
    NewPayment,
    NewRefund,
    OneStepPayment,
    Payment,
    Payments,
    PaymentStatus,
    Refund,
    Refunds,
)
from testapi.operations import PERSISTENT, about
from testapi.problems import Refused
from testapi.store import Again, Shop, Store
from testapi.wire import Amount, Currency, Limit, OrderId, PaymentId, RefundId, now

router = APIRouter(tags=["payments"])

PaymentPath = Annotated[PaymentId, Path(alias="paymentId")]
MONEY = {"amountCents": 7612, "currency": "EUR"}


@router.get("/payments", **about(example={"orderId": "ord-1001", "limit": 5}))
async def list_payments(
    store: Shop,
    order_id: Annotated[OrderId | MISSING, Query(alias="orderId")] = MISSING,
    limit: Annotated[Limit, Query()] = 20,
) -> Payments:
    """List payments, newest first."""
    found = [payment for payment in store.payments if order_id in (MISSING, payment.order_id)]
    return Payments(items=found[:limit], total=len(found))


@router.post("/payments", status_code=201, **about(example=MONEY, errors=[404]))
async def create_payment(store: Shop, again: Again, body: NewPayment) -> Payment:
    """Open a payment. No money moves before it is authorized and captured."""
    return again.once(lambda: open_payment(store, body))


def open_payment(store: Store, body: NewPayment | OneStepPayment) -> Payment:
    """Keep a new payment; its order, where it names one, must exist."""
    if body.order_id is not MISSING:
        store.orders.get(body.order_id)
    name = store.payments.next_id()
    payment = Payment(
        id=name,
        status="created",
        capturedCents=0,
        refundedCents=0,
        createdAt=now(),
        **body.model_dump(by_alias=True),
    )
    return store.payments.put(name, payment)


@router.post("/payments/process", status_code=201, **about(example=MONEY | {"cardToken": "card-1"}, errors=[404]))
async def process_payment(store: Shop, again: Again, body: OneStepPayment) -> Payment:
    """Open, authorize and capture a payment in one step."""

    def process() -> Payment:
        store.cards.get(body.card_token)
        payment = open_payment(store, body)
        return change(store, payment, status="captured", captured_cents=payment.amount_cents)

    return again.once(process)


@router.get("/payments/fees", **about(example=MONEY))
async def quote_payment_fee(
    amount_cents: Annotated[Amount, Query(alias="amountCents")], currency: Annotated[Currency, Query()] = "EUR"
) -> Fee:
    """Tell what the bank keeps: 1.5 % and 25 cents, never more than the amount."""
    fee = min(amount_cents, amount_cents * 15 // 1000 + 25)
    return Fee(amountCents=amount_cents, feeCents=fee, netCents=amount_cents - fee, currency=currency)


@router.get("/payments/{paymentId}", **about(example={"paymentId": "pay-1"}, errors=[404]))
async def get_payment(store: Shop, payment_id: PaymentPath) -> Payment:
    """Fetch one payment."""
    return store.payments.get(payment_id)


@router.post(
    "/payments/{paymentId}/authorize",
    **about(example={"paymentId": "pay-2", "cardToken": "card-1"}, errors=[404, 409, 503], retry=PERSISTENT),
)
async def authorize_payment(store: Shop, again: Again, payment_id: PaymentPath, body: Authorization) -> Payment:
    """Have the bank set the money aside."""

    def authorize() -> Payment:
        payment = expect(store, payment_id, "created")
        store.cards.get(body.card_token)
        ask_bank(store, f"authorize {payment_id}", body.simulate_failures)
        return change(store, payment, status="authorized", card_token=body.card_token)

    return again.once(authorize)


@router.post(
    "/payments/{paymentId}/capture",
    **about(example={"paymentId": "pay-3"}, errors=[404, 409, 503], retry=PERSISTENT),
)
async def capture_payment(store: Shop, again: Again, payment_id: PaymentPath, body: Capture) -> Payment:
    """Take the money that was set aside, or a part of it. It can be taken once."""

    def capture() -> Payment:
        payment = expect(store, payment_id, "authorized")
        amount = payment.amount_cents if body.amount_cents is MISSING else body.amount_cents
        if amount > payment.amount_cents:
            raise Refused(409, "TOO_MUCH", f"only {payment.amount_cents} are set aside")
        ask_bank(store, f"capture {payment_id}", body.simulate_failures)
        return change(store, payment, status="captured", captured_cents=amount)

    return again.once(capture)


def ask_bank(store: Store, question: str, failures: Any) -> None:
    """Fail with 503 as often as was asked for; after that the bank is there, and the count begins anew."""
    wanted = 0 if failures is MISSING else failures
    failed = store.calls.get(question, 0)
    if failed < wanted:
        store.calls.put(question, failed + 1)
        raise Refused(503, "BANK_UNAVAILABLE", f"the bank is down ({failed + 1} of {wanted} times)")
    store.calls.drop(question)


@router.post("/payments/{paymentId}/void", **about(example={"paymentId": "pay-3"}, errors=[404, 409]))
async def void_payment(store: Shop, payment_id: PaymentPath) -> Payment:
    """Give back money that was set aside and not taken."""
    return change(store, expect(store, payment_id, "created", "authorized"), status="voided")


@router.post(
    "/payments/{paymentId}/refunds",
    status_code=201,
    **about(example={"paymentId": "pay-1", "amountCents": 100, "reason": "goodwill"}, errors=[404, 409]),
)
async def refund_payment(store: Shop, again: Again, payment_id: PaymentPath, body: NewRefund) -> Refund:
    """Pay captured money back, all that is left of it or a part."""

    def refund() -> Refund:
        payment = expect(store, payment_id, "captured")
        left = payment.captured_cents - payment.refunded_cents
        amount = left if body.amount_cents is MISSING else body.amount_cents
        if amount > left:
            raise Refused(409, "TOO_MUCH", f"only {left} can be refunded")
        return pay_back(store, payment, amount, body.reason)

    return again.once(refund)


def pay_back(store: Store, payment: Payment, amount: int, reason: Any) -> Refund:
    """Keep the refund and what it leaves of the payment; a fixed payment keeps neither."""
    refunded = payment.refunded_cents + amount
    status = "refunded" if refunded == payment.captured_cents else "captured"
    change(store, payment, refunded_cents=refunded, status=status)
    refund = Refund(
        id=store.refunds.next_id(),
        paymentId=payment.id,
        amountCents=amount,
        currency=payment.currency,
        reason=reason,
        createdAt=now(),
    )
    return refund if store.payments.is_fixed(payment.id) else store.refunds.put(refund.id, refund)


@router.get("/payments/{paymentId}/refunds", **about(example={"paymentId": "pay-4"}, errors=[404]))
async def list_refunds(store: Shop, payment_id: PaymentPath, limit: Annotated[Limit, Query()] = 20) -> Refunds:
    """List what was paid back of one payment."""
    store.payments.get(payment_id)
    found = [refund for refund in store.refunds if refund.payment_id == payment_id]
    return Refunds(items=found[:limit], total=len(found))


@router.get("/refunds/{refundId}", **about(example={"refundId": "rfd-1"}, errors=[404]))
async def get_refund(store: Shop, refund_id: Annotated[RefundId, Path(alias="refundId")]) -> Refund:
    """Fetch one refund."""
    return store.refunds.get(refund_id)


@router.get(
    "/payments/{paymentId}/receipt",
    response_class=PlainTextResponse,
    **about(example={"paymentId": "pay-1"}, errors=[404, 409]),
)
async def get_payment_receipt(store: Shop, payment_id: PaymentPath) -> str:
    """Print the receipt of a captured payment as plain text."""
    payment = expect(store, payment_id, "captured", "refunded")
    euros, cents = divmod(payment.captured_cents, 100)
    return f"Receipt for {payment.id}\nPaid: {euros}.{cents:02} {payment.currency}\n"


def expect(store: Store, name: str, *states: PaymentStatus) -> Payment:
    """Return the payment when it is in one of the states, else refuse with 409."""
    payment = store.payments.get(name)
    if payment.status not in states:
        raise Refused(409, "WRONG_STATE", f"`{name}` is {payment.status}; this needs it {' or '.join(states)}")
    return payment


def change(store: Store, payment: Payment, **changes: Any) -> Payment:
    """Keep the payment with the changes."""
    return store.payments.put(payment.id, payment.model_copy(update=changes))
