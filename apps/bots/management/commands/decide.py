"""Prints one decision of a bot as JSON, with every gate and the reason. Places nothing."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.bots.decision import decide_now
from apps.bots.models import Bot


class Command(BaseCommand):
    help = "Print what a bot would decide on its newest closed bar, gate by gate. Nothing is placed or stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("bot", help="the bot's number or its exact name")

    def handle(self, *args: Any, bot: str, **options: Any) -> None:
        bots = Bot.objects.select_related("account__owner", "product", "version")
        found = list(bots.filter(pk=int(bot)) if bot.isdigit() else bots.filter(name=bot))
        if len(found) != 1:
            raise CommandError(f"bot must name one bot by number or name, {bot!r} names {len(found)}")
        try:
            self.stdout.write(json.dumps(decide_now(found[0]), indent=2))
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
