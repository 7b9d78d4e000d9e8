"""Makes positions anew from fills."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from apps.accounts.models import TradingAccount
from apps.operations.commands import HandCommand
from apps.orders.reconciliation.positions import position_changes, positions_rebuild


class Command(HandCommand):
    help = "Rebuild positions from fills. With --dry-run only shows where they differ; no money moves either way."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", type=int, help="number of the trading account; without it, every one")
        parser.add_argument("--dry-run", action="store_true", help="show the differences and write nothing")
        parser.add_argument("--reason", default="", help="why; asked for unless it is a dry run")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["dry_run"] and not options["reason"].strip():
            raise CommandError("reason must say why, was empty")
        accounts = TradingAccount.objects.order_by("pk")
        if options["account"] is not None:
            accounts = accounts.filter(pk=options["account"])
            if not accounts:
                raise CommandError(f"account must be the number of a trading account, was {options['account']}")
        count = sum(self._one(account, options) for account in accounts)
        deed = "would change" if options["dry_run"] else "changed"
        self.stdout.write(f"{count} positions {deed}" if count else "every position is what its fills make of it")

    def _one(self, account: TradingAccount, options: dict[str, Any]) -> int:
        try:
            if options["dry_run"]:
                changes = position_changes(account)
            else:
                changes = positions_rebuild(account=account, by=None, reason=options["reason"].strip())
        except ValidationError as error:
            raise CommandError(f"account #{account.pk}: {'; '.join(error.messages)}") from error
        for change in changes:
            self.stdout.write(f"account #{account.pk}: {change}")
        return len(changes)
