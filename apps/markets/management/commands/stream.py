"""The stream process: plays the market while it owns it, else stands by. And its switch."""

import json
import logging
import signal
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from apps.markets import registry
from apps.markets.condition import stream_switch
from apps.markets.files import CandleFileError
from apps.markets.playing import PLAYERS, play
from apps.markets.status import stream_status
from apps.operations.ownership import Fenced, Owner

logger = logging.getLogger("stream")


class Command(BaseCommand):
    help = "Play the market (several may run; one is active, the others stand by), or ask after it, or switch it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("deed", nargs="?", choices=("run", "status", "start", "stop"), default="run")
        parser.add_argument("--market", choices=PLAYERS, default=settings.MARKET, help="default: this installation's")
        parser.add_argument("--reason", default="", help="why it is started or stopped; always asked for")
        parser.add_argument("--json", action="store_true", help="the status as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        match options["deed"]:
            case "run":
                self._run(options["market"])
            case "status":
                self._status(options["market"], as_json=options["json"])
            case deed:
                self._switch(options["market"], options["reason"], wanted=deed == "start")

    def _run(self, market: str) -> None:
        stopped: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: stopped.append(number))
        owner = Owner(f"stream:{market}")
        try:
            if owner.acquire(stopping=lambda: bool(stopped)):
                logger.info("owns the market %s, epoch %s", market, owner.epoch)
                with ExitStack() as beside:
                    for each in registry.alongside:
                        beside.enter_context(each())
                    play(market, owner, lambda: bool(stopped))
        except CandleFileError as error:
            raise CommandError(str(error)) from error
        except (Fenced, DatabaseError, psycopg.Error) as error:
            logger.error("stops: %s", error)  # the supervisor starts it again, and it goes on where the feed stands
            sys.exit(1)
        finally:
            owner.release()

    def _switch(self, market: str, reason: str, *, wanted: bool) -> None:
        try:
            stream_switch(venue=market, wanted=wanted, by=None, reason=reason)
        except ValidationError as error:
            words = [f"{name} {' '.join(texts)}" for name, texts in error.message_dict.items()]
            raise CommandError("; ".join(words)) from error
        self.stdout.write(f"the stream of {market} is to {'run' if wanted else 'rest'}")

    def _status(self, market: str, *, as_json: bool) -> None:
        status = stream_status(market)
        if as_json:
            self.stdout.write(json.dumps(status.as_dict(), indent=2))
            return
        self.stdout.write(f"{market}: {status.word}{f', {status.trouble}' if status.trouble else ''}")
        for each in status.products:
            age = "n/a" if each.age is None else f"{each.age:.0f} s"
            self.stdout.write(f"  {each.symbol:<12} {each.state:<6} age {age:<8} price {each.price or 'n/a'}")
