"""All orders: by id, by client's id, by user; what a listing shows."""

from collections import defaultdict
from collections.abc import Iterator
from uuid import NAMESPACE_OID, uuid5

from sandbox.orders import Order

MOST_OPEN = 500  # orders of a user in one product


class Desk:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._orders: dict[str, Order] = {}
        self._by_client: dict[tuple[str, str], Order] = {}
        self._of_user: dict[str, list[Order]] = defaultdict(list)
        self._open: dict[str, Order] = {}

    def next_number(self) -> int:
        return len(self._orders) + 1

    def new_id(self, number: int) -> str:
        return str(uuid5(NAMESPACE_OID, f"order/{self._seed}/{number}"))

    def add(self, order: Order) -> None:
        """Raises ValueError when the client's id is taken: each is used once, for ever."""
        key = order.user, order.client_order_id
        if key in self._by_client:
            raise ValueError(f"client_order_id must be new, {order.client_order_id!r} is order's {order.order_id}")
        self._orders[order.order_id] = self._by_client[key] = self._open[order.order_id] = order
        self._of_user[order.user].append(order)

    def get(self, order_id: str, user: str | None = None) -> Order | None:
        """The order; with ``user`` only if it is theirs."""
        order = self._orders.get(order_id)
        return order if order and user in (None, order.user) else None

    def __getitem__(self, order_id: str) -> Order:
        return self._orders[order_id]

    def by_client(self, user: str, client_order_id: str) -> Order | None:
        return self._by_client.get((user, client_order_id))

    def of(self, user: str) -> list[Order]:
        """Oldest first."""
        return self._of_user[user]

    def open(self, user: str | None = None) -> Iterator[Order]:
        for order in list(self._open.values()):
            if order.done:
                del self._open[order.order_id]
            elif user in (None, order.user):
                yield order

    def open_in(self, user: str, symbol: str) -> int:
        return sum(1 for order in self.open(user) if order.product.symbol == symbol)

    def __iter__(self) -> Iterator[Order]:
        return iter(self._orders.values())

    def __len__(self) -> int:
        return len(self._orders)
