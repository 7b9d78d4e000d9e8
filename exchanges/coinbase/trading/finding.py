"""Finding orders: by the exchange's id where it is known, else among all that were placed since."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from exchanges.coinbase.trading.client import Client
from exchanges.coinbase.trading.rows import readable
from exchanges.coinbase.trading.terms import moment_text
from exchanges.coinbase.trading.traces import Trace, Traces
from exchanges.coinbase.values import rows
from exchanges.port import OrderReport, Unavailable

PATH = "/orders/historical/batch"
AT_ONCE = 50  # ids a request: they stand in its address
PAGE = 250
PAGES = 200
CLOCKS = timedelta(minutes=2)  # by which our time of sending and the exchange's of arrival may differ
WORKING = ("PENDING", "OPEN", "QUEUED", "CANCEL_QUEUED", "EDIT_QUEUED")


class Finding:
    """``traces`` tells what we know of our own orders."""

    def __init__(self, client: Client, traces: Traces) -> None:
        self._client, self._traces = client, traces

    def reports(self, client_order_ids: Sequence[UUID]) -> list[OrderReport]:
        """Those that the exchange knows."""
        traces = self._traces.of(client_order_ids)
        named = {each.exchange_order_id: each for each in traces.values() if each.exchange_order_id}
        found = self.by_id(named)
        shown = {report.client_order_id for report in found}
        nameless = [each for each in traces.values() if not each.exchange_order_id]
        return found + [report for report in self._search(nameless) if report.client_order_id not in shown]

    def names(self, client_order_ids: Sequence[UUID]) -> list[str]:
        """The exchange's ids: asked for only where its answer never came."""
        traces = self._traces.of(client_order_ids).values()
        lost = self._search([each for each in traces if not each.exchange_order_id])
        known = [each.exchange_order_id for each in traces if each.exchange_order_id]
        return known + [report.exchange_order_id for report in lost]

    def one(self, client_order_id: UUID) -> OrderReport | None:
        found = self.reports([client_order_id])
        return found[0] if found else None

    def by_id(self, exchange_order_ids: Iterable[str]) -> list[OrderReport]:
        wanted = list(exchange_order_ids)
        found: list[OrderReport] = []
        for first in range(0, len(wanted), AT_ONCE):
            page = self._client.get(PATH, order_ids=wanted[first : first + AT_ONCE], limit=PAGE)
            found += readable(rows(page, "orders"))
        return found

    def working(self) -> list[OrderReport]:
        """Every order that is not over. Not by one question for all states: the exchange refuses OPEN beside others."""
        found = {report.exchange_order_id: report for report in self._pages(order_status=["OPEN"])}
        others = [status for status in WORKING if status != "OPEN"]
        found |= {report.exchange_order_id: report for report in self._pages(order_status=others)}
        return sorted(found.values(), key=lambda report: (report.created is None, report.created))

    def _search(self, nameless: Sequence[Trace]) -> list[OrderReport]:
        """Looks through what was placed in their products since the first of them was sent."""
        found: list[OrderReport] = []
        for symbol in sorted({trace.symbol for trace in nameless}):
            wanted = {trace.client_order_id: trace for trace in nameless if trace.symbol == symbol}
            since = min(trace.since for trace in wanted.values()) - CLOCKS
            placed = self._pages(product_ids=[symbol], start_date=moment_text(since))
            found += [report for report in placed if report.client_order_id in wanted]
        return found

    def _pages(self, **query: object) -> list[OrderReport]:
        """All pages. Raises Unavailable rather than leave some out: what is missing would count as not there."""
        found: list[OrderReport] = []
        cursor = ""
        for _ in range(PAGES):
            page = self._client.get(PATH, limit=PAGE, cursor=cursor or None, **query)
            found += readable(rows(page, "orders"))
            cursor = str(page.get("cursor") or "")
            if page.get("has_next") is not True or not cursor:
                return found
        raise Unavailable(f"orders must end within {PAGES} pages, went on")
