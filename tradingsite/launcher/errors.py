"""What the launcher says when it cannot go on."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class LauncherError(Exception):
    """Stops the launcher. The message names the thing and the rule; it is all the user sees."""

    exit_code = 1


class UsageError(LauncherError):
    """The command asked for something that cannot be: a bad option, a taken port, a second start."""

    exit_code = 2


@contextmanager
def exits() -> Iterator[None]:
    """Ends the program with a message and an exit code instead of a traceback when it cannot go on."""
    try:
        yield
    except LauncherError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:  # a full disk, a folder that was taken away
        print(f"error: {error}", file=sys.stderr)
        sys.exit(LauncherError.exit_code)
