"""Connecting an exchange: what a key may do decides, and nobody ever reads it again."""

import json
import logging
from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from apps.accounts.closing import user_delete
from apps.accounts.connections.clients import client_of
from apps.accounts.connections.credentials import credentials_of
from apps.accounts.connections.live import entry_refusal, live_begin, live_end
from apps.accounts.connections.services import connection_add, connection_check, connection_delete
from apps.accounts.connections.sweeps import connections_sweep
from apps.accounts.export import archive
from apps.accounts.models import ExchangeConnection, TradingAccount
from apps.operations.models import AuditEntry
from exchanges.port import Unavailable
from tradingsite.testing.live import live_venue
from tradingsite.testing.people import make_user
from tradingsite.testing.signing import with_app

State = ExchangeConnection.State


@pytest.fixture
def venue(db, settings):
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with live_venue(settings) as venue:
        yield venue


def test_a_key_that_trades_makes_a_live_account_with_what_the_exchange_holds(venue):
    user = make_user()
    connection = connection_add(user=user, label="Main", text=venue.key())
    account = venue.account(connection)
    assert (connection.state, connection.can_trade, connection.can_transfer) == (State.OK, True, False)
    assert (account.mode, account.venue, account.portfolio) == ("live", "sandbox", connection.portfolio)
    assert account.fee_taker > account.fee_maker > 0
    assert {row.currency: row.total for row in account.balances.all()} == {"USD": 100_000, "BTC": 2}
    assert account.risk_policy
    assert AuditEntry.objects.filter(action="connection.add", actor=user).exists()


@pytest.mark.parametrize(
    ("scopes", "words"),
    [(("view", "trade", "transfer"), "must not be able to transfer money"), (("trade",), "unable to view")],
)
def test_a_key_that_may_do_too_much_or_too_little_is_refused_with_the_reason(venue, scopes, words):
    with pytest.raises(ValidationError, match=words) as refused:
        connection_add(user=make_user(), label="Main", text=venue.key(*scopes))
    assert list(refused.value.message_dict) == ["key"]
    assert not ExchangeConnection.objects.exists()
    assert not TradingAccount.objects.filter(mode="live").exists()


def test_a_key_that_only_reads_is_for_watching(venue):
    connection = venue.connect(None, "view", live=False)
    assert (connection.state, connection.reason) == (
        State.READ_ONLY,
        "the key may not trade: the account is only watched",
    )
    with_app(connection.owner)
    with pytest.raises(ValidationError, match="must be connected, was read only"):
        live_begin(connection=connection, by=connection.owner, sure="YES")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"name": "x"}',
        '{"name": "x", "privateKey": "abc"}',
        '{"privateKey": "abc"}',
        "x" * 5000,
    ],
)
def test_a_text_that_is_no_key_file_is_refused_and_not_quoted(venue, text):
    with pytest.raises(ValidationError) as refused:
        connection_add(user=make_user(), label="Main", text=text)
    (words,) = refused.value.message_dict["key"]
    assert "must " in words
    assert "abc" not in words


def test_a_key_that_the_exchange_does_not_take_is_refused(venue):
    text = venue.key()
    venue.exchange.fault("unauthorized", path="/key_permissions")
    with pytest.raises(ValidationError, match="must be one that Coinbase takes"):
        connection_add(user=make_user(), label="Main", text=text)


def test_an_exchange_that_is_away_says_so(venue):
    text = venue.key()
    venue.exchange.fault("unavailable")
    with pytest.raises(ValidationError, match="cannot be checked now"):
        connection_add(user=make_user(), label="Main", text=text)


def test_a_portfolio_is_connected_once(venue):
    venue.connect(live=False)
    with pytest.raises(ValidationError, match="portfolio that is not connected yet"):
        venue.connect(live=False)
    assert TradingAccount.objects.filter(mode="live").count() == 1


def test_a_portfolio_that_is_connected_again_finds_its_account(venue):
    first = venue.connect(live=False)
    account = venue.account(first)
    connection_delete(connection=first, by=first.owner)
    second = venue.connect(first.owner, live=False)
    assert venue.account(second).pk == account.pk
    assert account.balances.get(currency="USD").total == 100_000


def test_without_keys_of_its_own_the_platform_keeps_none(venue, settings):
    settings.CREDENTIAL_KEYS = []
    with pytest.raises(ValidationError, match="CREDENTIAL_KEYS must be set"):
        venue.connect(live=False)


# --- the secret ---


def test_a_key_stands_nowhere_in_the_clear(venue, caplog):
    caplog.set_level(logging.DEBUG)
    row = venue.exchange.key()
    user = make_user()
    connection = connection_add(user=user, label="Main", text=json.dumps(row))
    client = client_of(connection)
    client.get("/accounts")
    body = row["privateKey"].replace("\\n", "\n").split("\n")[1]
    shown = [
        repr(connection), str(connection), repr(client), repr(client._rest), repr(credentials_of(connection)),
        repr(vars(connection)), caplog.text, b"".join(archive(user)).decode("latin-1"),
        str(list(AuditEntry.objects.values())), str(list(ExchangeConnection.objects.values())),
    ]  # fmt: skip
    assert not [each for each in shown if body in each]
    assert row["name"] not in str(list(ExchangeConnection.objects.values("key_name", "label", "portfolio_name")))


def test_a_key_is_encrypted_anew_and_the_old_key_may_go(venue, settings):
    connection = venue.connect(live=False)
    name = credentials_of(connection).name
    old, new = settings.CREDENTIAL_KEYS[0], Fernet.generate_key().decode()
    settings.CREDENTIAL_KEYS = [new, old]
    call_command("rotate_credentials", stdout=StringIO())
    settings.CREDENTIAL_KEYS = [new]
    connection.refresh_from_db()
    assert credentials_of(connection).name == name
    settings.CREDENTIAL_KEYS = [old]
    with pytest.raises(Unavailable, match="CREDENTIAL_KEYS is another"):
        credentials_of(connection)
    with pytest.raises(CommandError, match=f"opens connection {connection.pk}"):
        call_command("rotate_credentials", stdout=StringIO())


@pytest.mark.parametrize("state", [State.REFUSED, State.BROKEN])
def test_a_connection_that_may_not_be_used_gives_no_key(venue, state):
    connection = venue.connect(live=False)
    connection.state = state
    with pytest.raises(Unavailable):
        credentials_of(connection)


# --- checked again ---


def test_a_key_that_is_gone_breaks_its_connection_until_it_is_back(venue):
    connection = venue.connect()
    venue.exchange.fault("unauthorized", path="/key_permissions")
    broken = connection_check(connection)
    assert broken.state == State.BROKEN
    assert "401" in broken.reason
    assert entry_refusal(venue.account(connection)).startswith("the connection must be connected, was broken")
    venue.exchange.mend()
    assert connection_check(broken).state == State.OK
    assert entry_refusal(venue.account(connection)) == ""


def test_an_exchange_that_is_away_changes_nothing(venue):
    connection = venue.connect()
    venue.exchange.fault("unavailable")
    with pytest.raises(Unavailable):
        connection_check(connection)
    connection.refresh_from_db()
    assert (connection.state, entry_refusal(venue.account(connection))) == (State.OK, "")


def test_a_key_that_learns_to_transfer_is_refused_and_no_longer_live(venue, monkeypatch):
    connection = venue.connect()
    monkeypatch.setattr(
        "exchanges.coinbase.trading.client.Client.get",
        lambda self, path, **query: {
            "can_view": True, "can_trade": True, "can_transfer": True, "portfolio_uuid": connection.portfolio,
        },
    )  # fmt: skip
    found = connection_check(connection)
    assert (found.state, found.live_since) == (State.REFUSED, None)
    assert "must not be able to transfer" in entry_refusal(venue.account(connection))
    assert AuditEntry.objects.filter(action="connection.state", detail__to="refused").exists()


def test_the_clock_checks_what_is_old_or_doubted_and_nothing_else(venue):
    connection = venue.connect(live=False)
    before = connection.checked
    connections_sweep()
    connection.refresh_from_db()
    assert connection.checked == before
    ExchangeConnection.objects.update(doubted=True)
    connections_sweep()
    connection.refresh_from_db()
    assert (connection.checked > before, connection.doubted) == (True, False)


# --- real money ---


def test_real_money_needs_a_second_factor_and_a_typed_yes(venue):
    connection = venue.connect(live=False)
    account = venue.account(connection)
    with pytest.raises(ValidationError, match="two-factor sign-in must be on"):
        live_begin(connection=connection, by=connection.owner, sure="YES")
    with_app(connection.owner)
    assert entry_refusal(account).startswith("live trading must be confirmed")
    for typed in ("", "yes", "Y"):
        with pytest.raises(ValidationError, match="must be YES"):
            live_begin(connection=connection, by=connection.owner, sure=typed)
    live = live_begin(connection=connection, by=connection.owner, sure="YES")
    assert live.live_by == connection.owner
    assert entry_refusal(venue.account(connection)) == ""
    live_end(connection=connection, by=connection.owner)
    assert entry_refusal(venue.account(connection))
    assert AuditEntry.objects.filter(action__in=["connection.live", "connection.live_end"]).count() == 2


def test_who_leaves_deletes_the_connection_first(venue):
    connection = venue.connect(live=False)
    user = connection.owner
    with pytest.raises(ValidationError, match="must have no exchange connected"):
        user_delete(user=user)
    connection_delete(connection=connection, by=user)
    user_delete(user=user)
    assert not TradingAccount.objects.filter(owner_id=user.pk).exists()
