"""Cards, which belong to the payments: checked, and kept without their number."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import MISSING

from testapi.models.payments import Brand, Card, CardFault, CardVerdict, SavedCard
from testapi.operations import about
from testapi.problems import Refused
from testapi.store import Shop
from testapi.wire import CardToken

router = APIRouter(prefix="/cards", tags=["payments"])

CARD = {"number": "4111111111111111", "month": 12, "year": 2099}
BRANDS: dict[str, Brand] = {"4": "visa", "5": "mastercard", "3": "amex"}


@router.post("/validate", **about(example=CARD))
async def validate_card(body: Card) -> CardVerdict:
    """Check the number's last digit and whether the card is still good."""
    fault = fault_of(body)
    return CardVerdict(valid=fault is None, brand=brand_of(body), fault=MISSING if fault is None else fault)


@router.post("", status_code=201, **about(example=CARD, errors=[409]))
async def save_card(store: Shop, body: Card) -> SavedCard:
    """Keep a good card under a token; its number is forgotten."""
    if fault := fault_of(body):
        raise Refused(409, "BAD_CARD", f"the card is not good: {fault}")
    token = store.cards.next_id()
    saved = SavedCard(token=token, brand=brand_of(body), last4=body.number[-4:], month=body.month, year=body.year)
    return store.cards.put(token, saved)


@router.get("/{cardToken}", **about(example={"cardToken": "card-1"}, errors=[404]))
async def get_card(store: Shop, card_token: Annotated[CardToken, Path(alias="cardToken")]) -> SavedCard:
    """Tell what is known of a kept card."""
    return store.cards.get(card_token)


def brand_of(card: Card) -> Brand:
    """Tell the brand by the first digit."""
    return BRANDS.get(card.number[0], "other")


def fault_of(card: Card) -> CardFault | None:
    """Tell what is wrong with a card, if anything."""
    if luhn(card.number) % 10:
        return "checksum"
    today = datetime.now(UTC)
    return "expired" if (card.year, card.month) < (today.year, today.month) else None


def luhn(number: str) -> int:
    """Return the sum that is a multiple of ten for a true card number: every second digit counts double."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled)
