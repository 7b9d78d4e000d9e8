"""What Prometheus reads."""

import json
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from apps.accounts.models import ExchangeConnection, TradingAccount
from apps.bots.models import Evaluation
from apps.operations.metrics.counting import counted, counters_sweep
from apps.operations.models import Counter
from apps.orders.models import Difference, Fill, OrderEvent, Reconciled
from tradingsite.testing.people import make_account, make_bot, make_user
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db
TOKEN = {"Authorization": "Bearer of-a-test"}
FIGURE = re.compile(r"tradingsite_\w+")


@pytest.fixture
def traded(market, settings):
    """A bot has bought, and one bar did not move it."""
    settings.METRICS_TOKEN = "of-a-test"
    make_bot(make_account(), market.product)
    market.bar(100, volume=LONG)
    market.bar(101)
    market.bar(101)
    settle()
    return market


def settle() -> None:
    """Lets the rows grow old enough to be counted."""
    old = timezone.now() - timedelta(seconds=6)
    Evaluation.objects.update(created=old)
    OrderEvent.objects.update(at=old)
    Fill.objects.update(created=old)


def scrape(client: Client) -> dict[str, dict[tuple[str, ...], float]]:
    """Values by name and label values, these in the order of the labels' names."""
    answer = client.get("/metrics", headers=TOKEN)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for sample in (sample for family in families for sample in family.samples):
        found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def test_it_counts_decisions_orders_and_fills_once(client, traded):
    counters_sweep()
    counters_sweep()
    found = scrape(client)
    assert sum(found["tradingsite_decisions_total"].values()) == Evaluation.objects.count()
    assert found["tradingsite_decisions_total"][("", "enter")] == 1
    assert found["tradingsite_orders_total"] == {("filled",): 1}
    assert found["tradingsite_fills_total"] == {("taker", "buy"): 1}


def test_it_carries_on_from_row_to_row(client, traded):
    counters_sweep()
    before = sum(Counter.objects.values_list("value", flat=True))
    traded.bar(101)
    counters_sweep()
    assert sum(Counter.objects.values_list("value", flat=True)) == before  # too young to be counted
    settle()
    counters_sweep()
    assert sum(Counter.objects.values_list("value", flat=True)) == before + 1


def test_where_nothing_has_come_it_only_looks_once_at_each_table(traded, django_assert_num_queries):
    settle()
    counters_sweep()
    with django_assert_num_queries(1 + len({counter.model for counter in counted})):
        counters_sweep()


def test_it_passes_over_a_gap_in_the_keys(client, traded, monkeypatch):
    monkeypatch.setattr("apps.operations.metrics.counting.MOST", 1)
    for _ in range(Evaluation.objects.latest("pk").pk + 1):
        counters_sweep()
    assert sum(scrape(client)["tradingsite_decisions_total"].values()) == Evaluation.objects.count()


def test_it_shows_gauges_of_what_is_now(client, traded):
    found = scrape(client)
    assert found["tradingsite_bots"][("running",)] == 1
    assert found["tradingsite_halts"][("site",)] == 0
    assert found["tradingsite_check_ok"][("database",)] == 1
    assert found["tradingsite_waiting_seconds"] == {("decisions",): 0, ("orders",): 0}
    assert 0 < found["tradingsite_decision_seconds"][("0.50",)] < 60
    assert found["tradingsite_feed_age_seconds"][("BTC-USD", "replay")] >= 0


def test_it_measures_requests_by_page_and_never_by_path(client, traded):
    client.get("/bots/12345/")
    client.get("/nothing/of/the/kind/")
    counts = scrape(client)["tradingsite_request_seconds_count"]
    assert counts[("GET", "bots:detail", "3xx")] >= 1
    assert counts[("GET", "unknown", "4xx")] >= 1


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic of-a-test"}])
def test_without_the_token_there_is_nothing(client, traded, header):
    assert client.get("/metrics", headers=header).status_code == 404


def test_no_token_configured_is_no_key_for_anybody(client, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_an_operator_who_is_signed_in_needs_no_token(client):
    client.force_login(make_user())
    assert client.get("/metrics").status_code == 404
    client.force_login(make_user(is_staff=True))
    assert client.get("/metrics").status_code == 200


def test_the_dashboard_asks_only_for_figures_that_exist(client, traded):
    counters_sweep()
    text = client.get("/metrics", headers=TOKEN).content.decode()
    names = {family.name for family in text_string_to_metric_families(text)}
    exposed = names | {name + ending for name in names for ending in ("_total", "_bucket")}
    panels = json.loads((settings.BASE_DIR / "docs/grafana.json").read_text())["panels"]
    asked = {name for panel in panels for target in panel["targets"] for name in FIGURE.findall(target["expr"])}
    assert len(panels) == 12
    assert asked <= exposed


def test_it_shows_what_waits_for_a_person_and_not_what_may_pass(client, settings):
    settings.METRICS_TOKEN = "of-a-test"
    account, now = make_account(), timezone.now()
    told = {"account": account, "ours": "1", "theirs": "2", "since": now, "seen": now}
    Difference.objects.create(**told, kind="balance", subject="USD", confirmed=now)
    Difference.objects.create(**told, kind="balance", subject="BTC")  # may pass
    Difference.objects.create(**told, kind="dust", subject="ETH", confirmed=now, how=Difference.How.IGNORED)
    Difference.objects.create(**told, kind="missed_fill", subject="order #1", confirmed=now, resolved=now)
    shown = scrape(client)["tradingsite_differences"]
    assert {kind for kind, count in shown.items() if count} == {("balance",)}
    assert (shown[("balance",)], shown[("dust",)]) == (1, 0)


def test_the_age_of_reconciliation_is_that_of_the_live_account_longest_left_alone(client, settings):
    settings.METRICS_TOKEN = "of-a-test"
    assert scrape(client)["tradingsite_reconciliation_age_seconds"][()] == 0
    connection = ExchangeConnection.objects.create(
        owner=make_user(), venue="sandbox", label="Main", secret="x", state="ok"
    )
    account = make_account(connection.owner, venue="sandbox")
    TradingAccount.objects.filter(pk=account.pk).update(mode=TradingAccount.Mode.LIVE, connection=connection)
    Reconciled.objects.create(account=account, at=timezone.now() - timedelta(seconds=200))
    assert 200 <= scrape(client)["tradingsite_reconciliation_age_seconds"][()] < 260
