"""The browser for the browser tests."""

import os
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
INSTALL_SECONDS = 600
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def find_chromium() -> str | None:
    """The Chromium that CHROMIUM names, else the first on the PATH, None when there is none."""
    named = os.environ.get("CHROMIUM")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def install_chromium(log: Path) -> str | None:
    """The Chromium of this machine, put there from Debian's packages when root asks; None when there is none."""
    found = find_chromium()
    apt = shutil.which("apt-get")
    if found or os.getuid() != 0 or apt is None:
        return found
    print("Installing Chromium for the browser tests", flush=True)
    with log.open("w") as output:
        for words in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            subprocess.run(
                [apt, "--quiet", *words],
                check=False,  # whether a browser came of it is all that counts
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                timeout=INSTALL_SECONDS,
            )
    return find_chromium()
