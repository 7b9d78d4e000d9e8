"""What is asked for: orders of every kind, with prices near the market so that something happens within seconds."""

import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from apps.markets.models import Feed
from apps.orders.tickets import Ticket
from engine.kinds import OrderKind, PlanKind, TimeInForce

Params = dict[str, object]
BUYERS = (PlanKind.BRACKET, PlanKind.ICEBERG, PlanKind.TWAP, PlanKind.TRIGGER)
SELLERS = (PlanKind.OCO, PlanKind.TRAILING, PlanKind.TRIGGER, PlanKind.ICEBERG, PlanKind.TWAP)
FORCES = (TimeInForce.GTC, TimeInForce.GTC, TimeInForce.GTD, TimeInForce.IOC, TimeInForce.FOK)
CENT, LOT = Decimal("0.01"), Decimal("0.00000001")


@dataclass(frozen=True)
class Wish:
    """The market somebody looks at, and how much of its coins they may sell."""

    dice: random.Random
    feed: Feed
    has: Decimal

    @property
    def price(self) -> Decimal:
        return Decimal(repr(self.feed.price))

    def buy(self) -> Ticket:
        """At market, by what it may cost or by size."""
        if self.dice.random() < 0.5:
            return Ticket("buy", amount=self._money())
        return Ticket("buy", quantity=self._lot())

    def sell(self) -> Ticket:
        return Ticket("sell", quantity=self._part())

    def limit(self) -> Ticket:
        """Near the market, on either side of it."""
        side = "sell" if self.has and self.dice.random() < 0.4 else "buy"
        force = self.dice.choice(FORCES)
        rests = force in (TimeInForce.GTC, TimeInForce.GTD)
        ends = timezone.now() + timedelta(seconds=self.dice.uniform(5, 60))
        return Ticket(
            side, OrderKind.LIMIT, quantity=self._part() if side == "sell" else self._lot(),
            limit_price=self.near(0.002), time_in_force=force, post_only=rests and self.dice.random() < 0.3,
            expires=ends if force == TimeInForce.GTD else None,
        )  # fmt: skip

    def protect(self) -> Ticket:
        """A stop, a stop with a limit, or a bracket."""
        kind = self.dice.choice([OrderKind.STOP, OrderKind.STOP_LIMIT, OrderKind.BRACKET])
        stop, target = self.stop(), self._at(1 + self._ratio(0.001, 0.004))
        limit = {OrderKind.STOP_LIMIT: stop * Decimal("0.999"), OrderKind.BRACKET: target}.get(kind)
        return Ticket(
            "sell", kind, quantity=self._part(), stop_price=stop,
            limit_price=None if limit is None else limit.quantize(CENT),
        )  # fmt: skip

    def plan(self) -> tuple[PlanKind, Params]:
        """An advanced order: a sale of a part of what there is, or a purchase."""
        sells = bool(self.has) and self.dice.random() < 0.65
        kind = self.dice.choice(SELLERS if sells else BUYERS)
        quantity = self._part() if sells else self._lot()
        own: dict[PlanKind, Params] = {
            PlanKind.TRIGGER: self._trigger(sells), PlanKind.OCO: self._oco(), PlanKind.BRACKET: self._bracket(),
            PlanKind.TRAILING: self._trailing(),
            PlanKind.ICEBERG: {"display": (quantity / 4).quantize(LOT), "drift": "0.0005", "variance": "0.2"},
            PlanKind.TWAP: {"slices": self.dice.randint(2, 6), "duration": 12},
        }  # fmt: skip
        params: Params = {"side": "sell" if sells else "buy", "quantity": quantity} | own[kind]
        return kind, {name: str(value) if isinstance(value, Decimal) else value for name, value in params.items()}

    def near(self, width: float) -> Decimal:
        return self._at(1 + self._ratio(-width, width))

    def stop(self) -> Decimal:
        """Where a sale may be triggered soon."""
        return self._at(1 - self._ratio(0.001, 0.004))

    def _trigger(self, sells: bool) -> Params:
        """To the market, or with a limit and a ladder behind it. A seller's stop lies below, a buyer's above."""
        sign = -1 if sells else 1
        stop = self._at(1 + sign * self._ratio(0.0005, 0.002))
        if self.dice.random() < 0.4:
            return {"stop_price": stop}
        limit = (stop * (1 + sign * Decimal("0.0001"))).quantize(CENT)
        return {"stop_price": stop, "limit_price": limit, "escalate_after": 3, "escalate_beyond": "0.002",
                "escalate_cap": "0.02"}  # fmt: skip

    def _oco(self) -> Params:
        stop = self._at(1 - self._ratio(0.0008, 0.002))
        limited: Params = {"stop_limit_price": (stop * Decimal("0.999")).quantize(CENT)}
        target = self._at(1 + self._ratio(0.0008, 0.002))
        return {"stop_price": stop, "target_price": target, "swap": 3} | (limited if self.dice.random() < 0.4 else {})

    def _bracket(self) -> Params:
        """An entry at market or at a limit, and its exits."""
        exits: Params = {"stop_price": self._at(1 - self._ratio(0.001, 0.003)), "swap": 3,
                         "target_price": self._at(1 + self._ratio(0.001, 0.003))}  # fmt: skip
        return exits | ({"limit_price": self._at(1 - self._ratio(0.0, 0.0005))} if self.dice.random() < 0.5 else {})

    def _trailing(self) -> Params:
        """By a ratio or an amount, armed at once or at a price, to the market or with a limit."""
        callback = self._ratio(0.0003, 0.001)
        drawn: Params = {"every": 1, "rest": self.dice.random() < 0.5}
        drawn |= {"callback": callback} if self.dice.random() < 0.6 else {"callback_amount": self._at(callback)}
        if self.dice.random() < 0.3:
            drawn["activation_price"] = self._at(1 + self._ratio(0.0002, 0.0008))
        return drawn | ({"order": "limit", "offset": "0.0005", "escalate_after": 3} if self.dice.random() < 0.4 else {})

    def _at(self, ratio: Decimal) -> Decimal:
        return (self.price * ratio).quantize(CENT)

    def _ratio(self, least: float, most: float) -> Decimal:
        return Decimal(repr(round(self.dice.uniform(least, most), 6)))

    def _money(self) -> Decimal:
        return Decimal(repr(round(self.dice.uniform(20, 800), 2)))

    def _lot(self) -> Decimal:
        return (self._money() / self.price).quantize(LOT)

    def _part(self) -> Decimal:
        return (self.has * self._ratio(0.1, 0.5)).quantize(LOT)
