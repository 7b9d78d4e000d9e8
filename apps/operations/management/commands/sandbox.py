"""``manage.py sandbox --port 9000 ...``: the local exchange, which is a program of its own and knows no Django."""

import os
import sys

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Runs the sandbox exchange; takes the options of python -m sandbox (see --help)."

    def run_from_argv(self, argv: list[str]) -> None:
        """Becomes the program: its options are its own."""
        os.execv(sys.executable, [sys.executable, "-m", "sandbox", *argv[2:]])
