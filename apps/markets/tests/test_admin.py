"""Operators see the market and change nothing of it."""

import pytest
from django.urls import reverse

from apps.accounts.models import User
from apps.markets.models import CandleChunk, Feed, MarketSession, Product
from apps.markets.services import session_open
from apps.markets.tests.markets import DAY, START, bars, product

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heard")]
MODELS = [Product, MarketSession, Feed, CandleChunk]


@pytest.fixture
def operator(client):
    client.force_login(User.objects.create_superuser("operator@example.com", "a long password"))
    return client


@pytest.fixture
def market():
    btc = product()
    session_open(venue="replay", title="a test", history={btc: bars(1440)}, starts=START + DAY, ends=START + 2 * DAY)


def address(model, page, *args):
    return reverse(f"admin:markets_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("model", MODELS)
def test_every_list_and_page_opens_to_read(operator, market, model):
    row = model.objects.first()
    assert operator.get(address(model, "changelist"), {"q": "BTC"}).status_code == 200
    page = operator.get(address(model, "change", row.pk))
    assert page.status_code == 200
    assert 'name="_save"' not in page.text
    assert operator.get(address(model, "add")).status_code == 403
    assert operator.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


def test_lists_show_what_an_operator_asks_for(operator, market):
    chunks = operator.get(address(CandleChunk, "changelist")).text
    assert "2020-02-10" in chunks or "Feb. 10, 2020" in chunks
    assert "15m" in chunks
    feeds = operator.get(address(Feed, "changelist")).text
    assert "2020-02-11 00:00" in feeds
    assert "0.00000001" in operator.get(address(Product, "changelist")).text


def test_a_list_of_chunks_does_not_fetch_their_bars(operator, market, django_assert_max_num_queries):
    with django_assert_max_num_queries(25) as queries:
        operator.get(address(CandleChunk, "changelist"))
    assert not [query for query in queries.captured_queries if '"markets_candlechunk"."data"' in query["sql"]]
