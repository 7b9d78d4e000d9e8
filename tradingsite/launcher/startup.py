"""`./start`: checks, services, database, then the processes until they are asked to end."""

import asyncio
import os
import signal
import sys
from contextlib import nullcontext
from functools import partial

from tradingsite.launcher.commands import Commands
from tradingsite.launcher.console import Console
from tradingsite.launcher.environment import Environment
from tradingsite.launcher.errors import UsageError
from tradingsite.launcher.layout import Layout
from tradingsite.launcher.leftovers import MARK, end_leftovers
from tradingsite.launcher.locks import try_exclusive
from tradingsite.launcher.options import AUTO, SANDBOX, Options
from tradingsite.launcher.ports import LOOPBACK, NAME, is_taken
from tradingsite.launcher.procfile import read_procfile
from tradingsite.launcher.sandbox import Sandbox
from tradingsite.launcher.services import Services
from tradingsite.launcher.state import PlatformState, platform_lock, running_state
from tradingsite.launcher.supervisor import Supervisor


def check(layout: Layout, options: Options) -> None:
    """Raises UsageError when the platform runs already or the port is taken. Starts nothing."""
    layout.prepare()
    running = running_state(layout)
    if running:
        raise UsageError(
            f"the platform must not run twice on {layout.data}, but runs at {running.address}: ./start stop"
        )
    left = end_leftovers(layout)
    if left:
        print(f"Ended {left} processes that a killed launcher had left behind", flush=True)
    if is_taken(options.port):
        raise UsageError(
            f"--port {options.port} must be free, but another program listens there: end it or choose another --port"
        )


def run(layout: Layout, options: Options) -> None:
    """Runs the platform until Ctrl-C or `./start stop`."""
    check(layout, options)
    lock = try_exclusive(platform_lock(layout))
    if lock is None:
        raise UsageError(f"the platform must not run twice on {layout.data}, but another ./start is under way")
    PlatformState(os.getpid(), address(options), []).save(layout)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # until the supervisor takes over, like Ctrl-C
    processes = read_procfile(layout.root / "Procfile")
    exchange = Sandbox(layout) if options.market == SANDBOX else None
    if exchange:
        processes = exchange.among(processes)
    console = Console(layout.logs, [*processes, "postgres", "valkey"], colour=_colourful())
    try:
        _run(layout, options, processes, exchange, console)
        console.say("Stopped")
    except KeyboardInterrupt:
        console.say("Stopped before everything had started")
        raise
    finally:
        console.close()
        lock.close()


def _run(
    layout: Layout, options: Options, processes: dict[str, str], exchange: Sandbox | None, console: Console
) -> None:  # fmt: skip
    console.say("Starting PostgreSQL and Valkey")
    services = Services(layout, os.environ)
    said = {**settings(options), **(exchange.environ if exchange else {})}
    with services.held() as found:
        services.publish({**found, **said})
        environ = environment(layout, options, {**found, **said})
        beside = partial(exchange.before_the_others, environ) if exchange else nullcontext
        commands = Commands(layout, environ, console, beside)
        known = commands.migrate()
        if options.market == AUTO:
            chosen = commands.choose_market(known_database=known)
            console.say(f"Market: {chosen.market} ({chosen.reason})")
            environ["MARKET"] = chosen.market  # for the commands too, which were given this very dict
            services.publish({**found, **said, "MARKET": chosen.market})
        commands.prepare(demo=options.demo, known_database=known)
        supervisor = Supervisor(
            layout,
            processes,
            environ,
            console,
            address=address(options),
            announce=lambda: console.say(f"\n  The platform is at {address(options)} (Ctrl-C ends it)\n"),
            revive=services.revive,
        )
        asyncio.run(supervisor.run())


def settings(options: Options) -> dict[str, str]:
    """What the options mean to the platform. A market that is still to be chosen is not said."""
    market = {} if options.market == AUTO else {"MARKET": options.market}
    return {**market, "REPLAY_SPEED": f"{options.speed:g}"}


def environment(layout: Layout, options: Options, said: dict[str, str]) -> dict[str, str]:
    """The environment of the platform's processes: the caller's, and over it what the services and options say."""
    hosts = (NAME, LOOPBACK)
    defaults = {
        "DEBUG": "0",
        "LOG_FORMAT": "line",  # ./start shows people what the processes say
        "ALLOWED_HOSTS": ",".join(hosts),
        "CSRF_TRUSTED_ORIGINS": ",".join(f"http://{host}:{options.port}" for host in hosts),
    }
    return {
        **defaults,
        **Environment(layout).environ(os.environ),
        **said,
        "PORT": str(options.port),
        "BIND": LOOPBACK,
        MARK: str(layout.data),
    }


def address(options: Options) -> str:
    """Where people open the pages."""
    return f"http://{NAME}:{options.port}/"


def _colourful() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
