"""The gates of a decision, in the order in which they are asked. Numbers are stored: never renumber, only append.

A gate passes, blocks or is unknown; the first that blocks explains why no entry was made. Values and thresholds of
the strategy's own conditions stand at CONDITION .. CONDITION + 7, in the order the strategy names them.
"""

from dataclasses import dataclass
from enum import IntEnum

CONDITIONS = 8


class Gate(IntEnum):
    DATA = 0
    MARKET = 1
    STATE = 2
    HALT = 3
    HISTORY = 4
    CONDITION = 5  # 5..12
    SIGNAL = 13
    CONFIRMATION = 14
    FLAT = 15
    COOLDOWN = 16
    STEP = 17
    MAX_POSITIONS = 18
    POSITION_SIZE = 19
    EXPOSURE = 20
    DAILY_LOSS = 21
    BALANCE = 22
    MIN_SIZE = 23
    EXCHANGE = 24


@dataclass(frozen=True)
class GateText:
    """How a gate reads on a page: its name, what a pass demands, and the unit of value and threshold."""

    name: str
    rule: str  # with {value} and {threshold}
    unit: str  # 'seconds', 'ratio', 'quote', 'count', 'bars', 'flag', 'base'


TEXTS: dict[Gate, GateText] = {
    Gate.DATA: GateText("Data fresh", "the newest bar is {value} late, limit {threshold}", "seconds"),
    Gate.MARKET: GateText("Market tradable", "the market must be open for trading", "flag"),
    Gate.STATE: GateText("Bot running", "the bot must be running", "flag"),
    Gate.HALT: GateText("No halt", "no halt may be in force", "flag"),
    Gate.HISTORY: GateText("Enough history", "{value} bars of {threshold} needed", "bars"),
    Gate.SIGNAL: GateText("Signal", "confidence {value}, needs {threshold} and a long side", "ratio"),
    Gate.CONFIRMATION: GateText("Confirmation", "the signal has lasted {value} of {threshold}", "seconds"),
    Gate.FLAT: GateText("No open position", "the bot holds no position and no order is working", "flag"),
    Gate.COOLDOWN: GateText("Cooldown", "{value} since the last exit, needs {threshold}", "seconds"),
    Gate.STEP: GateText("Price step", "price moved {value} since the last entry, needs {threshold}", "ratio"),
    Gate.MAX_POSITIONS: GateText("Open positions", "{value} positions would be open, at most {threshold}", "count"),
    Gate.POSITION_SIZE: GateText("Position size", "{value} of equity, at most {threshold}", "ratio"),
    Gate.EXPOSURE: GateText("Exposure", "{value} of equity in the market, at most {threshold}", "ratio"),
    Gate.DAILY_LOSS: GateText("Daily loss", "{value} lost today, at most {threshold}", "quote"),
    Gate.BALANCE: GateText("Funds", "{value} needed, {threshold} free", "quote"),
    Gate.MIN_SIZE: GateText("Minimum size", "order of {value}, at least {threshold}", "quote"),
    Gate.EXCHANGE: GateText("Exchange accepting", "the exchange must accept orders", "flag"),
}
