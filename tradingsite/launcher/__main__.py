"""The entry of ./start: on whatever Python it was found with first, then again inside the project's environment."""

import os
import signal
import sys

from tradingsite.launcher import startup
from tradingsite.launcher.environment import Environment
from tradingsite.launcher.errors import exits
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.logs import show_logs
from tradingsite.launcher.options import parse
from tradingsite.launcher.report import NOT_RUNNING, show_status, stop_platform
from tradingsite.launcher.services import Services


def main(arguments: list[str]) -> int:
    """Runs the command that `arguments` ask for; the exit code."""
    options = parse(arguments)
    if options.command != "start":
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # './start logs | head' ends without a word
    layout = Layout.of(os.environ)
    if options.command == "logs":
        show_logs(layout.logs, options.name, lines=options.lines, follow=options.follow)
        return 0
    project = Environment(layout)
    if options.command == "start":
        startup.check(layout, options)  # before anything is installed or started
        project.ensure(tests=False)
    elif not project.python.exists():
        print("platform: not running")
        return NOT_RUNNING if options.command == "status" else 0
    if not project.is_active():
        project.enter("tradingsite.launcher", arguments)
    if options.command == "start":
        startup.run(layout, options)
        return 0
    services = Services(layout, os.environ)
    if options.command == "status":
        return show_status(layout, services)
    stop_platform(layout, services)
    return 0


if __name__ == "__main__":
    try:
        with exits():
            sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
