"""The kill switch from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from apps.accounts.models import TradingAccount, User
from apps.operations.commands import HandCommand
from apps.risk.models import Halt
from apps.risk.services import halt, release
from engine.kinds import HaltLevel

LEVELS = {"entries": HaltLevel.ENTRIES, "orders": HaltLevel.ORDERS, "flatten": HaltLevel.FLATTEN}


class Command(HandCommand):
    help = "Halt the site, a venue, a user or an account; or release a halt; or list the halts in force."

    def add_arguments(self, parser: ArgumentParser) -> None:
        scope = parser.add_mutually_exclusive_group(required=True)
        scope.add_argument("--site", action="store_true")
        scope.add_argument("--venue")
        scope.add_argument("--user", help="e-mail address")
        scope.add_argument("--account", type=int, help="number of the trading account")
        scope.add_argument("--release", type=int, help="number of the halt to lift")
        scope.add_argument("--list", action="store_true")
        parser.add_argument("--level", choices=LEVELS, default="orders", help="default: stop entries, cancel orders")
        parser.add_argument("--reason", default="", help="why; always asked for")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            for row in Halt.objects.filter(released_at=None):
                self.stdout.write(f"#{row.pk} {row} since {row.at:%Y-%m-%d %H:%M:%S} UTC: {row.reason}")
            return
        try:
            row = self._release(options) if options["release"] else self._halt(options)
        except ValidationError as error:
            words = [f"{field} {' '.join(texts)}" for field, texts in error.message_dict.items()]
            raise CommandError("; ".join(words)) from error
        self.stdout.write(f"halt #{row.pk} {'released' if row.released_at else 'in force'}: {row}")

    def _halt(self, options: dict[str, Any]) -> Halt:
        level = LEVELS[options["level"]]
        reason = options["reason"]
        if options["site"]:
            return halt(scope="site", level=level, reason=reason, by=None)
        if options["venue"]:
            return halt(scope="venue", level=level, reason=reason, by=None, venue=options["venue"])
        if options["user"]:
            user = User.objects.filter(email=options["user"]).first()
            if user is None:
                raise CommandError(f"user must be a known e-mail address, was {options['user']!r}")
            return halt(scope="user", level=level, reason=reason, by=None, user=user)
        account = TradingAccount.objects.filter(pk=options["account"]).first()
        if account is None:
            raise CommandError(f"account must be the number of a trading account, was {options['account']}")
        return halt(scope="account", level=level, reason=reason, by=None, account=account)

    def _release(self, options: dict[str, Any]) -> Halt:
        row = Halt.objects.filter(pk=options["release"]).first()
        if row is None:
            raise CommandError(f"release must be the number of a halt, was {options['release']}")
        return release(halt=row, by=None, reason=options["reason"])
