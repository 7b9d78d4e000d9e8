"""Creating a bot: market and strategy, settings, preview, start."""

import pytest
from django.urls import reverse

from apps.bots.models import Bot
from apps.markets.models import Product
from engine.strategies.registry import REGISTRY
from tradingsite.testing.market import make_product
from tradingsite.testing.people import make_account

TOLD = {
    "name": "First", "timeframe": "900", "size_mode": "equity", "size": "5", "confirmation": "0",
    "cooldown": "60", "step": "0.5", "min_confidence": "70", "p_fast": "10", "p_slow": "30", "p_stop": "2",
    "p_target": "4", "p_hold": "0",
}  # fmt: skip


@pytest.fixture
def account(client, db):
    account = make_account()
    client.force_login(account.owner)
    return account


@pytest.fixture
def address(account) -> str:
    return f"{reverse('bots:settings')}?product={make_product().pk}&strategy=ma_cross"


def told(**changes: str) -> dict[str, str]:
    return TOLD | changes


def test_it_leads_from_market_and_strategy_to_the_settings(client, account):
    product = make_product()
    assert product.symbol in client.get(reverse("bots:new")).content.decode()
    chosen = {"chosen": "1", "product": product.pk, "strategy": "ma_cross"}
    answer = client.get(reverse("bots:new"), chosen, follow=True)
    page = answer.content.decode()
    assert answer.request["PATH_INFO"] == reverse("bots:settings")
    assert 'name="p_fast" value="10"' in page
    assert 'value="BTC Moving-average cross"' in page


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"strategy": "ma_cross"}, "Market must be chosen."),
        ({"product": "999", "strategy": "ma_cross"}, "Market must be one of the account"),
        ({"product": "1", "strategy": "moonshot"}, "Strategy must be one of"),
    ],
)
def test_it_names_what_was_not_chosen(client, account, chosen, words):
    make_product()
    answer = client.get(reverse("bots:new"), {"chosen": "1"} | chosen)
    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_a_market_of_another_venue_cannot_be_chosen(client, account):
    other = make_product(venue="elsewhere")
    answer = client.get(f"{reverse('bots:settings')}?product={other.pk}&strategy=ma_cross")
    assert answer.headers["Location"] == reverse("bots:new")


def test_the_preview_creates_nothing_and_says_what_to_expect(client, address):
    page = client.post(address, told(deed="preview")).content.decode()
    assert not Bot.objects.exists()
    assert "500.00\u00a0USD" in page  # 5 % of 10,000
    assert "6.00\u00a0USD" in page  # 1.20 % of it, twice the fee without slippage
    assert "needs 31 closed bars of 15m" in page
    assert "4.00\u00a0%" in page


def test_it_creates_and_starts_a_bot_as_it_was_told(client, address):
    answer = client.post(address, told(deed="start"))
    bot = Bot.objects.get()
    assert answer.headers["Location"] == reverse("bots:detail", args=[bot.pk])
    assert (bot.name, bot.state, bot.version.timeframe) == ("First", "running", 900)
    assert bot.version.params == {"fast": 10, "slow": 30, "stop": 0.02, "target": 0.04, "hold": 0}
    assert bot.version.controls == {
        "size_mode": "equity", "size": 0.05, "confirmation": 0, "cooldown": 60, "step": 0.005, "min_confidence": 0.7,
        "recovery": "resume",
    }  # fmt: skip


def test_it_creates_without_starting(client, address):
    client.post(address, told(deed="create", size_mode="quote", size="250.50"))
    bot = Bot.objects.get()
    assert (bot.state, bot.version.controls["size"]) == ("stopped", 250.5)


def test_back_from_the_preview_keeps_what_was_typed(client, address):
    page = client.post(address, told(deed="edit", p_slow="77")).content.decode()
    assert 'name="p_slow" value="77"' in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Name must have 1 to 60 characters"),
        ({"timeframe": "61"}, "Bars must be one of 1m, 5m, 15m, 1h, 4h, 6h, 1d, was 61"),
        ({"size_mode": "moon"}, "Size must be counted as equity, quote or risk, was moon"),
        ({"size": "five"}, "Size of a position must be a number, was five"),
        ({"size": "-5"}, "Size must be above 0, was -5"),
        ({"size": "101"}, "Size must be between 0 and 100 %, was 101"),
        ({"size_mode": "risk", "size": "2"}, "Size must be between 0 and 1 %, was 2"),
        ({"size": "NaN"}, "Size of a position must be a number, was NaN"),
        ({"cooldown": "1.5"}, "Cooldown must be a whole number, was 1.5"),
        ({"cooldown": "-1"}, "Cooldown must be between 0 and 604800, was -1"),
        ({"min_confidence": "120"}, "Least confidence must be between 0 and 100 %, was 120"),
        ({"p_fast": "ten"}, "Fast length must be a number, was ten"),
        ({"p_fast": "1"}, "Fast length must be between 2 and 1000, was 1"),
        ({"p_fast": "30"}, "Fast length must be below slow (30), was 30"),
        ({"p_stop": "95"}, "Stop must be between 0 and 90 %, was 95"),
        ({"p_hold": ""}, "required"),
    ],
)
def test_it_names_the_field_the_value_and_the_rule(client, address, changes, words):
    for deed in ("preview", "start"):
        answer = client.post(address, told(deed=deed, **changes))
        assert answer.status_code == 400
        assert words in answer.content.decode().replace("&#x27;", "'")
    assert not Bot.objects.exists()


def test_it_refuses_a_name_twice_and_keeps_the_form(client, address):
    client.post(address, told(deed="create"))
    answer = client.post(address, told(deed="create", p_slow="44"))
    assert answer.status_code == 400
    assert "Name must be new in this account, First is taken." in answer.content.decode()
    assert 'name="p_slow" value="44"' in answer.content.decode()
    assert Bot.objects.count() == 1


@pytest.mark.parametrize(
    ("strategy", "changes", "words"),
    [
        ("ema_rsi_volume", {}, "lies below the round-trip cost of 1.20\u00a0%"),
        ("ma_cross", {"size": "60"}, "is above the account&#x27;s limit"),
        ("ma_cross", {"size_mode": "quote", "size": "0.50"}, "is below the market&#x27;s minimum"),
        ("ma_cross", {"size_mode": "risk", "size": "1", "p_stop": "0"}, "Sizing by risk needs a stop"),
    ],
)
def test_the_preview_warns(client, account, strategy, changes, words):
    answer = client.post(*defaults(client, make_product(), strategy, deed="preview", **changes))
    assert words in answer.content.decode().replace("0 %", "0\u00a0%")


@pytest.mark.parametrize("strategy", ["ma_cross", "ema_rsi_volume"])
def test_the_defaults_of_every_strategy_pass_unchanged(client, account, strategy):
    answer = client.post(*defaults(client, make_product(), strategy, deed="create"))
    assert answer.status_code == 302, answer.context["form"].errors
    strategy_defaults = REGISTRY[strategy].defaults()
    assert Bot.objects.get().version.params == strategy_defaults


def defaults(client, product: Product, strategy: str, **changes: str) -> tuple[str, dict]:
    """The address of the settings and the form as the page offers it, with changes."""
    address = f"{reverse('bots:settings')}?product={product.pk}&strategy={strategy}"
    form = client.get(address).context["form"]
    offered = {field.html_name: field.field.prepare_value(field.value()) for field in form}
    return address, offered | changes
