"""Compiles the trading core into its cache, so that no first bar waits for it."""

from typing import Any

from django.core.management.base import BaseCommand

from engine.warm import warm


class Command(BaseCommand):
    help = "Compile the trading core now; does nothing when it has been compiled for this version and machine."

    def handle(self, *args: Any, **options: Any) -> None:
        warm()
