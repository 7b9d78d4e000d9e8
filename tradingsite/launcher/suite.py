"""`./test`: the whole suite on the embedded services, with databases of its own."""

import os
import signal
import subprocess
import sys

from tradingsite.launcher.chromium import install_chromium
from tradingsite.launcher.environment import Environment
from tradingsite.launcher.errors import exits
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.services import Services

INTERRUPTED, NO_TESTS = 2, 5  # exit codes of pytest
MOST_PROCESSES = 4  # each has a database; more of them wait for the disk
ALONE = "processes"  # tests that measure time or kill processes: one after the other


def main(arguments: list[str]) -> int:
    """Runs pytest with `arguments`, or without any the whole suite; the exit code."""
    layout = Layout.of(os.environ)
    layout.prepare()
    project = Environment(layout)
    project.ensure(tests=True)
    if not project.is_active():
        project.enter("tradingsite.launcher.suite", arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if install_chromium(layout.logs / "chromium.log") is None:
        print("Browser tests are left out: no Chromium on the PATH or in CHROMIUM, and only root can install it here")
    with Services(layout, os.environ).held() as found:
        environ = {**project.environ(os.environ), **found}
        runs = [arguments] if arguments else whole_suite()
        codes: list[int] = []
        for run in runs:
            if INTERRUPTED not in codes:
                codes.append(_pytest(layout, run, environ))
    return combined(codes)


def whole_suite() -> list[list[str]]:
    """The arguments of the two runs that make up the suite."""
    processes = min(os.cpu_count() or 1, MOST_PROCESSES)
    parallel = ["-n", str(processes), "--dist", "loadfile", "-m", f"not ({ALONE})"]
    return [parallel, ["-m", ALONE]]


def combined(codes: list[int]) -> int:
    """The exit code of all runs together; a run that found no tests is a failure only when none found any."""
    if all(code == NO_TESTS for code in codes):
        return NO_TESTS
    return next((code for code in codes if code not in (0, NO_TESTS)), 0)


def _pytest(layout: Layout, arguments: list[str], environ: dict[str, str]) -> int:
    process = subprocess.Popen([sys.executable, "-m", "pytest", *arguments], cwd=layout.root, env=environ)
    # Ctrl-C reaches pytest by the terminal: it reports, and the services stay until it has.
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGINT))
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, previous)
        signal.signal(signal.SIGTERM, signal.default_int_handler)


if __name__ == "__main__":
    with exits():
        sys.exit(main(sys.argv[1:]))
