"""The installer. The user's own uv when there is one, else one in a private environment under the data folder."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.layout import Layout

BOOTSTRAP = "uv==0.13.9"
LAST_LINES = 12


def find_uv(layout: Layout) -> Path:
    """A uv that runs; gets one by pip where none is found."""
    for candidate in (shutil.which("uv"), layout.data / "uv-venv" / "bin" / "uv"):
        if candidate and _runs(candidate):
            return Path(candidate)
    return _bootstrap(layout.data / "uv-venv")


def install(uv: Path, python: Path, requirements: list[Path], layout: Layout) -> None:
    """Makes the environment of `python` hold the pinned packages of `requirements`; what else is in it stays."""
    files = [word for path in requirements for word in ("--requirements", str(path))]
    command = [str(uv), "pip", "install", "--python", str(python), *files]
    environ = _environ(layout)
    done = subprocess.run(command, check=False, cwd=layout.root, env=environ, text=True, stderr=subprocess.PIPE)
    if done.returncode != 0:
        names = " and ".join(str(path.relative_to(layout.root)) for path in requirements)
        raise LauncherError(
            f"the packages of {names} could not be installed; uv said:\n{_tail(done.stderr)}\n"
            "The first start, and the first after these files changed, need a package index within reach"
        )


def _bootstrap(folder: Path) -> Path:
    print("Getting uv, the installer", flush=True)
    try:
        venv.create(folder, clear=True, with_pip=True)
    except subprocess.CalledProcessError:
        raise LauncherError(
            f"uv must be on the PATH, or {sys.executable} must have pip to get it (Debian: python3-venv)"
        ) from None
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "-qq", "--retries=2", BOOTSTRAP]
    environ = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, check=False, env=environ, text=True, stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise LauncherError(
            f"{BOOTSTRAP} could not be installed into {folder}; pip said:\n{_tail(done.stderr)}\n"
            "The first start needs a package index within reach, or uv on the PATH"
        )
    return folder / "bin" / "uv"


def _runs(program: str | Path) -> bool:
    try:
        return subprocess.run([program, "--version"], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def _environ(layout: Layout) -> dict[str, str]:
    environ = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONHOME")}
    environ.setdefault("UV_SYSTEM_CERTS", "1")  # as pip does: what the system trusts, a company's own index included
    if not os.access(Path.home(), os.W_OK):  # a system user's home may not exist
        environ.setdefault("UV_CACHE_DIR", str(layout.cache / "uv"))
    return environ


def _tail(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.strip().splitlines()[-LAST_LINES:])
