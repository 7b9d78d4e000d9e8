"""The key under which API keys of exchanges are kept: made once, in a file that only its owner reads.

Whoever loses it connects each exchange anew; whoever has it and the database has the API keys.
"""

import base64
import os
from collections.abc import Mapping

from tradingsite.launcher.errors import LauncherError
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.record import write_private

NAME = "CREDENTIAL_KEYS"


def credential_keys(layout: Layout, environ: Mapping[str, str]) -> str:
    """What the environment names, else the installation's own."""
    if given := environ.get(NAME):
        return given
    path = layout.data / "credential_keys"
    try:
        if not path.exists():
            write_private(path, base64.urlsafe_b64encode(os.urandom(32)).decode() + "\n")
        path.chmod(0o600)
        return path.read_text().strip()
    except OSError as error:
        raise LauncherError(f"{path} must be readable, was not: {error.strerror}") from None
