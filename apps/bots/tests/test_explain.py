"""Decisions in words: every gate with value and threshold, and one sentence."""

import html
import json
import math
import re

import pytest

from apps.accounts.services import user_pause, user_resume
from apps.bots.explain import gates_of, sentence, sentence_shown
from apps.bots.models import Bot, BotVersion, Evaluation
from apps.bots.services import bot_pause
from apps.bots.tests.desk import enter, last
from apps.markets.models import Product
from apps.risk.gates import marked
from apps.risk.services import halt
from engine.gates import TEXTS, Gate
from engine.kinds import BotState, Verdict
from engine.records import GATES
from tradingsite.testing.people import make_bot
from tradingsite.testing.scripted import DOUBTFUL, LONG, SCRIPTED

pytestmark = pytest.mark.django_db


def line(evaluation, gate):
    return next(line for line in gates_of(evaluation) if line.index == gate)


def decision(gate, value=math.nan, threshold=math.nan, *, passed=0, unknown=0, verdict=Verdict.BLOCKED):
    """A decision that stands or falls with one gate, not stored."""
    values, thresholds = [math.nan] * GATES, [math.nan] * GATES
    values[gate], thresholds[gate] = value, threshold
    bot = Bot(product=Product(symbol="BTC-USD"))
    version = BotVersion(strategy=SCRIPTED.name)
    return Evaluation(
        bot=bot, version=version, verdict=verdict, blocking=gate, passed=passed, unknown=unknown, values=values,
        thresholds=thresholds,
    )  # fmt: skip


BLOCKING = pytest.mark.parametrize(
    ("gate", "value", "threshold", "words"),
    [
        (Gate.DATA, 200, 120, "the newest bar is 3\u00a0min late, limit 2\u00a0min"),
        (Gate.MARKET, 0, 1, "the market must be open for trading"),
        (Gate.STATE, BotState.PAUSED, 0, "the bot is paused"),
        (Gate.HALT, 2, 0, "a halt is in force"),
        (Gate.HISTORY, 12, 148, "12 bars of 148 needed"),
        (Gate.SIGNAL, 0.5, 0.7, "confidence 50.00\u00a0%, needs 70.00\u00a0% and a long side"),
        (Gate.CONFIRMATION, 60, 300, "the signal has lasted 60\u00a0s of 5\u00a0min"),
        (Gate.COOLDOWN, 90, 7200, "90\u00a0s since the last exit, needs 2.0\u00a0h"),
        (Gate.STEP, 0.0012, 0.01, "price moved 0.12\u00a0% since the last entry, needs 1.00\u00a0%"),
        (Gate.MAX_POSITIONS, 6, 5, "6 positions would be open, at most 5"),
        (Gate.EXPOSURE, 0.55, 0.5, "55.00\u00a0% of equity in the market, at most 50.00\u00a0%"),
        (Gate.DAILY_LOSS, 512.5, 500, "512.50 lost today, at most 500.00"),
        (Gate.BALANCE, 1006, 3.2, "1,006.00 needed, 3.20 free"),
        (Gate.MIN_SIZE, 0.4, 1, "order of 0.40, at least 1.00"),
    ],
)


@BLOCKING
def test_amounts_in_a_sentence_are_marked_for_pages(scripted, gate, value, threshold, words):
    shown, plain = sentence_shown(decision(gate, value, threshold)), f"No entry: {words}."
    amounts = {Gate.DAILY_LOSS: 2, Gate.BALANCE: 2, Gate.MIN_SIZE: 2}.get(gate, 0)
    assert shown.count('<span class="private">') == amounts
    assert html.unescape(re.sub("<[^>]*>", "", shown)) == plain


def test_an_amount_is_marked_as_a_whole_and_nothing_is_let_through():
    assert marked("5.00 of 15.00 <b>", ["5.00"]) == '<span class="private">5.00</span> of 15.00 &lt;b&gt;'
    assert marked("no 1.00", ["no"]) == "no 1.00"


@BLOCKING
def test_the_blocking_gate_is_the_sentence(scripted, gate, value, threshold, words):
    evaluation = decision(gate, value, threshold)
    assert sentence(evaluation) == f"No entry: {words}."
    assert line(evaluation, gate).status == "blocks"


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.ENTER, "Entry: every gate passed; buys BTC-USD at the next open."),
        (Verdict.EXIT, "Exit: sells the position at the next open."),
        (Verdict.PROTECT, "Protection: puts the missing stop and target back."),
        (Verdict.HOLD, "Holds: a position is open or an order is working."),
        (Verdict.MISSED, "Missed: the bar came too late to act on."),
    ],
)
def test_every_other_verdict_has_its_sentence(scripted, verdict, words):
    assert sentence(decision(Gate.FLAT, verdict=verdict)) == words


def test_a_gate_passes_blocks_is_unknown_or_off(scripted):
    cooldown = 1 << Gate.COOLDOWN
    assert line(decision(Gate.COOLDOWN, 300, 60, passed=cooldown), Gate.COOLDOWN).status == "pass"
    assert line(decision(Gate.COOLDOWN, 30, 60), Gate.COOLDOWN).status == "blocks"
    for threshold, status in ((0, "off"), (math.inf, "off"), (60, "unknown")):
        evaluation = decision(Gate.COOLDOWN, math.nan, threshold, unknown=cooldown)
        evaluation.blocking = -1
        assert line(evaluation, Gate.COOLDOWN).status == status


def test_the_distance_is_a_ratio_of_the_threshold(scripted):
    assert line(decision(Gate.STEP, 0.005, 0.01), Gate.STEP).distance == -0.5
    for value, threshold in ((math.nan, 1), (1, math.nan), (1, 0), (1, math.inf), (math.inf, 1)):
        assert line(decision(Gate.STEP, value, threshold), Gate.STEP).distance is None


@pytest.mark.parametrize("value", [0, -0.0, 1e-9, 0.123456789, 9.87654321, 10_400.126, 1e12, math.inf, math.nan])
def test_any_number_can_be_shown(scripted, value):
    for gate in set(Gate) - {Gate.STATE, Gate.HALT}:  # those show words
        for each in (value, -value):
            shown = line(decision(gate, each, each), gate)
            assert not any(word in shown.value.lower() for word in ("e+", "e-", "inf", "nan"))
            json.dumps(shown.as_dict(), allow_nan=False)


def test_a_real_decision_has_every_gate_in_the_order_in_which_they_are_asked(market, account):
    bot = make_bot(account, market.product, cooldown=60)
    market.bar(100, volume=DOUBTFUL)
    lines = gates_of(last(bot))
    assert [each.index for each in lines] == sorted(each.index for each in lines)
    assert len(lines) == len(set(TEXTS) - {Gate.CONDITION}) + len(SCRIPTED.conditions)
    by_key = {each.key: each for each in lines}
    assert (by_key["volume"].value, by_key["volume"].threshold, by_key["volume"].status) == ("1.00", "1.00", "pass")
    assert by_key["signal"].status == "blocks"
    assert by_key["balance"].status == "pass"
    assert by_key["cooldown"].status in ("pass", "unknown")
    assert sentence(last(bot)) == "No entry: confidence 50.00\u00a0%, needs 70.00\u00a0% and a long side."


def test_each_cause_gives_its_own_sentence(market, account):
    bot = enter(market, account, stop=0.1)
    assert sentence(last(bot)) == "Holds: a position is open or an order is working."
    other = make_bot(account, market.product)
    bot_pause(bot=other, user=None)
    market.bar(100, volume=LONG)
    assert sentence(last(other)) == "No entry: the bot is paused."
    halt(scope="site", level=1, reason="test", by=None)
    third = make_bot(account, market.product)
    market.bar(100, volume=LONG)
    assert sentence(last(third)) == "No entry: a halt is in force."
    user_pause(user=account.owner, by=None, reason="test")
    market.bar(100, volume=LONG)
    assert sentence(last(third)) == "No entry: an operator has stopped trading."
    user_resume(user=account.owner, by=None, reason="test")
    market.bar(100, volume=LONG)
    assert sentence(last(third)) == "No entry: a halt is in force."
