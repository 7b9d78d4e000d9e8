"""The market of an installation: chosen once, said with its reason, never changed by itself."""

from io import StringIO

import pytest
from django.core.management import call_command

from apps.markets.choice import market_choose
from apps.markets.models import MarketChoice, Product
from apps.markets.playing import prepare
from exchanges.coinbase.addresses import Addresses
from exchanges.coinbase.budget import LocalBudget
from exchanges.coinbase.rest import MarketClient
from tradingsite.testing.coinbase import fake_coinbase
from tradingsite.testing.people import make_account

pytestmark = pytest.mark.django_db
NOBODY = Addresses(rest="http://127.0.0.1:9", socket="")


def client(addresses):
    return MarketClient(addresses, LocalBudget(10, 10), timeout=(0.5, 0.5), attempts=1)


def test_it_is_coinbase_where_coinbase_answers_and_stays_so():
    with fake_coinbase() as fake:
        choice = market_choose(client(fake.addresses))
    assert choice.market == "coinbase"
    assert choice.reason.startswith("Coinbase's public data answered in 0.")
    assert market_choose(client(NOBODY)).market == "coinbase"


def test_it_is_the_recording_where_nobody_answers_and_stays_so():
    choice = market_choose(client(NOBODY))
    assert choice.market == "replay"
    assert choice.reason == "Coinbase's public data could not be reached (GET /time failed: no connection)"
    with fake_coinbase() as fake:
        assert market_choose(client(fake.addresses)).market == "replay"
    assert MarketChoice.objects.count() == 1


@pytest.mark.parametrize("fault", [503, 0.8])
def test_an_exchange_that_cannot_answer_is_not_chosen(fault):
    with fake_coinbase() as fake:
        fake.rest.faults.append(fault)
        assert market_choose(client(fake.addresses)).market == "replay"


def test_an_installation_in_use_keeps_its_market():
    make_account(venue="replay")
    with fake_coinbase() as fake:
        choice = market_choose(client(fake.addresses))
    assert (choice.market, choice.reason) == ("replay", "accounts trade on it already")


def test_the_command_says_market_and_reason_in_one_line(settings):
    with fake_coinbase() as fake:
        settings.COINBASE_REST = fake.addresses.rest
        said = StringIO()
        call_command("choose_market", stdout=said)
    (line,) = said.getvalue().splitlines()
    assert line.startswith("coinbase: Coinbase's public data answered in ")


def test_a_live_market_has_products_before_its_stream_has_run():
    prepare("coinbase")
    assert Product.objects.get(venue="coinbase", symbol="BTC-USD").status == "online"
    Product.objects.update(status="halted")
    prepare("coinbase")  # what the stream has stored stays
    assert not Product.objects.exclude(status="halted").exists()
