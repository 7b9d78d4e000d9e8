"""The sandbox exchange of `./start --market sandbox`: a process beside the platform's, with a folder of its own."""

import shlex
from dataclasses import dataclass, field
from itertools import chain

from tradingsite.launcher.layout import Layout
from tradingsite.launcher.ports import LOOPBACK, free_port

NAME = "sandbox"


@dataclass(frozen=True)
class Sandbox:
    """`port` is another at every start: who wants to know reads SANDBOX_ADDRESS, or what the process says."""

    layout: Layout
    port: int = field(default_factory=free_port)

    @property
    def command(self) -> str:
        folder = self.layout.data / NAME
        words = ["python", "-m", "sandbox", "--port", str(self.port), "--folder", str(folder)]
        words += ["--state", str(folder / "state.db")]
        return shlex.join(words)

    @property
    def environ(self) -> dict[str, str]:
        return {"SANDBOX_ADDRESS": f"{LOOPBACK}:{self.port}"}

    def among(self, processes: dict[str, str]) -> dict[str, str]:
        """The processes with the exchange after the first: it is there before what talks to it, and ends after."""
        first, *rest = processes.items()
        return dict(chain([first, (NAME, self.command)], rest))
