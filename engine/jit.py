"""The compiler of the core: numba, with a cache that cannot go stale.

Numba keys a cached function by its own file only and keeps the old result when just a callee in another file has
changed. Here every state of the sources has a folder of its own. ``NUMBA_DISABLE_JIT=1`` runs everything as Python.
"""

import functools
import os
import shutil
import time
from pathlib import Path

import llvmlite.binding
import numba

from engine.version import source_hash

DEFAULT_BASE = Path(__file__).parent.parent / ".data" / "cache" / "numba"
UNUSED_SECONDS = 7 * 86400  # another checkout or process may still work with an older folder


def cache_folder(base: Path) -> Path:
    """The folder of this source state, this numba and this CPU, made if it is missing."""
    folder = base / f"{source_hash()[:16]}-{numba.__version__}-{llvmlite.binding.get_host_cpu_name()}"
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    return folder


def prune(base: Path, keep: Path, now: float) -> None:
    """Removes sibling folders that nobody has used for a week."""
    for folder in base.iterdir():
        if folder != keep and folder.is_dir() and now - folder.stat().st_mtime > UNUSED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


BASE = Path(os.environ.get("ENGINE_CACHE_DIR", DEFAULT_BASE))
FOLDER = cache_folder(BASE)
prune(BASE, FOLDER, time.time())
numba.config.CACHE_DIR = str(FOLDER)

# No fastmath: the same candles must give the same bits with and without the compiler, on every machine.
njit = functools.partial(numba.njit, cache=True, error_model="numpy", boundscheck=False, fastmath=False, nogil=True)
