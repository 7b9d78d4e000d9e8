"""The commands of whoever looks after accounts: they say what they found, and end with 1 when something is left."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.ledger.models import Position
from apps.operations.models import AuditEntry
from apps.orders.models import RecoveryReport
from exchanges.port import Unavailable


def said(*words):
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_reconcile_tells_that_an_account_agrees(live):
    assert said("reconcile") == f"account #{live.account.pk} {live.account.name}: agrees\n"
    assert RecoveryReport.objects.get().why == "by hand"
    assert AuditEntry.objects.get(action="account.reconcile").actor_label.endswith("at the command line")


def test_reconcile_lists_what_differs_as_json_and_ends_with_an_error(live, clock):
    live.owns("USD", "1")
    said("reconcile")
    clock.shift(10)
    out = StringIO()
    with pytest.raises(CommandError, match="not every account agrees"):
        call_command("reconcile", "--json", "--account", str(live.account.pk), stdout=out)
    row = json.loads(out.getvalue())
    assert (row["clean"], [each["kind"] for each in row["open"]]) == (False, ["balance"])


def test_reconcile_says_why_an_exchange_cannot_be_read(live):
    live.exchange.failure = Unavailable("no connection")
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("reconcile", stdout=out)
    assert "no connection" in out.getvalue()


def test_reconcile_sends_nothing(live):
    order = live.buy()
    said("reconcile")
    assert (live.state(order), live.exchange.sent, live.exchange.cancels) == ("pending", [], [])


def test_reconcile_knows_live_accounts_alone(desk):
    with pytest.raises(CommandError, match=f"must be the number of a live account, was {desk.account.pk}"):
        said("reconcile", "--account", str(desk.account.pk))
    assert said("reconcile") == "There is no live account.\n"


def test_rebuilding_shows_first_and_writes_with_a_reason(desk):
    desk.own("1")
    assert "every position is what its fills make of it" in said("rebuild_positions", "--dry-run")
    Position.objects.update(quantity="0.5")
    assert "1 positions would change" in said("rebuild_positions", "--dry-run")
    assert desk.position() == 0.5
    with pytest.raises(CommandError, match="reason must say why, was empty"):
        said("rebuild_positions")
    assert "quantity 0.5 -> 1" in said("rebuild_positions", "--reason", "a row was damaged")
    assert desk.position() == 1
