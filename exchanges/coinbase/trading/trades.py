"""Reading fills on from a cursor: microseconds of the exchange's sequence time, with an overlap for what comes late."""

from datetime import UTC, datetime, timedelta
from typing import Any

from exchanges.coinbase.trading.client import Client
from exchanges.coinbase.trading.finding import Finding
from exchanges.coinbase.trading.rows import fill_report
from exchanges.coinbase.trading.terms import moment_text
from exchanges.coinbase.trading.traces import Traces
from exchanges.coinbase.values import rows
from exchanges.port import FillReport, Unavailable

PATH = "/orders/historical/fills"
PAGE = 100
PAGES = 500
OVERLAP = timedelta(seconds=60)  # fills have been seen to be listed later than their time
MICROSECOND = timedelta(microseconds=1)
BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


class Trades:
    """``since``: when the account began here; what was traded before is no concern of it."""

    def __init__(self, client: Client, finding: Finding, traces: Traces, since: datetime) -> None:
        self._client, self._finding, self._traces, self._since = client, finding, traces, since

    def since(self, cursor: int) -> list[FillReport]:
        """Fills after the cursor and some from before it, oldest first."""
        start = max(self._since, BEGIN + cursor * MICROSECOND - OVERLAP) if cursor else self._since
        found = self._rows(start)
        ids = {str(row.get("order_id")) for row in found}
        traces = self._traces.named(ids)
        strangers = self._finding.by_id(ids - traces.keys())
        owners = {report.exchange_order_id: report.client_order_id for report in strangers}
        late = self._traces.of({each for each in owners.values() if each})  # ours, whose answer never came
        known = dict(traces) | {name: late[owner] for name, owner in owners.items() if owner and owner in late}
        reports = [fill_report(row, known.get(row["order_id"]), owners.get(row["order_id"])) for row in found]
        return sorted(reports, key=lambda report: (report.cursor, report.trade_id))

    def _rows(self, start: datetime) -> list[dict[str, Any]]:
        """Pages end with an empty cursor or an empty page: there is no 'has_next'."""
        found: dict[str, dict[str, Any]] = {}
        cursor = ""
        for _ in range(PAGES):
            page = self._client.get(
                PATH, limit=PAGE, cursor=cursor or None, start_sequence_timestamp=moment_text(start)
            )
            listed = rows(page, "fills")
            found |= {str(row.get("entry_id") or row.get("trade_id")): row for row in listed}
            cursor = str(page.get("cursor") or "")
            if not listed or not cursor:
                return list(found.values())
        raise Unavailable(f"fills must end within {PAGES} pages, went on")
