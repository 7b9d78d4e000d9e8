"""Makes the demo trader of an empty installation and prints how to sign in, once."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand

from apps.dashboard.demo import demo_connect, demo_make
from apps.markets.playing import prepare


class Command(BaseCommand):
    help = "Make a demo trader with a paper account and two running bots, if there is no user yet."

    def handle(self, *args: Any, **options: Any) -> None:
        prepare(settings.MARKET)
        made = demo_make()
        if made is None:
            return
        email, password = made
        self.stdout.write(f"Demo trader: sign in as {email} with the password {password} (shown only now)")
        try:
            connection = demo_connect()
        except ValidationError as error:
            self.stderr.write(f"The demo trader is not connected to the sandbox: {'; '.join(error.messages)}")
            return
        if connection:
            self.stdout.write(f"It has an account at the sandbox exchange too: {connection.account}")
