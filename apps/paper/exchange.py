"""The paper exchange: an exchange like any other, behind the same port, with its own book and transactions."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import TradingAccount
from apps.ledger.selectors import balances
from apps.markets.models import Feed, Product
from apps.paper.book import advance
from apps.paper.checks import check, edited
from apps.paper.models import PaperBook, PaperFill, PaperOrder
from apps.paper.reports import fill_report, order_report, preview_of, standing
from engine.kinds import OrderKind, Side
from exchanges.port import Balance, Fees, FillReport, NewOrder, OrderReport, Preview, Rejected


class PaperExchange:
    """One account's seat at the paper exchange."""

    not_found_is_final = True

    def __init__(self, account: TradingAccount) -> None:
        self.account = account

    @transaction.atomic
    def place(self, order: NewOrder) -> OrderReport:
        """Accepts an order at the market's newest event: it matches only later ones."""
        product = self._product(order.symbol)
        book = self._book(product)
        feed = Feed.objects.get(product=product)  # after the lock: the book has matched no event that is later
        known = book.orders.filter(client_order_id=order.client_order_id).first()
        if known:
            return order_report(known)
        check(order, product, feed)
        if book.position != feed.recorded and not book.orders.filter(status=PaperOrder.Status.OPEN).exists():
            book.position = feed.recorded
            book.save(update_fields=["position"])
        placed = PaperOrder.objects.create(
            book=book, client_order_id=order.client_order_id, kind=order.kind, arrival=feed.recorded,
            side=Side.BUY if order.side == "buy" else Side.SELL, lots=int(order.quantity / product.base_increment),
            limit=float(order.limit_price or 0), stop=float(order.stop_price or 0), funds=float(order.funds or 0),
            time_in_force=order.time_in_force, post_only=order.post_only,
            expires=int(order.expires.timestamp()) if order.expires else 0,
            asked=float(order.funds or 0),
        )  # fmt: skip
        return order_report(placed)

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
            order.ended = PaperBook.objects.get(pk=order.book_id).position
            order.save(update_fields=["status", "ended"])
        return order_report(order)

    def cancel_many(self, client_order_ids: Sequence[UUID]) -> None:
        for client_order_id in client_order_ids:
            self.cancel(client_order_id)

    def native(self, symbol: str) -> frozenset[OrderKind]:
        """Every kind that the core's matching knows."""
        return frozenset(OrderKind)

    def preview(self, order: NewOrder) -> Preview:
        product = self._product(order.symbol)
        feed = Feed.objects.get(product=product)
        try:
            check(order, product, feed)
        except Rejected as refused:
            return preview_of(self.account, order, feed, str(refused))
        return preview_of(self.account, order, feed, "")

    @transaction.atomic
    def edit(
        self,
        client_order_id: UUID,
        *,
        quantity: Decimal | None = None,
        limit_price: Decimal | None = None,
        stop_price: Decimal | None = None,
    ) -> OrderReport:
        """Changes what the events so far have not ended; a new price is met by later events only."""
        order = self._orders().filter(client_order_id=client_order_id).first()
        if order is None:
            raise Rejected("order must be one of this account, was unknown")
        self._match()
        order.refresh_from_db()
        if order.status != PaperOrder.Status.OPEN or order.triggered:
            raise Rejected(f"order must be open to be edited, was {'triggered' if order.triggered else order.status}")
        self._change(order, quantity, limit_price, stop_price)
        return order_report(order)

    def open_orders(self) -> list[OrderReport]:
        orders = self._orders().filter(status=PaperOrder.Status.OPEN).order_by("pk")
        return [order_report(order) for order in orders]

    def balances(self) -> dict[str, Balance]:
        """The ledger's: on paper nobody else keeps money."""
        own = balances([self.account])[self.account.pk]
        return {currency: Balance(total=row.total, available=row.free) for currency, row in own.items()}

    def fees(self) -> Fees:
        return Fees(maker=self.account.fee_maker, taker=self.account.fee_taker, tier="paper")

    def reports(self, client_order_ids: Sequence[UUID]) -> list[OrderReport]:
        return [
            order_report(order) for order in self._orders().filter(client_order_id__in=client_order_ids).order_by("pk")
        ]

    def fills_since(self, cursor: int) -> list[FillReport]:
        fills = PaperFill.objects.filter(account=self.account, pk__gt=cursor).select_related("order__book__product")
        return [fill_report(fill) for fill in fills.order_by("pk")]

    def catch_up(self) -> dict[str, int]:
        """Matches the books with open orders against every event since; the positions reached by symbol."""
        feeds = Feed.objects.filter(product__venue=self.account.venue)
        # Before the books: an order that is in none of them yet arrives here or later.
        reached = dict(feeds.values_list("product__symbol", "recorded"))
        with transaction.atomic():
            return reached | self._match()

    def _product(self, symbol: str) -> Product:
        product = Product.objects.filter(venue=self.account.venue, symbol=symbol, feed__isnull=False).first()
        if product is None:
            raise Rejected(f"product must be one traded at {self.account.venue}, was {symbol}", field="symbol")
        return product

    def _change(
        self, order: PaperOrder, quantity: Decimal | None, limit_price: Decimal | None, stop_price: Decimal | None
    ) -> None:
        product, feed = order.book.product, order.book.product.feed
        old = standing(order)
        new = edited(old, quantity=quantity, limit_price=limit_price, stop_price=stop_price)
        check(new, product, feed)
        filled = product.base_increment * order.filled
        if new.quantity <= filled:
            words = f"quantity must be above what is filled, {filled.normalize():f}, was {new.quantity:f}"
            raise Rejected(words, field="quantity")
        if (new.limit_price, new.stop_price) != (old.limit_price, old.stop_price):
            order.arrival, order.resting = feed.recorded, False  # the new price is met by later events only
        order.lots = int(new.quantity / product.base_increment)
        order.limit, order.stop = float(new.limit_price or 0), float(new.stop_price or 0)
        order.edited = True
        order.save(update_fields=["arrival", "resting", "lots", "limit", "stop", "edited"])

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
        behind = [book for book in books if book.position < book.product.feed.recorded]
        if not behind:
            return {}
        orders = PaperOrder.objects.filter(book__in=behind, status=PaperOrder.Status.OPEN).order_by("book", "pk")
        waiting = {book_id: list(each) for book_id, each in groupby(orders, key=attrgetter("book_id"))}
        return {
            book.product.symbol: advance(self.account, book, waiting[book.pk]) for book in behind if book.pk in waiting
        }

    def _locked(self, books: QuerySet[PaperBook]) -> QuerySet[PaperBook]:
        return books.select_for_update(of=("self",)).select_related("product__feed__session")
