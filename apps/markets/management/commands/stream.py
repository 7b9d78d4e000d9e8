"""The stream process: plays the market while it owns it, else stands by."""

import logging
import signal
import sys
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from apps.markets.files import CandleFileError
from apps.markets.recordings import DEFAULT, RECORDINGS
from apps.markets.sources.replay import ReplaySource
from apps.markets.stream import Stream
from apps.operations.ownership import Fenced, Owner

logger = logging.getLogger("stream")


class Command(BaseCommand):
    help = "Play the market. Several may run; one is active, the others stand by."

    def handle(self, *args: Any, **options: Any) -> None:
        stopped: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: stopped.append(number))
        try:
            source = ReplaySource(RECORDINGS[DEFAULT], settings.REPLAY_SPEED)
        except CandleFileError as error:
            raise CommandError(str(error)) from error
        owner = Owner(f"stream:{source.venue}")
        try:
            if owner.acquire(stopping=lambda: bool(stopped)):
                logger.info("owns the market %s, epoch %s", source.venue, owner.epoch)
                Stream(source, owner=owner, hold=settings.REPLAY_HOLD, stopping=lambda: bool(stopped)).run()
        except (Fenced, DatabaseError, psycopg.Error) as error:
            logger.error("stops: %s", error)  # the supervisor starts it again, and it goes on where the feed stands
            sys.exit(1)
        finally:
            owner.release()
