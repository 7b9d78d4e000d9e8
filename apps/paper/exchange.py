"""The paper exchange: an exchange like any other, behind the same port, with its own book and transactions."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import TradingAccount
from apps.markets.models import Feed, Product
from apps.paper.book import advance
from apps.paper.models import PaperBook, PaperFill, PaperOrder
from engine.kinds import Side
from engine.orders.states import OrderState
from exchanges.port import FillReport, NewOrder, OrderReport, Rejected

STATES = {
    PaperOrder.Status.OPEN: OrderState.OPEN,
    PaperOrder.Status.FILLED: OrderState.FILLED,
    PaperOrder.Status.CANCELLED: OrderState.CANCELLED,
}


class PaperExchange:
    """One account's seat at the paper exchange."""

    not_found_is_final = True

    def __init__(self, account: TradingAccount) -> None:
        self.account = account

    @transaction.atomic
    def place(self, order: NewOrder) -> OrderReport:
        """Accepts an order at the market's newest event: it matches only later ones."""
        product = Product.objects.filter(venue=self.account.venue, symbol=order.symbol, feed__isnull=False).first()
        if product is None:
            raise Rejected(f"product must be one traded at {self.account.venue}, was {order.symbol}")
        book = self._book(product)
        feed = Feed.objects.get(product=product)  # after the lock: the book has matched no event that is later
        known = book.orders.filter(client_order_id=order.client_order_id).first()
        if known:
            return _report(known)
        _check(order, product, feed)
        if book.position != feed.position and not book.orders.filter(status=PaperOrder.Status.OPEN).exists():
            book.position = feed.position
            book.save(update_fields=["position"])
        placed = PaperOrder.objects.create(
            book=book, client_order_id=order.client_order_id, kind=order.kind, arrival=feed.position,
            side=Side.BUY if order.side == "buy" else Side.SELL, lots=int(order.quantity / product.base_increment),
            limit=float(order.limit_price or 0), stop=float(order.stop_price or 0), funds=float(order.funds or 0),
        )  # fmt: skip
        return _report(placed)

    @transaction.atomic
    def cancel(self, client_order_id: UUID) -> OrderReport | None:
        """Cancels what the events so far have not filled."""
        order = self._orders().filter(client_order_id=client_order_id).first()
        if order is None:
            return None
        self._match()
        order.refresh_from_db()
        if order.status == PaperOrder.Status.OPEN:
            order.status = PaperOrder.Status.CANCELLED
            order.save(update_fields=["status"])
        return _report(order)

    def reports(self, client_order_ids: Sequence[UUID]) -> list[OrderReport]:
        return [_report(order) for order in self._orders().filter(client_order_id__in=client_order_ids).order_by("pk")]

    def fills_since(self, cursor: int) -> list[FillReport]:
        fills = PaperFill.objects.filter(account=self.account, pk__gt=cursor).select_related("order__book__product")
        return [_fill_report(fill) for fill in fills.order_by("pk")]

    def catch_up(self) -> dict[str, int]:
        """Matches the books with open orders against every event since; the positions reached by symbol."""
        feeds = Feed.objects.filter(product__venue=self.account.venue)
        # Before the books: an order that is in none of them yet arrives here or later.
        reached = dict(feeds.values_list("product__symbol", "position"))
        with transaction.atomic():
            return reached | self._match()

    def _orders(self) -> QuerySet[PaperOrder]:
        return PaperOrder.objects.filter(book__account=self.account).select_related("book__product")

    def _book(self, product: Product) -> PaperBook:
        mine = PaperBook.objects.filter(account=self.account, product=product)
        book = self._locked(mine).first()
        if book is None:
            PaperBook.objects.get_or_create(account=self.account, product=product)
            book = self._locked(mine).get()
        return book

    def _match(self) -> dict[str, int]:
        """Matches the books with open orders that are behind their markets; the positions reached by symbol.

        Whoever makes fills holds all books of the account: else those of two products might be committed out of the
        order of their numbers, and who reads on from a cursor would miss one.
        """
        books = list(self._locked(PaperBook.objects.filter(account=self.account).order_by("pk")))
        behind = [book for book in books if book.position < book.product.feed.position]
        if not behind:
            return {}
        orders = PaperOrder.objects.filter(book__in=behind, status=PaperOrder.Status.OPEN).order_by("book", "pk")
        waiting = {book_id: list(each) for book_id, each in groupby(orders, key=attrgetter("book_id"))}
        return {
            book.product.symbol: advance(self.account, book, waiting[book.pk]) for book in behind if book.pk in waiting
        }

    def _locked(self, books: QuerySet[PaperBook]) -> QuerySet[PaperBook]:
        return books.select_for_update(of=("self",)).select_related("product__feed__session")


def _check(order: NewOrder, product: Product, feed: Feed) -> None:
    """Refuses what a real exchange would refuse; orders reach it already snapped."""
    if product.status != Product.Status.ONLINE:
        raise Rejected(f"product must be online, was {product.status}")
    if order.quantity % product.base_increment:
        raise Rejected(f"quantity must be a multiple of {product.base_increment.normalize():f}, was {order.quantity:f}")
    if order.quantity < max(product.base_min_size, product.base_increment):
        raise Rejected(f"quantity must be at least {product.base_min_size.normalize():f}, was {order.quantity:f}")
    for name, price in (("limit price", order.limit_price), ("stop price", order.stop_price)):
        if price is not None and (price <= 0 or price % product.quote_increment):
            raise Rejected(
                f"{name} must be a positive multiple of {product.quote_increment.normalize():f}, was {price:f}"
            )
    if order.side == "buy":
        _check_purchase(order, product, feed)


def _check_purchase(order: NewOrder, product: Product, feed: Feed) -> None:
    if not order.funds or order.funds <= 0:
        raise Rejected(f"funds of a buy must be above 0, were {order.funds}")
    price = order.limit_price or (Decimal(repr(feed.price)) if feed.price else None)
    if price is not None and order.quantity * price < product.quote_min_size:
        least = f"{product.quote_min_size.normalize():f} {product.quote}"
        raise Rejected(f"a buy must be worth at least {least}, was {order.quantity * price:f}")


def _report(order: PaperOrder) -> OrderReport:
    return OrderReport(
        client_order_id=order.client_order_id,
        exchange_order_id=f"paper-{order.pk}",
        state=STATES[PaperOrder.Status(order.status)],
        filled=order.book.product.base_increment * order.filled,
    )


def _fill_report(fill: PaperFill) -> FillReport:
    return FillReport(
        cursor=fill.pk, client_order_id=fill.order.client_order_id, trade_id=str(fill.pk), position=fill.position,
        at=datetime.fromtimestamp(fill.time, UTC), price=fill.price, quantity=fill.quantity, fee=fill.fee,
        fee_currency=fill.order.book.product.quote, maker=fill.maker, reason=fill.reason,
    )  # fmt: skip
