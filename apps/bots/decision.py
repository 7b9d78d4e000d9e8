"""One decision on demand: every gate and the verdict, placing nothing."""

from typing import Any

import numpy as np
from django.core.exceptions import ValidationError

from apps.bots.accounts import account_states
from apps.bots.controls import bot_settings
from apps.bots.evaluation import close_event, evaluation_of, rules_of, view_now
from apps.bots.explain import gates_of, sentence
from apps.bots.models import Bot, EvaluationBatch
from apps.bots.signals import Readings
from apps.markets.models import Feed
from engine.decide import MemorySchemaError, decide, memory_from_bytes, new_memory
from engine.events import event_position
from engine.kinds import Action, EventKind, Verdict


def decide_now(bot: Bot) -> dict[str, Any]:
    """What the bot would decide on its newest closed bar, as plain values for JSON. Writes nothing."""
    feed = Feed.objects.select_related("session").filter(product=bot.product).first()
    if feed is None or feed.price is None or bot.version is None:
        raise ValidationError({"product": f"{bot.product} must have market data; is the stream running?"})
    timeframe = bot.version.timeframe
    at = feed.market_time - feed.market_time % timeframe
    batch = EvaluationBatch(
        session=feed.session, product=bot.product, timeframe=timeframe, time=at, part=0, bot_ids=[bot.pk],
        position=event_position(session=feed.session.pk, time=at - 60, kind=EventKind.BAR),
    )  # fmt: skip
    reading = Readings(feed.session, bot.product, at, feed.price).of(bot.version, signal=True)
    state = account_states({bot.account_id: bot.account}, [bot], feed.session, at, write=False)[bot.account_id]
    decision, _ = decide(
        signal=reading.signal, conditions=reading.conditions, event=close_event(batch, reading.close),
        memory=_memory(bot), view=view_now(state, bot, feed, reading, at)[0],
        settings=bot_settings(bot.version.controls, timeframe).record()[0], policy=state.limits.record()[0],
        rules=rules_of(bot.product, state)[0],
    )  # fmt: skip
    evaluation = evaluation_of(batch, bot, reading, decision, state, seq=0)
    return {
        "bot": bot.pk,
        "name": bot.name,
        "product": bot.product.symbol,
        "strategy": bot.version.strategy,
        "version": bot.version.number,
        "at": evaluation.at.isoformat(),
        "price": reading.close,
        "score": evaluation.score,
        "confidence": evaluation.confidence,
        "verdict": Verdict(evaluation.verdict).name.lower(),
        "action": Action(evaluation.action).name.lower(),
        "quantity": f"{bot.product.base_increment * evaluation.lots:.8f}",
        "reason": sentence(evaluation),
        "gates": [line.as_dict() for line in gates_of(evaluation)],
    }


def _memory(bot: Bot) -> np.void:
    """What the bot remembers; nothing when another core wrote it, as at its next decision."""
    try:
        return memory_from_bytes(bytes(bot.memory))
    except MemorySchemaError:
        return new_memory()
