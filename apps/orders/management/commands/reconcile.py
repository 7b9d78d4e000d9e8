"""Holds live accounts against their exchange now."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from apps.accounts.models import TradingAccount
from apps.operations import audit
from apps.operations.commands import HandCommand
from apps.orders.reconciliation.run import Outcome
from apps.orders.recovery import reconcile_now
from exchanges.port import ExchangeError


class Command(HandCommand):
    help = "Reconcile live accounts with their exchange: posts what is clear, lists what differs, sends nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", type=int, help="number of the trading account; without it, every live one")
        parser.add_argument("--json", action="store_true", help="one JSON object a line and account")

    def handle(self, *args: Any, **options: Any) -> None:
        """The exit code is 1 when an account cannot be read or does not agree."""
        accounts = TradingAccount.objects.filter(mode=TradingAccount.Mode.LIVE).order_by("pk")
        if options["account"] is not None:
            accounts = accounts.filter(pk=options["account"])
            if not accounts:
                raise CommandError(f"account must be the number of a live account, was {options['account']}")
        if not accounts and not options["json"]:
            self.stdout.write("There is no live account.")
        well = [self._one(account, as_json=options["json"]) for account in accounts]
        if not all(well):
            raise CommandError("not every account agrees with its exchange")

    def _one(self, account: TradingAccount, *, as_json: bool) -> bool:
        audit.record(actor=None, action="account.reconcile", target=account)
        problem = ""
        try:
            outcome = reconcile_now(account)
            problem = "" if outcome else "another reconciliation is on its way"
        except ExchangeError as error:
            outcome, problem = None, str(error)
        row = _row(account, outcome, problem)
        if as_json:
            self.stdout.write(json.dumps(row))
        else:
            self._say(row)
        return bool(outcome and outcome.clean)

    def _say(self, row: dict[str, Any]) -> None:
        state = row["problem"] or ("agrees" if row["clean"] else "does not agree: entries are blocked")
        self.stdout.write(f"account #{row['account']} {row['name']}: {state}")
        for words in row["done"]:
            self.stdout.write(f"  done: {words}")
        for difference in row["open"]:
            waits = "" if difference["confirmed"] else " (seen once: may be a matter of the moment)"
            self.stdout.write(f"  open: {difference['text']}{waits}")


def _row(account: TradingAccount, outcome: Outcome | None, problem: str) -> dict[str, Any]:
    return {
        "account": account.pk, "name": account.name, "problem": problem, "clean": bool(outcome and outcome.clean),
        "found": dict(outcome.found) if outcome else {}, "done": outcome.done if outcome else [],
        "open": [
            {"id": row.pk, "kind": row.kind, "text": str(row), "confirmed": row.confirmed is not None}
            for row in (outcome.open if outcome else [])
        ],
    }  # fmt: skip
