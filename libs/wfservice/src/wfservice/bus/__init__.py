"""The bus, as services see it. Only this package knows that it is NATS."""

from wfservice.bus.interface import (
    Bucket,
    Bus,
    Delivery,
    Handler,
    NoResponders,
    RemoteFailure,
    TransportLost,
    on,
)
from wfservice.bus.mirror import Mirror

__all__ = ["Bucket", "Bus", "Delivery", "Handler", "Mirror", "NoResponders", "RemoteFailure", "TransportLost", "on"]
