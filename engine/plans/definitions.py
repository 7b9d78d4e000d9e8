"""Every kind of advanced order with its parameters: the one definition behind forms, API and docs."""

from dataclasses import dataclass, replace
from decimal import Decimal as D

from engine.kinds import PlanKind
from engine.plans.fields import Field

YEAR = D(366 * 86400)

SIDE = Field("side", "Side", "choice", required=True, choices=(("buy", "Buy"), ("sell", "Sell")))
QUANTITY = Field("quantity", "Quantity", "quantity", required=True, help="In the base currency.")
STOP = Field(
    "stop_price", "Stop price", "price", required=True,
    help="A seller's stop lies below the price, a buyer's above it.",
)  # fmt: skip
STOP_LIMIT = Field(
    "stop_limit_price", "Stop limit price", "price",
    help="The stop places a limit order at this price; without it, it goes to the market.",
)  # fmt: skip
TARGET = Field("target_price", "Target price", "price", required=True, help="Take profit: a limit order.")
EXPIRES = Field(
    "expires", "Good until", "time", help="The order ends then; without it, when it is filled or cancelled."
)
SOURCE = Field(
    "source", "Price source", "choice", default="last",
    choices=(("last", "Last price"), ("double_last", "Two prices in a row")),
    help="Two in a row: one bad tick does not trigger it.",
)  # fmt: skip
SWAP = Field(
    "swap", "Seconds to fill the target", "seconds", default=10, minimum=D(1), maximum=D(3600),
    help="Where only one order can hold the coins: so long the target rests in place of the stop.",
)  # fmt: skip
AFTER = Field(
    "escalate_after", "To the market after", "seconds", default=0, minimum=D(0), maximum=D(86400),
    help="Seconds after the trigger; 0 = never.",
)  # fmt: skip
BEYOND = Field(
    "escalate_beyond", "To the market beyond", "ratio", default=D(0), minimum=D(0), maximum=D("0.5"),
    help="When the price is worse than the limit by this much; 0 = never.",
)  # fmt: skip
CAP = Field(
    "escalate_cap", "But no worse than", "ratio", default=D(0), minimum=D(0), maximum=D("0.5"),
    help="From the stop price: there the rest waits as a limit order; 0 = any price.",
)  # fmt: skip
LADDER = (AFTER, BEYOND, CAP)
POST_ONLY = Field("post_only", "Post only", "flag", default=False, help="Refused rather than filled at once.")
GUARD = Field("limit_price", "Worst price", "price", help="Nothing trades beyond it.")
OFFSET = Field("offset", "Distance from the last price", "ratio", default=D(0), minimum=D(0), maximum=D("0.1"))


@dataclass(frozen=True)
class Definition:
    """A kind of plan for people: what it does in a sentence and what it asks. ``short``: where room is rare."""

    kind: PlanKind
    title: str
    description: str
    fields: tuple[Field, ...]
    short: str = ""

    @property
    def name(self) -> str:
        return self.kind.name.lower()

    @property
    def noun(self) -> str:
        """Within a sentence: 'sell OCO', 'buy trailing stop'."""
        word = self.short or self.title
        return word if word.isupper() else word.lower()


TRIGGER = Definition(
    PlanKind.TRIGGER, "Stop", "Trades at market, or with a limit, once the price reaches a trigger.",
    (
        SIDE, QUANTITY, STOP,
        Field("limit_price", "Limit price", "price", help="Without it the order goes to the market."),
        Field(
            "when", "Triggers when the price", "choice", default="against",
            choices=(("against", "moves against you"), ("above", "is at or above it"), ("below", "is at or below it")),
        ),
        *LADDER, SOURCE, EXPIRES,
    ),
)  # fmt: skip
OCO = Definition(
    PlanKind.OCO, "One cancels the other", "A stop and a target for the same coins: the first to trade ends the other.",
    (SIDE, QUANTITY, STOP, TARGET, STOP_LIMIT, SWAP, *LADDER, SOURCE, EXPIRES),
    short="OCO",
)  # fmt: skip
BRACKET = Definition(
    PlanKind.BRACKET, "Bracket", "An entry, and a stop and a target for whatever it fills.",
    (
        SIDE, QUANTITY,
        Field("limit_price", "Entry price", "price", help="Without it the entry goes to the market."),
        Field("stop_price", "Stop price", "price", exit=True),
        Field("target_price", "Target price", "price", exit=True),
        replace(STOP_LIMIT, exit=True),
        Field(
            "time_in_force", "Entry's time in force", "choice", default="gtc",
            choices=(("gtc", "Until cancelled"), ("gtd", "Until a time"), ("ioc", "At once or not"),
                     ("fok", "At once and whole, or not")),
        ),
        POST_ONLY, SWAP, *LADDER, SOURCE,
        Field("expires", "Entry good until", "time", help="What it has filled by then keeps its exits."),
    ),
)  # fmt: skip
TRAILING = Definition(
    PlanKind.TRAILING, "Trailing stop", "A stop that follows the price and never goes back.",
    (
        SIDE, QUANTITY,
        Field("callback", "Callback", "ratio", minimum=D("0.0001"), maximum=D("0.5"),
              help="0.02 is 2 % of the extreme."),
        Field("callback_amount", "Callback in quote", "price", help="Instead of a ratio."),
        Field("activation_price", "Activation price", "price", help="It begins to follow there; without it at once."),
        Field("activation_profit", "Activation profit", "ratio", minimum=D(0), maximum=D(10),
              help="Instead of a price: so far from the entry price."),
        Field("entry_price", "Entry price", "price", help="For the activation profit."),
        Field("order", "Sells by", "choice", default="market", choices=(("market", "Market"), ("limit", "Limit"))),
        Field("offset", "Limit beyond the stop", "ratio", default=D(0), minimum=D(0), maximum=D("0.1")),
        SOURCE,
        Field("rest", "Rests at the exchange", "flag", default=True, help="Where the exchange holds stops."),
        Field("every", "Seconds between moves there", "seconds", default=10, minimum=D(1), maximum=D(3600)),
        *LADDER, EXPIRES,
    ),
)  # fmt: skip
ICEBERG = Definition(
    PlanKind.ICEBERG, "Iceberg", "A large order of which the market sees a part at a time.",
    (
        SIDE, QUANTITY,
        Field("display", "Shown at a time", "quantity", required=True),
        Field("variance", "Variance", "ratio", default=D("0.1"), minimum=D(0), maximum=D("0.5"),
              help="Slices differ by up to this much, by chance."),
        OFFSET, GUARD,
        Field("drift", "Shown again when the price leaves by", "ratio", default=D("0.002"), minimum=D(0),
              maximum=D("0.1"), help="0 = a slice stays where it is."),
        POST_ONLY, EXPIRES,
    ),
)  # fmt: skip
TWAP = Definition(
    PlanKind.TWAP, "TWAP", "Equal slices over a time, whatever the price does.",
    (
        SIDE, QUANTITY,
        Field("slices", "Slices", "count", required=True, minimum=D(2), maximum=D(1000)),
        Field("duration", "Duration in seconds", "seconds", required=True, minimum=D(10), maximum=YEAR),
        Field("offset", "Distance from the last price", "ratio", default=D("0.001"), minimum=D(0), maximum=D("0.1"),
              help="Each slice is a limit order so far through the price."),
        GUARD,
    ),
)  # fmt: skip

DEFINITIONS: dict[PlanKind, Definition] = {
    definition.kind: definition for definition in (TRIGGER, OCO, BRACKET, TRAILING, ICEBERG, TWAP)
}
