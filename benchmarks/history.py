"""A trader with a past: as many bots, decisions, trades, orders, fills and ledger lines as a busy month leaves."""

import random
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from django.utils import timezone

from apps.accounts.models import User
from apps.bots.models import Bot, Evaluation
from apps.bots.partitions import partition_ensure
from apps.bots.services import bot_create, bot_start
from apps.ledger.models import Position
from apps.markets.files import read_candles
from apps.markets.models import Feed, MarketSession, Product
from apps.markets.services import product_upsert, session_open
from apps.orders.models import Fill, Order
from apps.portfolio.models import EquitySnapshot
from apps.portfolio.services import paper_account_open
from engine.events import event_position
from engine.gates import CONDITIONS, Gate
from engine.kinds import Action, EventKind, OrderKind, Verdict
from engine.orders.states import OrderState
from tradingsite.launcher.layout import ROOT

RECORDING = ROOT / "apps/markets/recordings/coinbase_BTC-USD_1m_2020-02.parquet"
GATES = len(Gate) + CONDITIONS - 1
MINUTE = 60
SIZE = Decimal("0.01")


class History:
    """Makes the rows; ``owner`` is whose pages are measured."""

    def __init__(self, *, bots: int, trades: int, evaluations: int) -> None:
        self.random = random.Random(1)
        self.candles = read_candles(str(RECORDING))
        self.now = int(self.candles["time"][-1]) + MINUTE
        self.product, self.session = self._market()
        self.owner = User.objects.create_user("trader@example.org")
        self.account = paper_account_open(
            user=self.owner, name="Benchmark", venue=self.product.venue, deposit=Decimal(1_000_000)
        )
        self.bots = [self._bot(number) for number in range(bots)]
        self._decide(evaluations)
        self._trade(trades)
        self._snapshots()

    def _market(self) -> tuple[Product, MarketSession]:
        product = product_upsert(
            venue="replay", symbol="BTC-USD", base_increment=Decimal("0.00000001"), quote_increment=Decimal("0.01"),
            base_min_size=Decimal("0.00000001"), quote_min_size=Decimal(1),
        )  # fmt: skip
        session = session_open(
            venue="replay", title="benchmark", history={product: self.candles[:-1]},
            starts=int(self.candles["time"][-1]), ends=self.now,
        )  # fmt: skip
        Feed.objects.filter(product=product).update(
            market_time=self.now, price=float(self.candles["close"][-1]), updated=timezone.now(),
            position=event_position(session=session.pk, time=self.now - MINUTE, kind=EventKind.BAR),
        )  # fmt: skip
        return product, session

    def _bot(self, number: int) -> Bot:
        strategy = ("ema_rsi_volume", "ma_cross")[number % 2]
        bot = bot_create(
            user=self.owner, account=self.account, product=self.product, name=f"Bot {number + 1}", strategy=strategy,
            timeframe=MINUTE, params={}, controls={"size": 0.01},
        )  # fmt: skip
        return bot_start(bot=bot, user=self.owner)

    def _decide(self, count: int) -> None:
        bars = np.resize(self.candles[-(count // len(self.bots)) :], count // len(self.bots))
        for day in {self._at(int(bar["time"])).date() for bar in bars}:
            partition_ensure(day)
        rows = (self._evaluation(bot, bar, seq) for seq, bar in enumerate(bars) for bot in self.bots)
        Evaluation.objects.bulk_create(rows, batch_size=5_000)

    def _evaluation(self, bot: Bot, bar: np.void, seq: int) -> Evaluation:
        at = self._at(int(bar["time"]) + MINUTE)
        blocking = self.random.choice([Gate.SIGNAL, Gate.CONDITION, Gate.FLAT, Gate.COOLDOWN])
        position = event_position(session=self.session.pk, time=int(bar["time"]), kind=EventKind.BAR)
        return Evaluation(
            day=at.date(), bot=bot, version=bot.version, position=position,
            at=at, seq=seq, verdict=Verdict.BLOCKED, action=Action.NONE, blocking=blocking, passed=1, unknown=0,
            price=float(bar["close"]), score=self.random.uniform(-1, 1), confidence=self.random.random(),
            values=[0.5] * GATES, thresholds=[0.7] * GATES,
        )  # fmt: skip

    def _trade(self, count: int) -> None:
        """Round trips of all bots over the recording, each with two orders and two fills."""
        positions, orders, fills = [], [], []
        first, last = int(self.candles["time"][0]), self.now - 3600
        for number in range(count):
            bot = self.bots[number % len(self.bots)]
            opened = first + (last - first) * number // count // MINUTE * MINUTE
            index = int(np.searchsorted(self.candles["time"], opened))
            held = self.random.randint(1, 59)
            entry = Decimal(str(float(self.candles["close"][index])))
            leave = Decimal(str(float(self.candles["close"][min(index + held, len(self.candles) - 1)])))
            times = self._at(opened), self._at(opened + held * MINUTE)
            positions.append(self._position(bot, entry, leave, *times))
            for side, price, moment in (("buy", entry, opened), ("sell", leave, opened + held * MINUTE)):
                order = self._order(bot, side, price, self._at(moment))
                orders.append(order)
                fills.append(self._fill(order, price, number))
        Position.objects.bulk_create(positions, batch_size=2_000)
        Order.objects.bulk_create(orders, batch_size=2_000)
        Fill.objects.bulk_create(fills, batch_size=2_000)

    def _position(self, bot: Bot, entry: Decimal, leave: Decimal, opened: datetime, closed: datetime) -> Position:
        fees = ((entry + leave) * SIZE * Decimal("0.006")).quantize(Decimal("0.00000001"))
        return Position(
            account=self.account, generation=1, holder=bot.holder, product=self.product, quantity=Decimal(0),
            bought=SIZE, bought_notional=entry * SIZE, sold=SIZE, sold_notional=leave * SIZE, fees=fees,
            opened=opened, closed=closed, reason=self.random.choice(["stop", "target", "signal", "max_hold"]),
            stop=0.01,
        )  # fmt: skip

    def _order(self, bot: Bot, side: str, price: Decimal, at: datetime) -> Order:
        return Order(
            account=self.account, generation=1, holder=bot.holder, product=self.product, client_order_id=uuid.uuid4(),
            purpose="entry" if side == "buy" else "exit", side=side, kind=OrderKind.MARKET, quantity=SIZE, filled=SIZE,
            filled_notional=SIZE * price, fees=SIZE * price * Decimal("0.006"), decided=at,
            state=OrderState.FILLED, submitted=timezone.now(), finished=timezone.now(),
        )  # fmt: skip

    def _fill(self, order: Order, price: Decimal, number: int) -> Fill:
        return Fill(
            order=order, account=self.account, trade_id=str(number), at=order.decided, price=price, quantity=SIZE,
            fee=order.fees, fee_currency="USD", seq=number,
        )  # fmt: skip

    def _snapshots(self) -> None:
        every = timedelta(minutes=15)
        worth = Decimal(1_000_000)
        rows = []
        for back in range(4 * 24 * 30, 0, -1):
            worth += Decimal(self.random.randint(-500, 500))
            at = self._at(self.now) - back * every
            rows.append(
                EquitySnapshot(account=self.account, generation=1, at=at, equity=worth, cash=worth, deposited=1_000_000)
            )
        EquitySnapshot.objects.bulk_create(rows, ignore_conflicts=True)

    def _at(self, seconds: int) -> datetime:
        return datetime.fromtimestamp(seconds, UTC)
