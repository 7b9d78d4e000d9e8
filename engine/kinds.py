"""The numbered words of the core. Stored in rows and records: never renumber, only append."""

from enum import IntEnum


class EventKind(IntEnum):
    OPEN = 0
    BAR = 1
    TIME = 2  # a minute in which nobody traded


class Side(IntEnum):
    BUY = 1
    SELL = -1


class OrderKind(IntEnum):
    MARKET = 0
    LIMIT = 1
    STOP = 2  # stop-market
    BRACKET = 3  # one exit order with a stop and a target; the stop wins inside a bar


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
    CANCELLED = 2  # a market order's rest that the funds or the volume did not cover


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
