"""Where the shop keeps its things: bounded, and with fixed ones that examples can rely on."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from itertools import count
from typing import Generic, TypeVar

from testapi.problems import Refused

T = TypeVar("T")
FIRST_NUMBER = 100_001
CAPACITY = 10_000


class Shelf(Generic[T]):
    """Things of one kind by id.

    Fixed things are always there: what is done to them is answered and then forgotten, so an example works again
    and again in any order. Of the others the oldest make room when the shelf is full.
    """

    def __init__(self, noun: str, prefix: str, fixed: Mapping[str, T], capacity: int = CAPACITY) -> None:
        self._noun, self._prefix, self._fixed, self._capacity = noun, prefix, dict(fixed), capacity
        self._made: OrderedDict[str, T] = OrderedDict()
        self._numbers = count(FIRST_NUMBER)

    def next_id(self) -> str:
        """Return the id of the next new thing: numbers count up, nothing is random."""
        return f"{self._prefix}-{next(self._numbers)}"

    def is_fixed(self, name: str) -> bool:
        """Say whether the thing answers but never changes."""
        return name in self._fixed

    def get(self, name: str) -> T:
        """Return the thing, or refuse with 404."""
        thing = self.find(name)
        if thing is None:
            raise Refused(404, f"{self._noun.upper()}_NOT_FOUND", f"there is no {self._noun} `{name}`")
        return thing

    def find(self, name: str) -> T | None:
        """Return the thing, or None."""
        return self._made.get(name, self._fixed.get(name))

    def put(self, name: str, thing: T) -> T:
        """Keep the thing under its id, unless that id is fixed; return it."""
        if name not in self._fixed:
            self._made[name] = thing
            while len(self._made) > self._capacity:
                self._made.popitem(last=False)
        return thing

    def remove(self, name: str) -> None:
        """Forget the thing; one that is not there is refused with 404."""
        self.get(name)
        self.drop(name)

    def drop(self, name: str) -> None:
        """Forget the thing; one that is not there is fine."""
        self._made.pop(name, None)

    def __iter__(self) -> Iterator[T]:
        """Go through all things, newest first, the fixed ones last."""
        yield from reversed(self._made.values())
        yield from self._fixed.values()


class Recent(Generic[T]):
    """A dict that forgets its oldest entries: for what must be remembered only for a while."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._entries: OrderedDict[Hashable, T] = OrderedDict()
        self._capacity = capacity

    def __contains__(self, key: Hashable) -> bool:
        return key in self._entries

    def get(self, key: Hashable, otherwise: T) -> T:
        """Return what is kept under the key, or the other value."""
        return self._entries.get(key, otherwise)

    def put(self, key: Hashable, value: T) -> T:
        """Keep the value as the newest entry; return it."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        while len(self._entries) > self._capacity:
            self._entries.popitem(last=False)
        return value

    def drop(self, key: Hashable) -> None:
        """Forget the key; one that is not there is fine."""
        self._entries.pop(key, None)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what is kept under the key; the first time it is made."""
        return self._entries[key] if key in self._entries else self.put(key, make())
