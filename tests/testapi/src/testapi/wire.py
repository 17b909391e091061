"""The words that all families share on the wire.

Fields that are chained from one call to the next have one type here, so that an answer of one operation
provably fits the request of another. "Optional" always means absent, never null.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Wire(BaseModel):
    """A closed, frozen object with camelCase names."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


Sku = Annotated[str, Field(pattern=r"^SKU-[0-9]{1,6}$")]
OrderId = Annotated[str, Field(pattern=r"^ord-[0-9]{1,12}$")]
InvoiceId = Annotated[str, Field(pattern=r"^inv-[0-9]{1,12}$")]
ReservationId = Annotated[str, Field(pattern=r"^res-[0-9]{1,12}$")]
PaymentId = Annotated[str, Field(pattern=r"^pay-[0-9]{1,12}$")]
RefundId = Annotated[str, Field(pattern=r"^rfd-[0-9]{1,12}$")]
CardToken = Annotated[str, Field(pattern=r"^card-[0-9]{1,12}$")]
UserId = Annotated[str, Field(pattern=r"^usr-[0-9]{1,12}$")]
NotificationId = Annotated[str, Field(pattern=r"^ntf-[0-9]{1,12}$")]
TemplateId = Annotated[str, Field(pattern=r"^tpl-[0-9]{1,12}$")]
Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="The caller's own number")]

Email = Annotated[
    str,
    Field(max_length=254, pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$", json_schema_extra={"format": "email"}),
]
Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$", description="E.164")]
Timestamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]

Currency = Literal["EUR", "USD", "GBP"]
Amount = Annotated[int, Field(ge=1, le=1_000_000_000, description="Minor units, e.g. cents")]
Cents = Annotated[int, Field(ge=0, le=1_000_000_000, description="Minor units, may be zero")]
Price = Annotated[int, Field(ge=1, le=100_000, description="Minor units for one piece")]
Quantity = Annotated[int, Field(ge=1, le=100)]
Pieces = Annotated[int, Field(ge=0, le=1_000_000)]
Total = Annotated[int, Field(ge=0, le=1_000_000, description="How many there are in all")]
Limit = Annotated[int, Field(ge=1, le=100)]


class Item(Wire):
    sku: Sku
    quantity: Quantity


Items = Annotated[list[Item], Field(min_length=1, max_length=20)]


def now() -> str:
    """Return the present moment, RFC 3339 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
