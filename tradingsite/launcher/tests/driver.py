"""`./start` on a folder given first, without making an environment: what the tests run and kill."""

import os
import sys
from pathlib import Path

from tradingsite.launcher.errors import exits
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.options import parse
from tradingsite.launcher.report import show_status, stop_platform
from tradingsite.launcher.services import Services
from tradingsite.launcher.startup import run

if __name__ == "__main__":
    layout = Layout(root=Path(sys.argv[1]), data=Path(sys.argv[1]) / ".data")
    options = parse(sys.argv[2:])
    with exits():
        if options.command == "start":
            run(layout, options)
        elif options.command == "status":
            sys.exit(show_status(layout, Services(layout, os.environ)))
        else:
            stop_platform(layout, Services(layout, os.environ))
