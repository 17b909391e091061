"""Payments, refunds and cards. No card number is ever answered or kept: a token stands for it."""

from typing import Annotated, Literal

from pydantic import MISSING, Field

from testapi.wire import Amount, CardToken, Cents, Currency, OrderId, PaymentId, RefundId, Timestamp, Total, Wire

PaymentStatus = Literal["created", "authorized", "captured", "refunded", "voided"]
Brand = Literal["visa", "mastercard", "amex", "other"]
CardFault = Literal["checksum", "expired"]
Failures = Annotated[
    int, Field(ge=0, le=3, description="The bank is down for so many calls about this payment, then it answers")
]
CardNumber = Annotated[str, Field(pattern="^[0-9]{12,19}$")]
Month = Annotated[int, Field(ge=1, le=12)]
Year = Annotated[int, Field(ge=2000, le=2199)]


class NewPayment(Wire):
    amount_cents: Amount
    currency: Currency
    order_id: OrderId | MISSING = MISSING


class OneStepPayment(Wire):
    amount_cents: Amount
    currency: Currency
    card_token: CardToken
    order_id: OrderId | MISSING = MISSING


class Authorization(Wire):
    card_token: CardToken
    simulate_failures: Failures | MISSING = MISSING


class Capture(Wire):
    amount_cents: Amount | MISSING = MISSING
    simulate_failures: Failures | MISSING = MISSING


class Payment(Wire):
    id: PaymentId
    status: PaymentStatus
    amount_cents: Amount
    captured_cents: Cents
    refunded_cents: Cents
    currency: Currency
    order_id: OrderId | MISSING = MISSING
    card_token: CardToken | MISSING = MISSING
    created_at: Timestamp


class Payments(Wire):
    items: Annotated[list[Payment], Field(max_length=100)]
    total: Total


class NewRefund(Wire):
    amount_cents: Amount | MISSING = MISSING
    reason: Literal["returned", "damaged", "goodwill"] | MISSING = MISSING


class Refund(Wire):
    id: RefundId
    payment_id: PaymentId
    amount_cents: Amount
    currency: Currency
    reason: Literal["returned", "damaged", "goodwill"] | MISSING = MISSING
    created_at: Timestamp


class Refunds(Wire):
    items: Annotated[list[Refund], Field(max_length=100)]
    total: Total


class Card(Wire):
    number: CardNumber
    month: Month
    year: Year


class CardVerdict(Wire):
    valid: bool
    brand: Brand
    fault: CardFault | MISSING = MISSING


class SavedCard(Wire):
    token: CardToken
    brand: Brand
    last4: Annotated[str, Field(pattern="^[0-9]{4}$")]
    month: Month
    year: Year


class Fee(Wire):
    amount_cents: Amount
    fee_cents: Cents
    net_cents: Cents
    currency: Currency
