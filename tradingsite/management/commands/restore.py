"""Puts a copy of the database back."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apps.operations import audit
from apps.operations.commands import HandCommand
from tradingsite.dumps import DumpError, restore


class Command(HandCommand):
    help = "Restore the copy that 'backup' wrote to FILE, all of it or nothing. The platform must be stopped."
    requires_system_checks: list[str] = []  # the database may be empty
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="drop what the database holds now")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        try:
            restore(file, replace=replace)
        except DumpError as error:
            raise CommandError(str(error)) from None
        audit.record(actor=None, action="database.restore", detail={"file": file.name})
        self.stdout.write(f"restored {file}; now run 'migrate' if the copy is of an older version")
