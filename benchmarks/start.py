"""How long ./start takes to its first page, and how much memory the idle platform holds.

    .venv/bin/python -m benchmarks.start

Clones this checkout's last commit into a temporary folder and starts it there twice: cold (no environment, and unless
--keep-downloads is given no downloaded package) and again. Aims: 180 s, 12 s, 800 MB together.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tradingsite.launcher.layout import ROOT, Layout
from tradingsite.launcher.memory import memory_by_root
from tradingsite.launcher.ports import free_port
from tradingsite.launcher.services import Services
from tradingsite.launcher.state import running_state
from tradingsite.launcher.supervisor import answers

LIMIT_SECONDS = 900
IDLE_SECONDS = 30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep-downloads", action="store_true", help="let the first start use packages already here")
    parser.add_argument("--no-demo", action="store_true", help="leave out the demo trader and its bots")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="start-"))
    folder.chmod(0o755)
    environ = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    if not options.keep_downloads:
        environ |= {"UV_CACHE_DIR": str(folder / "downloads"), "PIP_NO_CACHE_DIR": "1"}
    try:
        checkout = folder / "checkout"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
        words = ["--no-demo"] if options.no_demo else []
        print(f"cold start to first page    {timed_start(checkout, environ, words):6.1f} s   (aim 180 s)")
        print(f"second start to first page  {timed_start(checkout, environ, words, report_memory):6.1f} s   (aim 12 s)")
    finally:
        shutil.rmtree(folder)


def timed_start(
    checkout: Path, environ: dict[str, str], words: list[str], meanwhile: Callable[[Layout], None] = lambda layout: None
) -> float:
    """Seconds from ./start to the first page; then does `meanwhile` and ends what it started."""
    port = free_port()
    began = time.monotonic()
    command = ["./start", "--port", str(port), *words]
    with (checkout.parent / "output").open("w") as output:
        process = subprocess.Popen(command, cwd=checkout, env=environ, stdout=output, stderr=output)
    try:
        while not answers(f"http://127.0.0.1:{port}/"):
            if process.poll() is not None or time.monotonic() - began > LIMIT_SECONDS:
                sys.exit(f"./start did not come to a page:\n{(checkout.parent / 'output').read_text()[-4000:]}")
            time.sleep(0.05)
        seconds = time.monotonic() - began
        meanwhile(Layout(root=checkout, data=checkout / ".data"))
        return seconds
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def report_memory(layout: Layout) -> None:
    """Prints what each process holds, its children included, pages that several share divided among them."""
    time.sleep(IDLE_SECONDS)
    state = running_state(layout)
    assert state is not None
    pids = {"launcher": state.pid, **Services(layout, {}).pids()}
    pids |= {process.name: process.pid for process in state.processes}
    held = memory_by_root([pid for pid in pids.values() if pid])
    for name, pid in pids.items():
        print(f"  {name:<9} {held[pid] / 1e6 if pid else 0:6.0f} MB")
    print(f"resident memory together    {sum(held.values()) / 1e6:6.0f} MB  (aim 800 MB)")


if __name__ == "__main__":
    main()
