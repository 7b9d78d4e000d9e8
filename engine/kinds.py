"""The numbered words of the core. Stored in rows and records: never renumber, only append."""

from enum import IntEnum


class EventKind(IntEnum):
    OPEN = 0
    BAR = 1
    TIME = 2  # a minute in which nobody traded
    CHANGE = 3  # no market event: an order changed or the clock moved; prices are the last known
    TICK = 4  # one live trade, at the position of the BAR in the making; plans see it, the matching does not


class Side(IntEnum):
    BUY = 1
    SELL = -1


class OrderKind(IntEnum):
    MARKET = 0
    LIMIT = 1
    STOP = 2  # stop-market
    BRACKET = 3  # one exit order with a stop and a target; the stop wins inside a bar
    STOP_LIMIT = 4  # rests as a limit order once its stop is hit


class TimeInForce(IntEnum):
    GTC = 0  # rests until it is filled or cancelled
    GTD = 1  # until a time
    IOC = 2  # what does not fill at once is cancelled
    FOK = 3  # fills at once and as a whole, or not at all


class Purpose(IntEnum):
    ENTRY = 0
    EXIT = 1  # out at market
    PROTECT = 2  # the resting stop and target of a position


class FillReason(IntEnum):
    MARKET = 0
    LIMIT = 1
    STOP = 2
    TARGET = 3


class Done(IntEnum):
    OPEN = 0  # rests on
    FILLED = 1
    CANCELLED = 2  # a market order's rest that the funds or the volume did not cover; what IOC and FOK leave
    EXPIRED = 3  # its time in force is over
    REJECTED = 4  # post-only, and it would have taken


class SizeMode(IntEnum):
    QUOTE = 0
    EQUITY = 1  # ratio of equity
    RISK = 2  # ratio of equity at risk between entry and stop


class BotState(IntEnum):
    RUNNING = 0
    PAUSED = 1  # no entries, exits managed
    STOPPED = 2  # nothing managed
    ERROR = 3


class HaltLevel(IntEnum):
    NONE = 0
    ENTRIES = 1  # no entries; exits go on
    ORDERS = 2  # every order cancelled, nothing placed until released
    FLATTEN = 3  # every position sold, then nothing placed


class Action(IntEnum):
    NONE = 0
    ENTER = 1
    EXIT = 2  # cancel the resting exit, sell at market
    PROTECT = 3  # put the missing stop / target back


class Verdict(IntEnum):
    ENTER = 0
    EXIT = 1
    PROTECT = 2
    HOLD = 3  # in a position or an order is working; nothing to do
    BLOCKED = 4  # no trade: the blocking gate says why
    MISSED = 5  # the bar was too old to act on


class ExitReason(IntEnum):
    NONE = 0
    SIGNAL = 1
    STOP = 2
    TARGET = 3
    MAX_HOLD = 4
    MANUAL = 5
    HALT = 6
    RESET = 7
    END = 8  # a backtest's last bar; the position is valued, not sold


class PlanKind(IntEnum):
    """What we make of plain orders where the exchange offers none of its own; see engine.plans."""

    TRIGGER = 0  # stop-market, stop-limit with escalation
    OCO = 1
    BRACKET = 2  # an entry and its exits
    TRAILING = 3
    ICEBERG = 4
    TWAP = 5


class PriceSource(IntEnum):
    LAST = 0
    DOUBLE_LAST = 1  # two prices in a row must say it: one bad tick does nothing


class PlanPhase(IntEnum):
    WAITING = 0  # for its trigger, its activation price or its start
    ARMED = 1  # a trailing stop follows the price
    WORKING = 2  # triggered, or at work from the start
    ESCALATED = 3  # the limit order is given up, the rest goes to the market
    ENDING = 4  # orders are being cancelled, nothing is placed
    DONE = 5


class PlanOutcome(IntEnum):
    NONE = 0  # not over
    FILLED = 1
    CANCELLED = 2  # by a person or a halt, or its entry was cancelled
    EXPIRED = 3  # its time was over first
    FAILED = 4  # the exchange kept refusing


class LegState(IntEnum):
    """Of the newest order of a leg."""

    NONE = 0  # never placed
    PENDING = 1  # committed, not known to be at the exchange
    OPEN = 2
    FILLED = 3
    ENDED = 4  # cancelled or expired
    UNKNOWN = 5  # perhaps at the exchange: may still fill, is never replaced
    CANCELLING = 6
    REFUSED = 7  # rejected or denied


class Deed(IntEnum):
    """What a plan wants done."""

    PLACE = 0
    CANCEL = 1
    AMEND = 2  # to the deed's quantity and prices; where the exchange cannot edit, cancel: the plan places anew
    END = 3  # the plan is over; its state says how


class DeedReason(IntEnum):
    NONE = 0
    START = 1
    TRIGGERED = 2
    ESCALATED = 3
    SIBLING = 4  # the other leg trades
    RESIZED = 5  # to what the entry filled or the position still holds
    RATCHET = 6  # the trailing stop moved
    SWAP = 7  # stop out and target in, or back
    SLICE = 8
    REFRESH = 9  # the market left the slice
    PAUSED = 10  # the price is beyond the plan's limit
    TIMEOUT = 11
    STOPPED = 12  # a person or a halt ends the plan
    FILLED = 13
    REFUSED = 14
