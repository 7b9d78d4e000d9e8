"""Where a soak takes place: a database, a Valkey and an exchange of its own, and the Procfile's processes."""

import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dramatiq
from django.conf import settings
from django.core.management import call_command
from django.test.utils import override_settings

from apps.accounts.connections import clients
from apps.operations.venues import SANDBOX
from tradingsite.broker import set_up_broker
from tradingsite.launcher.environment import Environment
from tradingsite.launcher.layout import ROOT, Layout
from tradingsite.launcher.ports import LOOPBACK, free_port
from tradingsite.launcher.services import Services
from tradingsite.testing.ordeals.databases import create_database, database_url, drop_database, joined
from tradingsite.testing.ordeals.installation import CALM
from tradingsite.testing.ordeals.processes import Processes
from tradingsite.testing.soak.exchange import SoakExchange
from tradingsite.testing.soak.soak import Soak
from tradingsite.testing.soak.trader import PRODUCTS

LEASES = {"EXCHANGE_TIMEOUT": "9.5", "ORDER_LEASE": "10", "NOT_FOUND_GRACE": "12", "BATCH_LEASE": "2"}
PATIENT = {"STALE_AFTER": "120"}  # a stream that starts again on a busy machine is silent for long


@contextmanager
def soaking(folder: Path, seed: int) -> Iterator[Soak]:
    """A soak that has not begun, under ``folder``, on the PostgreSQL server that runs already."""
    url = database_url(os.environ["DATABASE_URL"], f"fault_soak_{os.getpid()}")
    services = Services(Layout(root=ROOT, data=folder / "data"), {"DATABASE_URL": os.environ["DATABASE_URL"]})
    exchange, port = SoakExchange(folder, seed), free_port()
    key = urlsafe_b64encode(secrets.token_bytes(32)).decode()
    told = {"MARKET": SANDBOX, "SANDBOX_ADDRESS": exchange.address, "CREDENTIAL_KEYS": key}
    with services.held() as environ:
        inherited = Environment(Layout.of(os.environ)).environ(os.environ)
        own = {"DATABASE_URL": url, "PORT": str(port), "BIND": LOOPBACK, "PGOPTIONS": CALM, "DEBUG": "1"}
        own |= {"LOG_LEVEL": "INFO", "COINBASE_PRODUCTS": ",".join(PRODUCTS)}
        processes = Processes({**inherited, **environ, **LEASES, **PATIENT, **told, **own}, folder)
        del processes.commands["backtests"]
        create_database(url)
        layers = {"default": settings.CHANNEL_LAYERS["default"] | {"CONFIG": {"hosts": [environ["REDIS_URL"]]}}}
        here = {
            "MARKET": SANDBOX, "SANDBOX_ADDRESS": exchange.address, "CREDENTIAL_KEYS": [key],
            "REDIS_URL": environ["REDIS_URL"], "CHANNEL_LAYERS": layers,
        }  # fmt: skip
        broker = dramatiq.get_broker()
        try:
            with override_settings(**here), joined(url):
                _forget()
                set_up_broker()
                call_command("migrate", verbosity=0)
                yield Soak(processes, exchange, services, environ["REDIS_URL"], f"http://{LOOPBACK}:{port}", seed)
        finally:
            processes.stop()
            exchange.end()
            dramatiq.set_broker(broker)
            _forget()
            drop_database(url)


def _forget() -> None:
    """What this process knows of another exchange."""
    for known in (clients.clock_of, clients.pace_of, clients.facts_of):
        known.cache_clear()
    clients._threads.__dict__.clear()
