"""A user sees how their live accounts stand with the exchange, and nobody else's."""

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import TradingAccount
from apps.orders.models import Difference, Reconciled, RecoveryReport
from apps.orders.reconciliation.selectors import agreements
from tradingsite.testing.people import make_account

PAGE = reverse("orders:orders")


@pytest.fixture
def account(market):
    market.bars(100)
    made = make_account()
    TradingAccount.objects.filter(pk=made.pk).update(mode="live")
    return TradingAccount.objects.get(pk=made.pk)


def differ(account, **fields):
    now = timezone.now()
    common = {"kind": "balance", "subject": "USD", "ours": "100", "theirs": "90", "since": now, "seen": now}
    return Difference.objects.create(account=account, **(common | {"confirmed": now} | fields))


def test_the_page_tells_what_differs_and_what_recoveries_did(client, account):
    client.force_login(account.owner)
    Reconciled.objects.create(account=account, at=timezone.now(), waits=True, message="no connection")
    RecoveryReport.objects.create(
        account=account, why="start", epoch=1, seconds=0.2, done=["trade 7: posted 20 s late"], sound=False
    )
    differ(account)
    text = client.get(PAGE).content.decode()
    assert "Balance, USD: here 100, there 90" in text
    assert "trade 7: posted 20 s late" in text
    assert "Nothing is sent before it was done." in text
    assert "no connection" in text


def test_what_passed_was_ignored_or_is_a_matter_of_the_moment_is_not_shown(account):
    now = timezone.now()
    differ(account, subject="A", confirmed=None)
    differ(account, subject="B", how="ignored")
    differ(account, subject="C", how="gone", resolved=now)
    shown = differ(account, subject="D")
    (agreement,) = agreements(account.owner)
    assert (agreement.differences, agreement.state, agreement.reports) == ([shown], None, [])


def test_a_paper_account_has_no_exchange_to_agree_with(client, market):
    market.bars(100)
    account = make_account()
    client.force_login(account.owner)
    assert "Live accounts and their exchange" not in client.get(PAGE).content.decode()
    assert agreements(account.owner) == []
