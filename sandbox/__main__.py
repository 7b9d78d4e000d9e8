"""``python -m sandbox --port 9000 --seed 7``: runs the exchange until it is interrupted."""

import asyncio
import logging
import signal
import sys
from argparse import ArgumentParser, Namespace

from sandbox.options import KEY_FILE, add_arguments, server_of
from sandbox.server import Server
from sandbox.tls import CA_FILE


def main(arguments: list[str] | None = None) -> int:
    parser = ArgumentParser(prog="python -m sandbox", description="A local exchange that speaks Coinbase's API.")
    add_arguments(parser)
    return run(parser.parse_args(arguments))


def run(options: Namespace) -> int:
    """Serves until SIGINT or SIGTERM; the exit code: 2 when the options cannot be used."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        server = server_of(options)
        server.venue.mortal = True
        asyncio.run(_serve(server, options))
    except (ValueError, OSError) as error:
        print(f"The sandbox cannot start: {error}", file=sys.stderr)
        return 2
    return 0


async def _serve(server: Server, options: Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await server.run(lambda: print(_greeting(server, options), flush=True), stop)


def _greeting(server: Server, options: Namespace) -> str:
    lines = [
        f"REST      http://{server.host}:{server.port}/api/v3/brokerage",
        f"Market    ws://{server.host}:{server.port}/",
        f"User      ws://{server.host}:{server.port}/user",
        f"Admin     http://{server.host}:{server.port}/sandbox",
    ]
    if options.tls:
        ca = (options.folder / CA_FILE).resolve()
        lines.append(f"TLS       https://{server.host}:{server.tls_port} and wss://, trusted with {ca}")
    lines.append(f"Key file  {(options.folder / KEY_FILE).resolve()}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
