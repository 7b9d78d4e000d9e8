"""Creating, telling and switching bots."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.bots.models import Bot, BotVersion
from apps.bots.services import (
    bot_create,
    bot_edit,
    bot_pause,
    bot_rollback,
    bot_start,
    bot_stop,
    bot_version_effect,
)
from apps.ledger.models import Position
from apps.operations.models import AuditEntry
from apps.orders.models import Order
from tradingsite.testing.market import make_product
from tradingsite.testing.people import make_account, make_bot, make_user
from tradingsite.testing.scripted import LONG

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def product():
    return make_product()


def create(account, product, **fields):
    told = {
        "user": account.owner, "account": account, "product": product, "name": "Alpha", "strategy": "ema_rsi_volume",
        "timeframe": 60, "params": {}, "controls": {},
    }  # fmt: skip
    return bot_create(**(told | fields))


def edit(bot, params=None, controls=None, **fields):
    bot.refresh_from_db()
    return bot_edit(
        bot=bot, user=bot.account.owner, params=bot.version.params | (params or {}),
        controls=bot.version.controls | (controls or {}), **fields,
    )  # fmt: skip


def refusals(caught):
    return {field: " ".join(texts) for field, texts in caught.value.message_dict.items()}


def test_a_new_bot_is_stopped_and_has_its_first_version(account, product):
    bot = create(account, product, name=" Alpha ", params={"ema": "40"}, controls={"size": "0.2"})
    assert (bot.name, bot.state, bot.holder) == ("Alpha", "stopped", f"bot-{bot.pk}")
    version = bot.version
    assert (version.number, version.strategy, version.strategy_version, version.timeframe) == (
        1,
        "ema_rsi_volume",
        1,
        60,
    )
    assert (version.params["ema"], version.params["rsi"], version.controls["size"]) == (40, 14, 0.2)
    assert (version.author, version.diff) == (account.owner, [])
    assert AuditEntry.objects.get(action="bot.create").target_id == str(bot.pk)


def test_what_is_not_told_has_the_strategys_and_the_controls_defaults(account, product):
    version = create(account, product).version
    assert version.controls == {
        "size_mode": "equity", "size": 0.05, "confirmation": 0, "cooldown": 0, "step": 0.0, "min_confidence": 0.7,
        "recovery": "resume",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"strategy": "magic"}, "strategy", "must be one of ema_rsi_volume, ma_cross, was 'magic'"),
        ({"timeframe": 61}, "timeframe", "must be one of 1m, 5m, 15m, 1h, 4h, 6h, 1d, was 61 seconds"),
        ({"params": {"emma": 5}}, "emma", "was"),
        ({"params": {"ema": "abc"}}, "ema", "must be a number, was 'abc'"),
        ({"params": {"ema": 2000}}, "ema", "must be between 2 and 1000, was 2000"),
        ({"params": {"ema": 5.5}}, "ema", "must be a whole number, was 5.5"),
        ({"params": {"rsi_low": 80}}, "rsi_low", "must be below rsi_high"),
        ({"params": {"stop": "nan"}}, "stop", "must be between 0 and 0.5, was 'nan'"),
        ({"controls": {"size": "abc"}}, "size", "must be a number, was 'abc'"),
        ({"controls": {"size": -0.1}}, "size", "must be from 0 to 1e+09, was -0.1"),
        ({"controls": {"size": 0}}, "size", "must be above 0, was 0"),
        ({"controls": {"size": 1.01}}, "size", "must be at most 1.0 of equity, was 1.01"),
        ({"controls": {"size": 0.02, "size_mode": "risk"}}, "size", "must be at most 0.01 of equity, was 0.02"),
        (
            {"controls": {"size": 0.99, "size_mode": "quote"}},
            "size",
            "must be at least 1 USD, the smallest order",
        ),
        ({"controls": {"size": "inf"}}, "size", "was inf"),
        ({"controls": {"size_mode": "lots"}}, "size_mode", "must be one of quote, equity, risk, was 'lots'"),
        ({"controls": {"size_mode": []}}, "size_mode", "must be one of quote, equity, risk, was '[]'"),
        ({"controls": {"cooldown": 1.5}}, "cooldown", "must be whole seconds, was 1.5"),
        ({"controls": {"confirmation": 86_401}}, "confirmation", "must be from 0 to 86400, was 86401"),
        ({"controls": {"min_confidence": None}}, "min_confidence", "must be a number, was None"),
        ({"controls": {"leverage": 3}}, "leverage", "is not a control of a bot"),
        ({"name": ""}, "name", "must have 1 to 60 characters, had 0"),
        ({"name": "x" * 61}, "name", "must have 1 to 60 characters, had 61"),
    ],
)
def test_bad_input_names_field_value_and_rule_and_makes_nothing(account, product, wrong, field, words):
    with pytest.raises(ValidationError) as caught:
        create(account, product, **wrong)
    assert list(refusals(caught)) == [field]
    assert words in refusals(caught)[field]
    assert not Bot.objects.exists()


def test_everything_wrong_is_told_at_once(account, product):
    with pytest.raises(ValidationError) as caught:
        create(account, product, timeframe=7, params={"ema": 0}, controls={"size": "x", "step": 2})
    assert set(refusals(caught)) == {"timeframe", "ema", "size", "step"}


def test_a_name_is_taken_once_in_an_account(account, product):
    create(account, product)
    create(make_account(), product)
    with pytest.raises(ValidationError) as caught:
        create(account, product, name=" Alpha")
    assert refusals(caught) == {"name": "must be new in this account, 'Alpha' is taken"}


def test_a_bot_trades_the_users_own_account_at_its_own_venue(account, product):
    with pytest.raises(ValidationError, match="must be one of your accounts"):
        create(account, product, user=make_user())
    with pytest.raises(ValidationError, match="must be traded at replay, was BTC-USD of elsewhere"):
        create(account, make_product(venue="elsewhere"))


def test_an_edit_is_a_version_with_its_author_and_its_differences(account, product):
    bot = create(account, product)
    version = edit(bot, {"ema": 40}, {"size": 0.1}, timeframe=300)
    bot.refresh_from_db()
    assert (bot.version, version.number, version.author) == (version, 2, account.owner)
    assert version.diff == [["timeframe", 60, 300], ["ema", 50, 40], ["size", 0.05, 0.1]]
    assert AuditEntry.objects.get(action="bot.edit").detail == {"version": 2, "diff": version.diff}
    assert bot.versions.get(number=1).params["ema"] == 50


def test_an_edit_that_changes_nothing_makes_no_version(account, product):
    bot = create(account, product)
    assert edit(bot) == bot.version
    assert BotVersion.objects.count() == 1
    assert not AuditEntry.objects.filter(action="bot.edit").exists()


def test_a_new_name_needs_no_version(account, product):
    bot = create(account, product)
    create(account, product, name="Beta")
    assert edit(bot, name="Gamma").number == 1
    bot.refresh_from_db()
    assert bot.name == "Gamma"
    assert AuditEntry.objects.get(action="bot.edit").detail["diff"] == [["name", "Alpha", "Gamma"]]
    with pytest.raises(ValidationError, match="'Beta' is taken"):
        edit(bot, name="Beta")


def test_two_edits_from_the_same_old_page_are_two_versions_with_true_differences(account, product):
    bot = create(account, product)
    stale = Bot.objects.select_related("version").get()
    edit(bot, {"ema": 40})
    third = bot_edit(bot=stale, user=account.owner, params={"ema": 30}, controls={})
    assert (third.number, third.diff) == (3, [["ema", 40, 30]])


def test_a_roll_back_is_a_new_version_like_the_old_one(account, product):
    bot = create(account, product)
    edit(bot, {"ema": 40}, timeframe=300)
    bot.refresh_from_db()
    version = bot_rollback(bot=bot, user=account.owner, number=1)
    assert (version.number, version.params["ema"], version.timeframe) == (3, 50, 60)
    with pytest.raises(ValidationError, match="must be a version of this bot, was 9"):
        bot_rollback(bot=bot, user=account.owner, number=9)


def test_a_bad_edit_leaves_the_bot_as_it_was(account, product):
    bot = create(account, product)
    with pytest.raises(ValidationError):
        edit(bot, {"ema": -1}, name="Beta")
    bot.refresh_from_db()
    assert (bot.name, bot.version.number) == ("Alpha", 1)


def test_a_new_version_forgets_how_long_the_old_ones_signal_lasted(account, product):
    bot = create(account, product)
    Bot.objects.update(memory=b"something")
    edit(bot, {"ema": 40})
    bot.refresh_from_db()
    assert bytes(bot.memory) == b""


def test_switching_is_kept_with_who_when_and_why(account, product):
    bot = create(account, product)
    for switch, state in ((bot_start, "running"), (bot_pause, "paused"), (bot_start, "running")):
        bot = switch(bot=bot, user=account.owner, reason=f"to {state}")
        assert (bot.state, bot.state_reason) == (state, f"to {state}")
    bot = bot_stop(bot=bot, user=None, close=False, reason="night")
    assert Bot.objects.get().state == "stopped"
    trail = (
        AuditEntry.objects.filter(target_id=str(bot.pk)).order_by("pk").values_list("action", "detail__from", "reason")
    )
    assert list(trail)[-1] == ("bot.stopped", "running", "night")


def test_stopping_without_closing_leaves_position_and_protection(market, account):
    bot = make_bot(account, market.product, params={"stop": 0.1})
    market.bar(100, volume=LONG)
    market.bar(100)
    bot_stop(bot=bot, user=account.owner, close=False)
    market.bar(100, 100, 80, 85)
    assert (Position.objects.get().reason, Position.objects.get().exit_price) == ("stop", 90)
    assert bot.evaluations.count() == 2


def test_stopping_with_closing_cancels_and_sells(market, account):
    bot = make_bot(account, market.product, params={"stop": 0.1})
    other = make_bot(account, market.product, params={"stop": 0.1})
    market.bar(100, volume=LONG)
    market.bar(100)
    bot_stop(bot=bot, user=account.owner, close=True, reason="enough")
    market.settle()
    market.bar(102)
    position = Position.objects.get(holder=bot.holder)
    assert (position.reason, position.exit_price) == ("manual", 102)
    assert not Order.objects.filter(holder=bot.holder, finished=None).exists()
    assert Position.objects.get(holder=other.holder).closed is None
    assert Order.objects.get(holder=other.holder, purpose="protect").state == "open"


def test_what_is_bought_while_stopping_with_closing_is_sold_too(market, account):
    bot = make_bot(account, market.product, params={"stop": 0.1})
    market.bar(100, volume=LONG)
    market.commit(market.product, 0, [100])  # the entry fills at this open, nobody has read it yet
    bot_stop(bot=bot, user=account.owner, close=True)
    market.settle()
    assert Position.objects.get().closed is None
    market.commit(market.product, 1, (100, 100, 100, 100, 5))
    market.settle()
    market.now += 60
    market.bar(99)
    assert (Position.objects.get().reason, Position.objects.get().exit_price) == ("manual", 99)
    assert Order.objects.filter(purpose="protect").count() == 0


def test_the_effect_of_an_edit_is_told_beforehand(market, account):
    bot = make_bot(account, market.product, params={"stop": 0.1})

    def effect(**params):
        told = bot.version.params | params
        return bot_version_effect(bot=bot, params=told, controls=bot.version.controls, timeframe=60)

    assert effect() == ["Nothing changes."]
    assert effect(stop=0.2)[-1] == "No position is open and no order is working: nothing else changes."
    market.bar(100, volume=LONG)
    assert effect(stop=0.2)[-1] == "1 working order stays as it is."
    market.bar(100)
    lines = " ".join(effect(stop=0.2))
    assert "The open position of 5 BTC keeps the stop, target and longest hold it was opened with." in lines
    assert "1 working order stays as it is." in lines
    with pytest.raises(ValidationError):
        effect(stop="much")
