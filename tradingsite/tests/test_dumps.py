"""Backup and restore: all of it comes back, or nothing has changed."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.ledger.models import Line
from apps.operations.models import AuditEntry, Ownership
from apps.orders.models import Fill
from tradingsite.testing.people import make_account, make_bot, make_user
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def copy(market, tmp_path):
    make_bot(make_account(), market.product)
    market.bar(100, volume=LONG)
    market.bar(101)
    file = tmp_path / "tradingsite.dump"
    call_command("backup", file)
    return file


def test_what_was_backed_up_comes_back_and_what_came_later_is_gone(copy):
    fills, lines = list(Fill.objects.values()), list(Line.objects.order_by("pk").values())
    assert fills
    later = make_user()
    call_command("restore", copy, replace=True)
    assert list(Fill.objects.values()) == fills
    assert list(Line.objects.order_by("pk").values()) == lines
    assert not type(later).objects.filter(pk=later.pk).exists()
    assert AuditEntry.objects.filter(action="database.restore").exists()


def test_it_overwrites_no_file(copy):
    with pytest.raises(CommandError, match="must not exist yet"):
        call_command("backup", copy)


def test_it_leaves_a_full_database_alone_unless_told(copy):
    with pytest.raises(CommandError, match="must be empty, but holds"):
        call_command("restore", copy)


def test_it_refuses_while_the_platform_runs(copy):
    Ownership.objects.create(name="clock", holder="here:1", beat=timezone.now())
    with pytest.raises(CommandError, match=r"must be stopped, but alive are: clock \(here:1\)"):
        call_command("restore", copy, replace=True)
    Ownership.objects.update(beat=timezone.now() - timedelta(seconds=11))
    call_command("restore", copy, replace=True)


def test_a_file_that_is_no_backup_changes_nothing(copy, tmp_path):
    broken = tmp_path / "broken.dump"
    broken.write_bytes(copy.read_bytes()[:-2000])
    text = tmp_path / "text.dump"
    text.write_text("not a dump")
    fills = Fill.objects.count()
    for file in (broken, text):
        with pytest.raises(CommandError, match="pg_restore failed"):
            call_command("restore", file, replace=True)
    assert Fill.objects.count() == fills
