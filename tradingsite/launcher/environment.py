"""The project's Python environment, `.venv`: made and filled when the pins have changed, else left alone.

Runs on the Python that ./start has found, before anything is installed.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradingsite.launcher import locks
from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.uv import find_uv, install

RUNTIME = "requirements.txt"
TESTS = ".ci/requirements.txt"


@dataclass(frozen=True)
class Environment:
    layout: Layout

    @property
    def folder(self) -> Path:
        return self.layout.root / ".venv"

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def is_active(self) -> bool:
        """Whether this very process runs in the environment."""
        return Path(sys.prefix).resolve() == self.folder.resolve()

    def ensure(self, *, tests: bool) -> None:
        """Makes the environment hold what running needs, and with `tests` what testing needs too."""
        with locks.exclusive(self.layout.run / "environment.lock"):
            stamp = self._stamp()
            wanted = self._wanted(tests=tests or TESTS in stamp)
            if all(stamp.get(name) == value for name, value in wanted.items()):
                return
            self._make()
            print(f"Installing packages into {self.folder.name}", flush=True)
            self._stamp_file.unlink(missing_ok=True)  # a killed installation is begun again
            files = [self.layout.root / name for name in wanted if name != "python"]
            install(find_uv(self.layout), self.python, files, self.layout)
            self._stamp_file.write_text(json.dumps(wanted))

    def environ(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """What a process that runs in the environment inherits.

        Compiled files go under the data folder, even for a caller who wants none in the checkout: to compile Django and
        pandas at every start would take longer than all the rest.
        """
        unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH")
        return {
            "PYTHONPYCACHEPREFIX": str(self.layout.cache / "python"),
            "ENGINE_CACHE_DIR": str(self.layout.cache / "numba"),
            **{name: value for name, value in inherited.items() if name not in unwanted},
            "PATH": f"{self.python.parent}{os.pathsep}{inherited.get('PATH', os.defpath)}",
            "VIRTUAL_ENV": str(self.folder),
            "PYTHONUNBUFFERED": "1",
        }

    def enter(self, module: str, arguments: list[str]) -> None:
        """Replaces this process by `module` run in the environment."""
        os.execv(self.python, [str(self.python), "-m", module, *arguments])

    def _make(self) -> None:
        """A new environment unless the present one is whole and of this Python."""
        if self.folder.exists() and not (self.folder / "pyvenv.cfg").exists():
            raise LauncherError(f"{self.folder} must be a Python environment, but has no pyvenv.cfg: move it away")
        if self._version() != platform.python_version():
            print(f"Making {self.folder.name} with Python {platform.python_version()}", flush=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            venv.create(self.folder, symlinks=True)

    def _version(self) -> str | None:
        command = [str(self.python), "-c", "import platform; print(platform.python_version())"]
        try:
            return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()
        except OSError:
            return None

    def _wanted(self, *, tests: bool) -> dict[str, str]:
        names = [RUNTIME, TESTS] if tests else [RUNTIME]
        hashes = {name: hashlib.sha256((self.layout.root / name).read_bytes()).hexdigest() for name in names}
        return {"python": platform.python_version(), **hashes}

    def _stamp(self) -> dict[str, Any]:
        """What the last finished installation was made for."""
        try:
            content = json.loads(self._stamp_file.read_text())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) and self.python.exists() else {}

    @property
    def _stamp_file(self) -> Path:
        return self.folder / "installed.json"
