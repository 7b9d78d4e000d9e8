"""Which core this is: the release number and a hash of its sources. No compiler is imported here."""

import hashlib
from functools import cache
from pathlib import Path

from engine import VERSION

SOURCES = Path(__file__).parent


@cache
def source_hash() -> str:
    """SHA-256 over the core's sources, tests left out, names included."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.rglob("*.py")):
        name = path.relative_to(SOURCES)
        if "tests" not in name.parts:
            digest.update(f"{name.as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def engine_version() -> str:
    """For example '1+3f9c2a71be'; two cores with the same version decide alike."""
    return f"{VERSION}+{source_hash()[:10]}"
