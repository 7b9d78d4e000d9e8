"""Matches an account's recorded paper orders again, and says how far minutes would have been from what it met."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.models import TradingAccount
from apps.markets.selectors import session_current
from apps.paper.replay import Comparison, replay
from engine.events import MINUTE


class Command(BaseCommand):
    help = (
        "Let an account's paper orders meet the recorded market again. Fails if the fills are not those recorded; says "
        "by how much a reading of minutes, as in a backtest, differs: the bar model's error."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account", type=int, help="number of the trading account")

    def handle(self, *args: Any, account: int, **options: Any) -> None:
        owned = TradingAccount.objects.filter(pk=account).first()
        session = session_current(owned.venue) if owned else None
        if owned is None or session is None:
            raise CommandError(f"account must be one whose market is open, was {account}")
        again = replay(owned, session)
        if session.granularity < MINUTE:
            self.stdout.write(_error(replay(owned, session, granularity=MINUTE)))
        if again.left_out:
            self.stdout.write(f"{again.left_out} orders were edited and left out.")
        if not again.is_same:
            missing, new = again.differences
            lines = [f"only recorded: {fill}" for fill in missing] + [f"only replayed: {fill}" for fill in new]
            raise CommandError("\n".join(["The replay differs from the record.", *lines]))
        self.stdout.write(f"The replay gives the same {len(again.recorded)} fills.")


def _error(minutes: Comparison) -> str:
    here, there = minutes.filled_once
    error = "n/a" if minutes.price_error is None else f"{minutes.price_error:.4%}"
    return (
        f"Bar model's error: by minutes {here} orders would not have been filled, {there} more would have been; the "
        f"others' prices differ by {error} on average."
    )
