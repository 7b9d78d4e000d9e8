"""S1 and S2 as anyone would write them by hand: one fused loop, indicators included, nothing general.

They share no code with the engine. What they take over from it are its conventions: warm-up, sizing at the close of
the signal on equity to seven digits, whole lots, prices on the tick.
"""

import math

import numba
import numpy as np

TRADE = np.dtype(
    [("entry_time", "i8"), ("exit_time", "i8"), ("entry_price", "f8"), ("exit_price", "f8"), ("qty", "i8"),
     ("pnl", "f8"), ("reason", "i1")]
)  # fmt: skip
SIGNAL, STOP, TARGET, MAX_HOLD, END = 1, 2, 3, 4, 8  # as in engine.kinds.ExitReason


@numba.njit(cache=True, error_model="numpy")
def seven_digits(amount: float, lift: float) -> float:
    scale = 1.0
    while amount * scale < 1e6:
        scale *= 10.0
    while amount * scale >= 1e7:
        scale /= 10.0
    return math.floor(amount * scale + lift) / scale


@numba.njit(cache=True, error_model="numpy")
def up(price: float, ticks: float) -> float:
    return math.ceil(price * ticks - 1e-6) / ticks


@numba.njit(cache=True, error_model="numpy")
def down(price: float, ticks: float) -> float:
    return math.floor(price * ticks + 1e-6) / ticks


@numba.njit(cache=True, error_model="numpy")
def s1(
    time: np.ndarray,
    opening: np.ndarray,
    high: np.ndarray,
    low: np.ndarray,
    close: np.ndarray,
    volume: np.ndarray,
    cash: float,
    fee: float,
    ticks: float,
    lot: float,
    warmup: int,
    trades: np.ndarray,
) -> tuple[int, float]:
    """EMA 50, RSI 14 in 55..70, volume above 1.5 times its mean of 20; stop 0.5 %, target 0.4 %, ten minutes, 25 %.

    ``ticks``: ticks to one of quote. Returns the number of trades and the final equity.
    """
    ema = sum_close = gain = loss = sum_volume = 0.0
    k = 2.0 / 51.0
    qty, entry, cost, stop, target, until, pending, leaving, count = 0, 0.0, 0.0, 0.0, 0.0, 0, 0, False, 0
    funds = 0.0
    for i in range(close.size):
        last = close[i]
        # indicators
        if i < 50:
            sum_close += last
            ema = sum_close / (i + 1)
        else:
            ema += k * (last - ema)
        change = last - close[i - 1] if i > 0 else 0.0
        rise, fall = max(change, 0.0), max(-change, 0.0)
        if i <= 14:
            gain += rise / 14.0
            loss += fall / 14.0
        else:
            gain = (gain * 13.0 + rise) / 14.0
            loss = (loss * 13.0 + fall) / 14.0
        sum_volume += volume[i]
        if i >= 20:
            sum_volume -= volume[i - 20]
        # the bar's first trade
        if leaving:
            price, leaving = down(opening[i], ticks), False
            cash += qty * lot * price * (1.0 - fee)
            trade = trades[count]
            trade["exit_time"], trade["exit_price"], trade["reason"] = time[i], price, MAX_HOLD
            trade["pnl"] = qty * lot * price * (1.0 - fee) - cost
            qty, count = 0, count + 1
        elif pending > 0:
            entry = up(opening[i], ticks)
            qty, pending = min(pending, int(funds * (1.0 - 1e-12) / (entry * (1.0 + fee) * lot))), 0
            if qty > 0:
                cost = qty * lot * entry * (1.0 + fee)
                cash -= cost
                stop, target, until = up(entry * 0.995, ticks), up(entry * 1.004, ticks), time[i] + 600
                trade = trades[count]
                trade["entry_time"], trade["entry_price"], trade["qty"] = time[i], entry, qty
        elif qty > 0 and (opening[i] <= stop or opening[i] > target):
            stopped = opening[i] <= stop
            price = down(opening[i], ticks) if stopped else target
            cash += qty * lot * price * (1.0 - fee)
            trade = trades[count]
            trade["exit_time"], trade["exit_price"], trade["reason"] = time[i], price, STOP if stopped else TARGET
            trade["pnl"] = qty * lot * price * (1.0 - fee) - cost
            qty, count = 0, count + 1
        # the rest of it
        if qty > 0:
            if low[i] <= stop or high[i] > target:
                stopped = low[i] <= stop
                price = down(min(stop, opening[i]), ticks) if stopped else target
                cash += qty * lot * price * (1.0 - fee)
                trade = trades[count]
                trade["exit_time"], trade["exit_price"] = time[i] + 60, price
                trade["reason"] = STOP if stopped else TARGET
                trade["pnl"] = qty * lot * price * (1.0 - fee) - cost
                qty, count = 0, count + 1
            elif time[i] + 60 >= until or (i + 1 < time.size and time[i + 1] >= until):
                leaving = True  # also when the time runs out in minutes without a trade
        # the signal at its close
        if qty == 0 and i + 1 >= warmup and last > ema and volume[i] > 1.5 * (sum_volume / 20.0):
            rsi = 100.0 * gain / (gain + loss) if gain + loss > 0.0 else 0.0
            if 55.0 <= rsi <= 70.0:
                pending = int(0.25 * seven_digits(cash, 0.5) / last / lot)
                pending = min(pending, int(seven_digits(cash, 1e-6) * (1.0 - 1e-12) / (last * (1.0 + fee) * lot)))
                funds = min(cash, pending * lot * last * (1.0 + fee) * 1.02)
    if qty > 0:
        trade = trades[count]
        trade["exit_time"], trade["exit_price"], trade["reason"] = time[-1] + 60, close[-1], END
        trade["pnl"] = qty * lot * close[-1] - cost
        cash, count = cash + qty * lot * close[-1], count + 1
    return count, cash


@numba.njit(cache=True, error_model="numpy")
def s2(
    time: np.ndarray,
    opening: np.ndarray,
    close: np.ndarray,
    cash: float,
    fee: float,
    ticks: float,
    lot: float,
    warmup: int,
    trades: np.ndarray,
) -> tuple[int, float]:
    """SMA 10 crosses SMA 30: all in and out again at the next open. Returns the number of trades and the equity."""
    fast = slow = 0.0
    qty, cost, count, pending, funds, leaving, side = 0, 0.0, 0, 0, 0.0, False, 0
    for i in range(close.size):
        last = close[i]
        if leaving:
            price, leaving = down(opening[i], ticks), False
            cash += qty * lot * price * (1.0 - fee)
            trade = trades[count]
            trade["exit_time"], trade["exit_price"], trade["reason"] = time[i], price, SIGNAL
            trade["pnl"] = qty * lot * price * (1.0 - fee) - cost
            qty, count = 0, count + 1
        elif pending > 0:
            entry = up(opening[i], ticks)
            qty, pending = min(pending, int(funds * (1.0 - 1e-12) / (entry * (1.0 + fee) * lot))), 0
            cost = qty * lot * entry * (1.0 + fee)
            cash -= cost
            trade = trades[count]
            trade["entry_time"], trade["entry_price"], trade["qty"] = time[i], entry, qty
        fast += last
        slow += last
        if i >= 10:
            fast -= close[i - 10]
        if i >= 30:
            slow -= close[i - 30]
        gap = 3.0 * fast / slow - 1.0
        before, side = side, 1 if gap > 1e-9 else (-1 if gap < -1e-9 else 0)
        if i + 1 < warmup:
            continue
        if qty > 0 and side < 0 <= before:
            leaving = True
        elif qty == 0 and before <= 0 < side:
            whole = seven_digits(cash, 1e-6)
            pending = int(seven_digits(cash, 0.5) / last / lot)
            pending = min(pending, int(whole * (1.0 - 1e-12) / (last * (1.0 + fee) * lot)))
            funds = min(cash, pending * lot * last * (1.0 + fee) * 1.02)
    if qty > 0:
        trade = trades[count]
        trade["exit_time"], trade["exit_price"], trade["reason"] = time[-1] + 60, close[-1], END
        trade["pnl"] = qty * lot * close[-1] - cost
        cash, count = cash + qty * lot * close[-1], count + 1
    return count, cash
