"""What the launcher asks of an embedded server."""

from typing import Protocol


class Server(Protocol):
    """A server of this installation, running or not."""

    @property
    def name(self) -> str: ...

    @property
    def variable(self) -> str:
        """The environment variable that leads to it."""

    @property
    def port(self) -> int: ...

    @property
    def url(self) -> str: ...

    def pid(self) -> int | None:
        """Its process, None when it does not run."""

    def start(self) -> None:
        """Starts it and waits until it answers."""

    def stop(self) -> None:
        """Ends it and waits until it is gone."""
