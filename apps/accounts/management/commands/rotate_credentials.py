"""Encrypts the API keys of exchanges anew, under the first of CREDENTIAL_KEYS."""

from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.accounts.connections.credentials import rotate
from apps.accounts.models import ExchangeConnection


class Command(BaseCommand):
    help = "Encrypts the API keys of exchanges under the first of CREDENTIAL_KEYS; the others may go afterwards."

    def handle(self, *args: Any, **options: Any) -> None:
        done, lost = 0, []
        for pk in list(ExchangeConnection.objects.values_list("pk", flat=True)):
            with transaction.atomic():
                row = ExchangeConnection.objects.select_for_update().filter(pk=pk).first()
                if row is None:
                    continue
                try:
                    row.secret = rotate(row.secret)
                except InvalidToken:
                    lost.append(str(pk))
                    continue
                row.save(update_fields=["secret"])
                done += 1
        self.stdout.write(f"{done} API keys encrypted anew")
        if lost:
            raise CommandError(f"none of CREDENTIAL_KEYS opens connection {', '.join(lost)}; keep the old keys")
