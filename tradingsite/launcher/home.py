"""Where the embedded services keep their files: the data folder, unless their user cannot get there."""

import secrets
from pathlib import Path

from tradingsite.launcher.account import Account
from tradingsite.launcher.layout import Layout

SHARED = Path("/var/lib/tradingsite")


def choose_home(layout: Layout, account: Account) -> str:
    """The home of a new installation, relative to the data folder or absolute.

    A checkout in root's home is closed to PostgreSQL's user. Opening root's home would be worse than keeping the
    database elsewhere, so it then goes to a new folder under SHARED.
    """
    if account.can(f"-x {layout.data}"):
        return "."
    home = SHARED / secrets.token_hex(6)
    home.mkdir(parents=True)
    for folder in (SHARED, home):
        folder.chmod(0o711)
    return str(home)
