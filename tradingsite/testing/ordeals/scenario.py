"""Who trades in the ordeals: two people and five bots that act often, so that every stretch has work to lose."""

from apps.accounts.models import TradingAccount
from apps.markets.models import Feed, MarketSession, Product
from apps.markets.recordings import DEFAULT, RECORDINGS
from apps.markets.services import event_commit
from apps.markets.sources.replay import ReplaySource
from apps.orders.groups.creation import group_create
from apps.orders.services import orders_work
from engine.kinds import PlanKind
from tradingsite.testing.market import Market
from tradingsite.testing.people import NO_LIMITS, make_account, make_bot, make_user

EAGER = {"ema": 10, "rsi": 3, "rsi_low": 50, "rsi_high": 95, "volume_sma": 5, "volume_factor": 0.4}
SLOW = {"max_age": 0}  # an ordeal may hold the market up for longer than data stays fresh


def source() -> ReplaySource:
    """The recording that the stream plays, as fast as it settles."""
    return ReplaySource(RECORDINGS[DEFAULT], 0)


def begin() -> None:
    """Opens the session that the stream will find, with everybody in it."""
    session = source().begin(None)
    product = session.feeds.get().product
    shared = make_account(make_user(), slippage="0.0002", limits=SLOW)
    make_bot(shared, product, strategy="ema_rsi_volume", params=EAGER | {"hold": 240}, size=0.08)
    make_bot(
        shared, product, strategy="ma_cross", timeframe=300, size=0.09,
        params={"fast": 2, "slow": 3, "stop": 0.002, "target": 0.003, "hold": 420},
    )  # fmt: skip
    make_bot(
        shared, product, strategy="ema_rsi_volume", size=0.06,
        params=EAGER | {"stop": 0.0005, "target": 0.0005, "hold": 120},
    )  # fmt: skip
    other = make_user()
    everything = make_account(other, limits=NO_LIMITS)
    make_bot(everything, product, strategy="ema_rsi_volume", params=EAGER | {"hold": 180}, size=1.0)
    crossing = make_account(other, slippage="0.0005", limits=NO_LIMITS)
    make_bot(
        crossing, product, strategy="ma_cross", params={"fast": 2, "slow": 4, "stop": 0.001, "target": 0.001}, size=0.5
    )
    _begin_groups(make_account(other, limits=NO_LIMITS), product)


def _begin_groups(account: TradingAccount, product: Product) -> None:
    """Advanced orders: one that follows the price, one that shows a part at a time."""
    trailing: dict[str, object] = {"side": "buy", "quantity": "0.01", "callback": "0.0005"}
    iceberg: dict[str, object] = {"side": "buy", "quantity": "0.02", "display": "0.001", "drift": "0.0002"}
    for kind, params in ((PlanKind.TRAILING, trailing), (PlanKind.ICEBERG, iceberg)):
        group = group_create(
            user=account.owner, account=account, product=product, kind=kind, params=params, request=kind.name
        )
        group.params["seed"] = 7  # slices by chance, and the same by chance each time
        group.save(update_fields=["params"])
    orders_work(account.pk)  # before the first event, in every run


def play(until: int) -> None:
    """Plays the session undisturbed in this process up to the event at position ``until``."""
    session = MarketSession.objects.get()
    product = session.feeds.get().product
    market = Market(product, session=session)
    for event in source().events(session, after=Feed.objects.get().position):
        if event.position(session) > until:
            break
        event_commit(session=session, product=product, event=event)
        market.settle()
