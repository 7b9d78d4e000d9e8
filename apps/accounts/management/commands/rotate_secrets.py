"""Encrypts the secrets of second factors anew, under the first of ENCRYPTION_KEYS."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand
from django.db import transaction

from apps.operations.secrets import rotate

KEPT = ("secret", "seed")  # of an authenticator app, of recovery codes


class Command(BaseCommand):
    help = "Encrypts the keys of second factors under the first of ENCRYPTION_KEYS; the others may go afterwards."

    def handle(self, *args: Any, **options: Any) -> None:
        done = 0
        for pk in list(Authenticator.objects.filter(data__has_any_keys=KEPT).values_list("pk", flat=True)):
            with transaction.atomic():
                row = Authenticator.objects.select_for_update().filter(pk=pk).first()
                if row is not None:
                    row.data |= {name: rotate(row.data[name]) for name in KEPT if name in row.data}
                    row.save(update_fields=["data"])
                    done += 1
        self.stdout.write(f"{done} secrets encrypted anew")
