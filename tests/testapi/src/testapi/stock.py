"""How many pieces of each product are left: the one place where stock goes up and down."""

from collections.abc import Iterable, Mapping

from testapi.models.inventory import Level
from testapi.problems import Refused
from testapi.wire import Item

FULL = 100_000
MOST = 1_000_000


class Stock:
    """Levels by product. All but the `scarce` ones fill up again when they run out, so that a demo never ends."""

    def __init__(self, pieces: Mapping[str, int], scarce: Iterable[str]) -> None:
        self._levels = {sku: level(sku, on_hand, 0) for sku, on_hand in pieces.items()}
        self._scarce = frozenset(scarce)

    def level(self, sku: str) -> Level:
        """Return the level of one product, or refuse with 404."""
        if sku not in self._levels:
            raise Refused(404, "PRODUCT_NOT_FOUND", f"there is no product `{sku}`")
        return self._levels[sku]

    def hold(self, items: Iterable[Item]) -> None:
        """Promise the items to somebody, all or (409) nothing."""
        wanted = pieces_of(items)
        for sku, quantity in wanted.items():
            if self.level(sku).available < quantity:
                self._refill(sku, quantity)
        for sku, quantity in wanted.items():
            self._change(sku, reserved=quantity)

    def release(self, items: Iterable[Item]) -> None:
        """Take the promise back."""
        for sku, quantity in pieces_of(items).items():
            self._change(sku, reserved=-quantity)

    def hand_over(self, items: Iterable[Item]) -> None:
        """Let promised items leave the house."""
        for sku, quantity in pieces_of(items).items():
            self._change(sku, on_hand=-quantity, reserved=-quantity)

    def restock(self, sku: str, quantity: int) -> Level:
        """Add pieces, up to what the house can hold."""
        room = MOST - self.level(sku).on_hand
        return self._change(sku, on_hand=min(quantity, room))

    def _refill(self, sku: str, quantity: int) -> None:
        if sku in self._scarce:
            left = self._levels[sku].available
            raise Refused(409, "OUT_OF_STOCK", f"{quantity} of `{sku}` wanted, {left} left")
        # Promises that nobody ever kept or took back are forgotten with the refill.
        self._levels[sku] = level(sku, FULL, 0)

    def _change(self, sku: str, on_hand: int = 0, reserved: int = 0) -> Level:
        before = self.level(sku)
        after = max(0, before.on_hand + on_hand)
        self._levels[sku] = level(sku, after, min(after, max(0, before.reserved + reserved)))
        return self._levels[sku]


def level(sku: str, on_hand: int, reserved: int) -> Level:
    """Return the level of a product with what may still be had worked out."""
    return Level(sku=sku, onHand=on_hand, reserved=reserved, available=on_hand - reserved)


def pieces_of(items: Iterable[Item]) -> dict[str, int]:
    """Return how many pieces of each product the items ask for in all."""
    wanted: dict[str, int] = {}
    for item in items:
        wanted[item.sku] = wanted.get(item.sku, 0) + item.quantity
    return wanted
