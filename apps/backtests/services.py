"""Asking for backtests, calling them off, throwing them away, and making a bot of one."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.models import TradingAccount, User
from apps.backtests.checks import check_cash, check_range, check_ratio, check_room, text_of
from apps.backtests.models import Backtest
from apps.backtests.queue import call_worker, move, tell
from apps.backtests.sources import source_find
from apps.backtests.states import State
from apps.bots.controls import validate as validate_controls
from apps.bots.models import Bot
from apps.bots.services import bot_create, bot_start
from apps.markets.models import TIMEFRAMES, Product
from apps.operations import audit
from engine.strategies.base import ParameterError
from engine.strategies.registry import find_strategy
from engine.strategies.validation import validate

NAME_LENGTH = 80


@transaction.atomic
def backtest_create(
    *,
    user: User,
    name: str,
    strategy: str,
    params: Mapping[str, Any],
    market: str,
    timeframe: int,
    cash: Decimal,
    fee: Decimal,
    slippage: Decimal,
    controls: Mapping[str, Any],
    start: int | None = None,
    end: int | None = None,
) -> Backtest:
    """A backtest that waits for a worker. ``market`` is a key of apps.backtests.sources; bars that open from ``start``
    on and before ``end`` (seconds UTC; None = as far as there are any) are played. Ratios: fee of each fill, slippage.

    ValidationError names every field that breaks a rule, its value and the rule.
    """
    check_room(user)
    errors: dict[str, Any] = {}

    def checked(check: Any, *args: Any, **options: Any) -> Any:
        try:
            return check(*args, **options)
        except ParameterError as error:
            errors[error.field] = f"{error.rule}, was {error.value!r}"
        except ValidationError as error:
            errors.update(error.message_dict)
        return None

    chosen = checked(find_strategy, strategy)
    known = checked(validate, chosen, params) if chosen else None
    told = checked(validate_controls, controls)
    source = checked(source_find, market)
    checked(check_cash, cash)
    checked(check_ratio, "fee", fee)
    checked(check_ratio, "slippage", slippage)
    name = checked(text_of, "name", name, NAME_LENGTH)
    if timeframe not in TIMEFRAMES.values():
        errors["timeframe"] = f"must be one of {', '.join(map(str, TIMEFRAMES.values()))} seconds, was {timeframe}"
    elif source:
        stretch = checked(check_range, source, timeframe, start, end)
    if errors:
        raise ValidationError(errors)
    first, last, granularity = stretch
    rules = source.rules
    backtest = Backtest.objects.create(
        user=user, name=name, strategy=strategy, strategy_version=chosen.version, params=known, controls=told,
        market=source.key, market_title=source.title, symbol=rules.symbol, quote=source.quote,
        rules={field: str(getattr(rules, field)) for field in ("tick", "lot", "min_size", "min_notional")},
        product=source.product, session=source.session, timeframe=timeframe, granularity=granularity, start=first,
        end=last, cash=cash, fee=fee, slippage=slippage,
    )  # fmt: skip
    audit.record(actor=user, action="backtest.create", target=backtest, detail={"strategy": strategy})
    tell(backtest)
    call_worker()
    return backtest


@transaction.atomic
def backtest_cancel(*, backtest: Backtest, user: User) -> Backtest:
    """Ends a backtest that waits or runs; its worker writes nothing more. ValidationError when it is over already."""
    if not move(backtest, State.CANCELLED):
        backtest.refresh_from_db(fields=["state"])
        raise ValidationError({"state": f"must be pending or running to be cancelled, was {backtest.state}"})
    audit.record(actor=user, action="backtest.cancel", target=backtest)
    backtest.refresh_from_db()
    return backtest


@transaction.atomic
def backtest_delete(*, backtest: Backtest, user: User) -> None:
    """Throws a backtest and its result away; one that runs is given up."""
    audit.record(actor=user, action="backtest.delete", target=backtest)
    tell(backtest)
    backtest.delete()


@transaction.atomic
def backtest_start_bot(
    *, backtest: Backtest, user: User, account: TradingAccount, name: str, start: bool = False
) -> Bot:
    """A paper bot with the backtest's strategy, parameters and controls on the account's market of the same symbol.

    ValidationError when the account has no such market, or a name that is taken.
    """
    product = product_for(backtest, account)
    if product is None:
        raise ValidationError({"account": f"must be at a venue that trades {backtest.symbol}, was at {account.venue}"})
    bot = bot_create(
        user=user, account=account, product=product, name=name, strategy=backtest.strategy,
        timeframe=backtest.timeframe, params=backtest.params, controls=backtest.controls,
    )  # fmt: skip
    audit.record(actor=user, action="backtest.start_bot", target=backtest, detail={"bot": bot.pk})
    if start:
        bot_start(bot=bot, user=user, reason="started from a backtest")
    return bot


def product_for(backtest: Backtest, account: TradingAccount) -> Product | None:
    """The market of the backtest's symbol at the account's venue."""
    return Product.objects.filter(venue=account.venue, symbol=backtest.symbol, status=Product.Status.ONLINE).first()
