"""The command line of ./start."""

import argparse
import math
from dataclasses import dataclass

AUTO = "auto"
SANDBOX = "sandbox"
MARKETS = (AUTO, "coinbase", "replay", SANDBOX)
EPILOG = """\
DATABASE_URL and REDIS_URL in the environment replace the embedded PostgreSQL and Valkey.
TRADINGSITE_DATA names another folder than .data for everything that is written.
"""


@dataclass(frozen=True)
class Options:
    command: str
    port: int
    market: str
    speed: float
    demo: bool
    follow: bool
    lines: int
    name: str | None


def parse(arguments: list[str]) -> Options:
    """The options, or the end of the program with a line that names the option and its rule (exit code 2)."""
    parser = argparse.ArgumentParser(
        prog="./start",
        description="Runs the whole platform on this machine: services, pages, workers, market. Ctrl-C ends it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=_port, default=8000, help="where the pages are (default: 8000)")
    parser.add_argument(
        "--market", choices=MARKETS, default=AUTO,
        help="coinbase: live public data; replay: recorded candles, played again; sandbox: an "
        "exchange on this machine that speaks as Coinbase does; auto (default): chosen once for this "
        "installation, coinbase if it can be reached, else replay",
    )  # fmt: skip
    parser.add_argument(
        "--speed", type=_speed, default=60.0, help="of replay, market seconds a second (default: 60; 0: no pause)"
    )
    parser.add_argument("--no-demo", dest="demo", action="store_false", help="no demo trader in an empty database")
    parser.set_defaults(command="start", follow=False, lines=0, name=None)
    commands = parser.add_subparsers(title="commands", metavar="")
    commands.add_parser("status", help="what runs (exit code 3: nothing)").set_defaults(command="status")
    commands.add_parser("stop", help="end what runs").set_defaults(command="stop")
    logs = commands.add_parser("logs", help="what the processes said", allow_abbrev=False)
    logs.add_argument("-f", "--follow", action="store_true", help="go on as they say more")
    logs.add_argument("-n", "--lines", type=_lines, default=100, help="how many of the last lines (default: 100)")
    logs.add_argument("name", nargs="?", help="one process, such as worker or postgres; all when left out")
    logs.set_defaults(command="logs")
    return Options(**vars(parser.parse_args(arguments)))


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to 65535, was {text!r}")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = math.nan
    if not 0 <= speed < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number from 0 upwards, was {text!r}")
    return speed


def _lines(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 upwards, was {text!r}")
    return int(text)
