"""Copies the database into a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from apps.operations import audit
from apps.operations.commands import HandCommand
from tradingsite.dumps import DumpError, dump


class Command(HandCommand):
    help = "Write a consistent copy of the whole database to FILE; the platform may go on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a file that does not exist yet, such as tradingsite.dump")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            size = dump(file)
        except DumpError as error:
            raise CommandError(str(error)) from None
        audit.record(actor=None, action="database.backup", detail={"file": file.name, "bytes": size})
        self.stdout.write(f"{file}: {size:,} bytes")
