"""The demo trader where the market is the sandbox exchange."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command

from apps.accounts.models import ExchangeConnection, TradingAccount
from apps.ledger.selectors import balances
from tradingsite.testing.live import live_venue


@pytest.fixture
def venue(db, settings, tmp_path):
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with live_venue(settings) as venue:
        file = tmp_path / "key.json"
        file.write_text(venue.key())
        settings.SANDBOX_KEY_FILE = str(file)
        yield venue


def told():
    out, err = StringIO(), StringIO()
    call_command("demo", stdout=out, stderr=err)
    return out.getvalue() + err.getvalue()


def test_it_has_an_account_there_with_what_the_exchange_holds(venue):
    assert "an account at the sandbox exchange too: Sandbox (Live)" in told()
    account = TradingAccount.objects.get(mode="live")
    assert account.venue == "sandbox"
    held = balances([account])[account.pk]
    assert (held["USD"].total, held["BTC"].total) == (100_000, 2)
    assert TradingAccount.objects.filter(mode="paper", venue="sandbox", owner=account.owner).count() == 1
    assert told() == ""  # nothing more, and no second one


def test_it_is_made_without_when_the_exchange_takes_no_key(venue):
    venue.exchange.fault("unauthorized")
    assert "not connected to the sandbox: must be one that Coinbase takes" in told()
    assert not ExchangeConnection.objects.exists()
    assert TradingAccount.objects.get().mode == "paper"
