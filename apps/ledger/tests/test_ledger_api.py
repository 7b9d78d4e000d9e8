"""The ledger by API: every entry sums to zero in each currency."""

from collections import defaultdict
from decimal import Decimal

from tradingsite.testing.api import make_desk


def test_entries_balance_and_are_filtered(market):
    desk = make_desk(market)
    rows = desk.caller.get("ledger/entries/").json()["results"]
    for row in rows:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for line in row["lines"]:
            sums[line["currency"]] += Decimal(line["amount"])
        assert set(sums.values()) == {Decimal(0)}, row
    assert {line["bot"] for row in rows for line in row["lines"]} == {None, desk.bot.pk, desk.done.pk}
    (deposit,) = desk.caller.get("ledger/entries/?kind=deposit").json()["results"]
    assert (deposit["seq"], deposit["lines"][0]["amount"]) == (1, "10000")
    assert (
        desk.caller.get(f"ledger/entries/?account={desk.account.pk}&until=2019-01-01T00:00:00Z").json()["results"] == []
    )
    assert desk.caller.get("ledger/entries/?kind=gift").status_code == 400
