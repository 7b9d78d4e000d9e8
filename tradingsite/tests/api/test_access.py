"""Who may do what: every endpoint for its owner, a stranger and nobody."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from drf_spectacular.generators import EndpointEnumerator

from apps.accounts.models import ExchangeConnection
from apps.backtests.models import Backtest
from apps.backtests.tests.asking import RECORDED
from apps.backtests.tests.asking import ask as ask_backtest
from apps.backtests.work import work
from apps.bots.models import Bot
from apps.ledger.models import Position
from apps.orders.models import Order, OrderGroup
from apps.risk.limit_changes import limits_change
from apps.risk.models import LimitChange
from engine.kinds import PlanKind
from tradingsite.testing.api import PASSWORD, Caller, Desk

OWN, SHARED, EMPTY = 404, 200, 200  # what a stranger gets: his own lists are empty of others' things


@dataclass(frozen=True)
class Rule:
    """What the owner and a stranger get; ``body`` and ``place`` (what the path names) are made from a desk."""

    owner: int
    stranger: int
    body: Callable[[Desk], Any] | None = None
    place: Callable[[Desk], dict[str, Any]] = field(default=lambda desk: {"id": desk.bot.pk})


def product(desk: Desk) -> dict[str, Any]:
    return {"id": desk.market.product.pk}


def account(desk: Desk) -> dict[str, Any]:
    return {"id": desk.account.pk}


def order(desk: Desk) -> dict[str, Any]:
    """The resting exit of the open position."""
    return {"id": Order.objects.get(holder=desk.bot.holder, purpose=Order.Purpose.PROTECT).pk}


def open_position(desk: Desk) -> dict[str, Any]:
    return {"id": Position.objects.get(holder=desk.bot.holder, closed=None).pk}


def trade(desk: Desk) -> dict[str, Any]:
    return {"id": Position.objects.get(holder=desk.done.holder, closed__isnull=False).pk}


def entry(desk: Desk) -> dict[str, Any]:
    return {"id": desk.account.entries.earliest("pk").pk}


def venue(desk: Desk) -> dict[str, Any]:
    return {"venue": "replay"}


def nothing(desk: Desk) -> dict[str, Any]:
    return {}


def new_bot(desk: Desk) -> dict[str, Any]:
    return {"account": desk.account.pk, "product": "BTC-USD", "name": "New", "strategy": "ma_cross"}


def new_order(desk: Desk) -> dict[str, Any]:
    return {
        "account": desk.account.pk, "product": "BTC-USD", "side": "buy", "kind": "limit", "quantity": "1",
        "limit_price": "50",
    }  # fmt: skip


def limit_change(desk: Desk) -> dict[str, Any]:
    (change,) = LimitChange.objects.filter(account=desk.account) or limits_change(
        account=desk.account, by=desk.owner, values={"max_positions": 4}
    )
    return {"id": change.pk}


def connection(desk: Desk) -> dict[str, Any]:
    known = {"label": "Main", "venue": "coinbase", "portfolio": "p", "secret": "of another installation"}
    return {"id": ExchangeConnection.objects.get_or_create(owner=desk.owner, defaults=known)[0].pk}


def order_ids(desk: Desk) -> dict[str, Any]:
    return {"orders": [order(desk)["id"]]}


def new_group(desk: Desk) -> dict[str, Any]:
    params = {"side": "buy", "quantity": "1", "limit_price": "50", "stop_price": "40", "target_price": "60"}
    return {"account": desk.account.pk, "product": "BTC-USD", "kind": "bracket", "params": params}


def group(desk: Desk) -> dict[str, Any]:
    """Of an earlier run of the account: nothing leads it."""
    row, _ = OrderGroup.objects.get_or_create(
        account=desk.account, generation=0, request="x", holder="manual", product=desk.market.product, side="sell",
        kind=PlanKind.TRAILING, quantity=1, state=OrderGroup.State.DONE,
        params={"side": "sell", "quantity": "1", "callback": "0.05", "seed": 1, "start": 0},
    )  # fmt: skip
    return {"id": row.pk}


def group_ids(desk: Desk) -> dict[str, Any]:
    return {"groups": [group(desk)["id"]]}


def new_backtest(desk: Desk) -> dict[str, Any]:
    return {"strategy": "ma_cross", "market": RECORDED}


def done_backtest(desk: Desk) -> dict[str, Any]:
    mine = Backtest.objects.filter(user=desk.owner)
    if not mine.exists():
        ask_backtest(desk.owner)
    while not mine.filter(state=Backtest.State.DONE).exists():
        work()
    return {"id": mine.filter(state=Backtest.State.DONE).latest("created").pk}


# In an order in which each can be asked after the ones before.
RULES = {
    "GET bots/": Rule(200, EMPTY),
    "POST bots/": Rule(201, 400, new_bot),  # a stranger's body names an account that is not his
    "GET bots/{id}/": Rule(200, OWN),
    "PATCH bots/{id}/": Rule(200, OWN, lambda desk: {"controls": {"cooldown": 60}}),
    "POST bots/{id}/pause/": Rule(200, OWN, nothing),
    "POST bots/{id}/start/": Rule(200, OWN, nothing),
    "POST bots/{id}/evaluate/": Rule(200, OWN, nothing),
    "POST bots/{id}/test/": Rule(202, OWN, nothing),
    "GET bots/{id}/evaluations/": Rule(200, OWN),
    "GET bots/{id}/why/": Rule(200, OWN),
    "GET bots/{id}/versions/": Rule(200, OWN),
    "POST bots/{id}/rollback/": Rule(200, OWN, lambda desk: {"number": 1}),
    "POST bots/{id}/stop/": Rule(200, OWN, lambda desk: {"position": "keep"}),
    "DELETE bots/{id}/": Rule(409, OWN),  # it holds a position
    "GET evaluations/{id}/": Rule(200, OWN, place=lambda desk: {"id": desk.bot.evaluations.latest("at").pk}),
    "GET backtests/": Rule(200, EMPTY),
    "POST backtests/": Rule(201, 201, new_backtest),  # a stranger's own
    "GET backtests/markets/": Rule(200, SHARED),
    "GET backtests/{id}/": Rule(200, OWN, place=done_backtest),
    "GET backtests/{id}/result/": Rule(200, OWN, place=done_backtest),
    "GET backtests/{id}/trades.csv/": Rule(200, OWN, place=done_backtest),
    "POST backtests/{id}/cancel/": Rule(409, OWN, nothing, done_backtest),
    "DELETE backtests/{id}/": Rule(204, OWN, place=done_backtest),
    "GET me/": Rule(200, EMPTY),
    "GET orders/": Rule(200, EMPTY),
    "POST orders/": Rule(400, 400, new_order),  # a halt is in force; a stranger's body names an account not his
    "POST orders/estimate/": Rule(200, 400, new_order),
    "GET orders/{id}/": Rule(200, OWN, place=order),
    "PATCH orders/{id}/": Rule(409, OWN, lambda desk: {"limit_price": "200"}, order),  # a bot's
    "POST orders/cancellations/": Rule(200, 400, order_ids),
    "POST orders/{id}/cancel/": Rule(200, OWN, place=order),
    "GET order-groups/": Rule(200, EMPTY),
    "POST order-groups/": Rule(400, 400, new_group),  # the halt again
    "POST order-groups/estimate/": Rule(200, 400, new_group),
    "POST order-groups/cancellations/": Rule(200, 400, group_ids),
    "GET order-groups/kinds/": Rule(200, SHARED),
    "GET order-groups/{id}/": Rule(200, OWN, place=group),
    "PATCH order-groups/{id}/": Rule(409, OWN, lambda desk: {"params": {"stop_price": "50"}}, group),  # it is over
    "POST order-groups/{id}/cancel/": Rule(409, OWN, place=group),
    "GET positions/": Rule(200, EMPTY),
    "GET positions/{id}/": Rule(200, OWN, place=open_position),
    "POST positions/{id}/close/": Rule(409, OWN, nothing, open_position),  # a bot's
    "GET trades/": Rule(200, EMPTY),
    "GET trades/totals/": Rule(200, EMPTY),
    "GET trades/{id}/": Rule(200, OWN, place=trade),
    "GET ledger/entries/": Rule(200, EMPTY),
    "GET ledger/entries/{id}/": Rule(200, OWN, place=entry),
    "GET halts/": Rule(200, EMPTY),
    "POST halts/": Rule(201, 400, lambda desk: {"account": desk.account.pk, "level": "entries"}),
    "GET halts/{id}/": Rule(200, OWN, place=lambda desk: {"id": desk.halt.pk}),
    "POST halts/{id}/release/": Rule(
        200, OWN, lambda desk: {"reason": "seen", "password": PASSWORD}, lambda desk: {"id": desk.halt.pk}
    ),
    "GET connections/": Rule(200, EMPTY),
    "POST connections/": Rule(400, 400, lambda desk: {"label": "Main", "key": "none", "password": PASSWORD}),
    "GET connections/{id}/": Rule(200, OWN, place=connection),
    "POST connections/{id}/check/": Rule(409, OWN, nothing, connection),  # nobody can open its key
    "POST connections/{id}/live/": Rule(409, OWN, lambda desk: {"sure": "YES", "password": PASSWORD}, connection),
    "POST connections/{id}/pause/": Rule(200, OWN, nothing, connection),
    "DELETE connections/{id}/": Rule(204, OWN, place=connection),
    "GET accounts/": Rule(200, EMPTY),
    "POST accounts/": Rule(201, 201, lambda desk: {"name": "Another"}),
    "GET accounts/{id}/": Rule(200, OWN, place=account),
    "GET accounts/{id}/equity/": Rule(200, OWN, place=account),
    "GET accounts/{id}/history/": Rule(200, OWN, place=account),
    "GET accounts/{id}/limits/": Rule(200, OWN, place=account),
    "PATCH accounts/{id}/limits/": Rule(200, OWN, lambda desk: {"max_positions": 4}, account),
    "GET limit-changes/": Rule(200, EMPTY),
    "GET limit-changes/{id}/": Rule(200, OWN, place=limit_change),
    "POST limit-changes/{id}/cancel/": Rule(409, OWN, nothing, limit_change),  # in force already
    "POST accounts/{id}/deposits/": Rule(201, OWN, lambda desk: {"amount": "100"}, account),
    "POST accounts/{id}/reset/": Rule(200, OWN, lambda desk: {"reason": "anew"}, account),
    "GET strategies/": Rule(200, SHARED),
    "GET strategies/{name}/": Rule(200, SHARED, place=lambda desk: {"name": "ma_cross"}),
    "GET market/products/": Rule(200, SHARED),
    "GET market/products/{id}/": Rule(200, SHARED, place=product),
    "GET market/products/{id}/ticker/": Rule(200, SHARED, place=product),
    "GET market/products/{id}/candles/": Rule(200, SHARED, place=product),
    "GET market/products/{id}/quality/": Rule(200, SHARED, place=product),
    "GET market/venues/": Rule(200, SHARED),
    "GET market/venues/{venue}/stream/": Rule(200, SHARED, place=venue),
    "POST market/venues/{venue}/start/": Rule(403, 403, lambda desk: {"reason": "again"}, venue),  # operators' alone
    "POST market/venues/{venue}/stop/": Rule(403, 403, lambda desk: {"reason": "storm"}, venue),
}
READING = {"POST bots/{id}/evaluate/", "POST orders/estimate/", "POST order-groups/estimate/"}  # changes nothing
PUBLIC = {
    "GET /api/schema/", "GET /api/docs/", "GET /api/redoc/", "POST auth/token/", "POST auth/token/refresh/",
    "POST auth/token/verify/", "POST auth/token/revoke/",
}  # fmt: skip


def endpoints() -> list[str]:
    found = EndpointEnumerator().get_api_endpoints()
    return [f"{method} {path.removeprefix('/api/v1/').replace('{pk}', '{id}')}" for path, _, method, _ in found]


def ask(caller: Caller, desk: Desk, endpoint: str, rule: Rule) -> Any:
    method, path = endpoint.split(" ")
    return caller.ask(method, path.format_map(rule.place(desk)), rule.body(desk) if rule.body else None)


def answers(caller: Caller, desk: Desk) -> dict[str, int]:
    return {endpoint: ask(caller, desk, endpoint, rule).status_code for endpoint, rule in RULES.items()}


def test_every_endpoint_has_a_rule():
    assert set(endpoints()) == set(RULES) | PUBLIC


def test_the_owner_gets_what_is_hers(desk):
    assert answers(desk.caller, desk) == {endpoint: rule.owner for endpoint, rule in RULES.items()}


def test_a_stranger_gets_404_and_changes_nothing(desk, stranger):
    before = Bot.objects.values().get(pk=desk.bot.pk)
    assert answers(stranger, desk) == {endpoint: rule.stranger for endpoint, rule in RULES.items()}
    assert Bot.objects.values().get(pk=desk.bot.pk) == before


def test_a_stranger_sees_nothing_of_the_owner_in_lists(desk, stranger):
    for endpoint, rule in RULES.items():
        if endpoint.startswith("GET") and rule.stranger == EMPTY:
            answer = ask(stranger, desk, endpoint, rule)
            assert desk.bot.name not in answer.content.decode(), endpoint


def test_nobody_is_told_to_sign_in(desk):
    for endpoint, rule in RULES.items():
        answer = ask(Caller(), desk, endpoint, rule)
        assert answer.status_code == 401, endpoint
        assert answer.json()["code"] == "not_authenticated", endpoint


def test_a_token_that_may_read_changes_nothing(desk):
    reader = Caller(desk.owner, scope="read")
    for endpoint, rule in RULES.items():
        answer = ask(reader, desk, endpoint, rule)
        if endpoint.startswith("GET") or endpoint in READING:
            assert answer.status_code == rule.owner, endpoint
        else:
            assert answer.status_code == 403, endpoint
            assert "must be 'trade'" in answer.json()["detail"], endpoint


def test_a_token_that_may_trade_needs_no_session(desk):
    trader = Caller(desk.owner, scope="trade")
    assert trader.post(f"bots/{desk.bot.pk}/pause/").status_code == 200
    assert trader.get("me/").json()["scope"] == "trade"


def test_a_session_wants_the_token_against_forgery(desk):
    desk.caller.client.handler.enforce_csrf_checks = True
    answer = desk.caller.post(f"bots/{desk.bot.pk}/pause/")
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


@pytest.mark.parametrize("address", ["/api/", "/api/v1/", "/api/v2/bots/", "/api/v1/nothing/1/", "/api/v1/bots/x/"])
def test_an_unknown_address_is_a_problem_too(db, address):
    answer = Caller().get(address)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
