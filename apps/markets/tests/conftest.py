import pytest

from apps.markets import registry
from apps.markets.live import LiveStream
from apps.markets.sources import coinbase
from apps.markets.sources.coinbase import CoinbaseSource
from apps.markets.sources.coinbase.settings import Options
from apps.markets.tests.coinbase import NOON
from apps.operations.ownership import Owner
from exchanges.coinbase.budget import LocalBudget
from exchanges.coinbase.rest import MarketClient
from exchanges.coinbase.retry import Backoff
from tradingsite.testing.coinbase import fake_coinbase


@pytest.fixture
def heard(monkeypatch):
    """What the market tells upwards, in place of the platform's own listeners: nothing waits for anything."""
    told = {"events": [], "seconds": [], "sessions": []}
    monkeypatch.setattr(registry, "on_event", [told["events"].append])
    monkeypatch.setattr(registry, "on_seconds", [told["seconds"].append])
    monkeypatch.setattr(registry, "on_session", [lambda *sessions: told["sessions"].append(sessions)])
    monkeypatch.setattr(registry, "is_settled", [])
    return told


@pytest.fixture
def fake():
    """A local exchange with a clock of its own."""
    with fake_coinbase("BTC-USD", "ETH-USD", time=NOON - 30.0) as fake:
        fake.tape.remember("BTC-USD", [(NOON - 60 * back, "100") for back in range(1, 1000)])
        fake.trade("BTC-USD", "100")
        fake.trade("ETH-USD", "10")
        fake.tape.pass_time(30)
        yield fake


@pytest.fixture
def run(fake, monkeypatch):
    """Runs the stream in this thread while the script goes on: it yields until what it waits for is so."""
    monkeypatch.setattr(coinbase, "LOOK", 0.05)
    monkeypatch.setattr("apps.markets.live.BEAT", 0.05)
    monkeypatch.setattr("apps.markets.live.RECORD", 0.05)
    monkeypatch.setattr("apps.markets.sources.coinbase.series.SETTLING", 1.0)
    owner = Owner("stream:coinbase")
    owner.acquire()

    def run(script, *, products=("BTC-USD",), silence=10.0, hold=2.0):
        options = Options(fake.addresses, products=products, minutes=60, silence=silence)
        client = MarketClient(fake.addresses, LocalBudget(1000, 1000), timeout=(1, 1), attempts=1)
        source = CoinbaseSource(options, client)
        source.link.socket.backoff = Backoff(first=0.01, longest=0.05)
        LiveStream(source, owner=owner, hold=hold, stopping=lambda: next(script, True)).run()

    yield run
    owner.release()
