"""Management commands that people give, as against the processes that commands start."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.operations.origin import by_hand


class HandCommand(BaseCommand):
    """What it does is in the audit trail under the name of the machine's user."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        with by_hand():
            return super().execute(*args, **options)
