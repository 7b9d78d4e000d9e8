#!/usr/bin/env python
"""Django's command line for this project; ``manage.py sandbox`` knows no Django: no settings, no services."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    if sys.argv[1:2] == ["sandbox"]:
        from sandbox.__main__ import main

        sys.exit(main(sys.argv[2:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradingsite.settings")
    execute_from_command_line(sys.argv)
