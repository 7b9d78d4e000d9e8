"""Record layouts shared by the compiled core and its callers.

Units everywhere in the core: time in int64 seconds UTC; quantity in int64 lots (multiples of the product's
base increment); price in float64 quote per base, snapped to the tick; cash, fees and notionals in float64 quote;
ratios as plain numbers (0.006 is 0.6 %). A bar's ``time`` is its opening time.
"""

import numpy as np

Record = np.void  # one row of such an array, as the compiled functions take it: array[0]

CANDLE = np.dtype([("time", "i8"), ("open", "f8"), ("high", "f8"), ("low", "f8"), ("close", "f8"), ("volume", "f8")])

# One row a decision bar. stop and target are distances from the entry fill as ratios of its price, 0 = none;
# hold is the longest time in the position in seconds of clock time, 0 = no limit.
SIGNAL = np.dtype(
    [
        ("side", "i1"),  # +1 long, -1 short (on spot: close), 0 none
        ("score", "f8"),  # -1..+1
        ("confidence", "f8"),  # 0..1
        ("stop", "f8"),
        ("target", "f8"),
        ("hold", "i8"),
    ]
)

# What happened on the market. position is the place in the venue's event sequence (see engine.events).
EVENT = np.dtype(
    [
        ("position", "i8"),
        ("kind", "i1"),  # EventKind
        ("time", "i8"),  # OPEN: opening time; BAR and TIME: closing time
        # OPEN: every price is the open. TIME: every price is the last close known (NaN = none yet), volume 0;
        # nothing fills on it, but a decision may value the account at it.
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
    ]
)

# How a product trades and what trading costs.
RULES = np.dtype(
    [
        ("tick", "f8"),  # price increment, quote
        ("lot", "f8"),  # base increment, base
        ("min_qty", "i8"),  # lots
        ("min_notional", "f8"),  # quote
        ("maker", "f8"),  # fee ratio
        ("taker", "f8"),
        ("slippage", "f8"),  # ratio added to market and stop fills
        ("volume_share", "f8"),  # at most this share of a bar's volume fills, 0 = no cap
    ]
)

# An order as the matching sees it.
ORDER = np.dtype(
    [
        ("id", "i8"),
        ("side", "i1"),  # +1 buy, -1 sell
        ("kind", "i1"),  # OrderKind
        ("qty", "i8"),  # lots asked for
        ("filled", "i8"),  # lots
        ("limit", "f8"),  # limit or target price, 0 = none
        ("stop", "f8"),  # trigger price, 0 = none
        ("funds", "f8"),  # quote left of the hold of a buy: fills and fees never cost more; 0 on sells
        ("arrival", "i8"),  # event position at arrival: only later events match
        ("triggered", "b1"),  # the stop was hit; what is left trades like a market order
        ("resting", "b1"),  # saw an event since its arrival: a limit order makes from then on, it no longer takes
        ("tif", "i1"),  # TimeInForce; IOC and FOK are for limit orders
        ("post_only", "b1"),  # refused where it would take
        ("expires", "i8"),  # GTD: first second at which it no longer works
    ]
)

FILL = np.dtype(
    [
        ("order", "i8"),
        ("position", "i8"),  # of the event that filled it
        ("time", "i8"),
        ("price", "f8"),
        ("qty", "i8"),  # lots
        ("fee", "f8"),  # quote
        ("maker", "b1"),
        ("reason", "i1"),  # FillReason
        ("done", "i1"),  # Done: what became of the order
    ]
)

# The strategy's own conditions at a decision, in the order in which it names them.
CONDITIONS = np.dtype(
    [
        ("values", "f8", (8,)),  # NaN = could not be judged
        ("thresholds", "f8", (8,)),
        ("passed", "i8"),  # bit k: condition k holds
        ("used", "i8"),  # bit k: the strategy has a condition k
    ]
)

# A bot's settings, compiled.
SETTINGS = np.dtype(
    [
        ("size_mode", "i1"),  # SizeMode
        ("size", "f8"),  # quote, ratio of equity, or ratio at risk
        ("confirmation", "i8"),  # seconds a signal must last, 0 = off
        ("cooldown", "i8"),  # seconds after an exit
        ("step", "f8"),  # least price move between two entries as a ratio, 0 = off
        ("min_confidence", "f8"),
        ("timeframe", "i8"),  # seconds of the decision bar
    ]
)

# An account's hard limits, compiled. Zero switches a rule off.
POLICY = np.dtype(
    [
        ("max_positions", "i8"),
        ("max_position", "f8"),  # ratio of equity
        ("max_exposure", "f8"),  # ratio of equity
        ("daily_loss", "f8"),  # ratio of the day's opening equity
        ("daily_loss_amount", "f8"),  # quote
        ("max_age", "i8"),  # seconds after which data counts as stale
    ]
)

# What the account and the bot look like at the decision; rebuilt from order and ledger rows, never saved.
VIEW = np.dtype(
    [
        ("cash", "f8"),  # free quote of the account (total - held)
        ("equity", "f8"),  # marked to market, quote; NaN when a price is missing
        ("day_equity", "f8"),  # equity at the start of the market day (UTC)
        ("positions", "i8"),  # open positions and pending entries of the account, this bot's included
        ("exposure", "f8"),  # quote in positions and pending entries of the account
        ("qty", "i8"),  # lots this bot holds
        ("entry_price", "f8"),  # average of this position
        ("entry_time", "i8"),
        ("protected", "i8"),  # lots covered by a live exit order of this bot
        ("entry_pending", "b1"),  # an entry order of this bot is alive
        ("exit_pending", "b1"),  # a market exit of this bot is alive
        ("stop", "f8"),  # ratios and hold of the entry that opened this position, as the signal gave them
        ("target", "f8"),
        ("hold", "i8"),
        ("state", "i1"),  # BotState
        ("halt", "i1"),  # HaltLevel, the strongest in force
        ("tradable", "b1"),  # product status
        ("accepting", "b1"),  # the exchange takes orders
        ("last_exit", "i8"),  # market time of this bot's last exit, 0 = none; starts the cooldown
        ("last_entry", "f8"),  # price of this bot's last entry, 0 = none
        ("late", "b1"),  # the bar is older than one interval: exits only
        ("age", "i8"),  # seconds the newest bar is late, wall time
        ("bars", "i8"),  # bars available
        ("warmup", "i8"),  # bars needed
    ]
)

# What rows cannot yield; saved with the bot. schema guards updates.
MEMORY = np.dtype(
    [
        ("schema", "i4"),
        ("confirm_side", "i1"),
        ("confirm_since", "i8"),  # close of the first bar of the signal in force
        ("confirm_last", "i8"),  # close of the latest such bar; a missing bar resets
    ]
)
MEMORY_SCHEMA = 1

GATES = 25  # length of the gate arrays; see engine.gates

DECISION = np.dtype(
    [
        ("action", "i1"),  # Action
        ("verdict", "i1"),  # Verdict
        ("reason", "i1"),  # ExitReason of an exit
        ("blocking", "i2"),  # first gate that blocks an entry, -1 = none (or not judged, see engine.decide.step)
        ("passed", "i8"),  # bit i: gate i passed
        ("unknown", "i8"),  # bit i: gate i could not be judged (or is not used)
        ("qty", "i8"),  # lots to buy or sell
        ("funds", "f8"),  # quote to hold for a buy
        ("stop", "f8"),  # ratios handed to the entry's exits
        ("target", "f8"),
        ("hold", "i8"),
        ("values", "f8", (GATES,)),
        ("thresholds", "f8", (GATES,)),
    ]
)

# One closed round trip of a backtest.
TRADE = np.dtype(
    [
        ("entry_time", "i8"),
        ("exit_time", "i8"),
        ("entry_price", "f8"),
        ("exit_price", "f8"),
        ("qty", "i8"),
        ("fees", "f8"),
        ("pnl", "f8"),  # net of fees, quote
        ("reason", "i1"),  # ExitReason
    ]
)

# A plan: what to make of plain orders, fixed when it is made. Which fields a kind reads stands in engine.plans.
# 0 switches off; prices are on the tick; "worse" and "beyond" are seen from the plan's side.
PLAN = np.dtype(
    [
        ("kind", "i1"),  # PlanKind
        ("side", "i1"),  # of its orders; of a bracket, of the entry
        ("qty", "i8"),  # lots
        ("limit", "f8"),  # limit order, target, entry (0 = market) or the worst price to trade at, by kind
        ("stop", "f8"),  # trigger price of a stop
        ("stop_limit", "f8"),  # limit price of the stop leg of OCO and bracket, 0 = stop-market
        ("target", "f8"),  # of a bracket
        ("when", "i1"),  # TRIGGER: +1 fires at or above the stop, -1 at or below
        ("native", "i8"),  # bit k: the exchange holds OrderKind k itself for this product
        ("tif", "i1"),  # TimeInForce of the entry or the limit order
        ("post_only", "b1"),
        ("expires", "i8"),  # end of the whole plan (of a bracket: of its entry)
        ("start", "i8"),  # TWAP: time of the first slice
        # Escalation of a limit order after its trigger
        ("escalate_after", "i8"),  # seconds unfilled
        ("escalate_beyond", "f8"),  # ratio: the price is worse than the limit by this much
        ("escalate_cap", "f8"),  # ratio from the trigger price that the market order may not pass; 0 = none
        ("swap", "i8"),  # seconds the target rests in place of the stop before they swap back
        # Trailing
        ("activation", "f8"),  # price that arms it; 0 = at once
        ("callback", "f8"),  # ratio of the extreme, or quote when absolute
        ("absolute", "b1"),
        ("by_limit", "b1"),  # fires a limit order, else market
        ("offset", "f8"),  # ratio: that limit beyond the stop; iceberg and TWAP: the slice's price from the last
        ("source", "i1"),  # PriceSource
        ("rest", "b1"),  # the stop rests at the exchange where it can
        ("every", "i8"),  # least seconds between two moves of the resting stop
        # Slices
        ("display", "i8"),  # lots a slice shows
        ("variance", "f8"),  # ratio of it, at random
        ("seed", "i8"),
        ("drift", "f8"),  # ratio the price may leave a slice before it is refreshed
        ("slices", "i8"),
        ("duration", "i8"),  # seconds from the first slice to the end
    ]
)

LEGS = 4  # at most; each plan has an array of so many LEG
DEEDS = 8  # an array of so many DEED holds what one event can ask for

# A leg of a plan as its orders are now, rebuilt from order rows, never saved: one row a leg, over all its attempts.
LEG = np.dtype(
    [
        ("attempt", "i8"),  # of the newest order, counted from 1; 0 = none yet
        # Of the newest order
        ("state", "i1"),  # LegState
        ("side", "i1"),
        ("kind", "i1"),
        ("qty", "i8"),
        ("filled", "i8"),
        ("limit", "f8"),
        ("stop", "f8"),
        # Of all of them
        ("total", "i8"),  # lots filled
        ("open", "i8"),  # lots that may still fill: of every order that has not ended, UNKNOWN ones too
        ("price", "f8"),  # average fill, 0 = none
    ]
)

# What a plan wants done with one of its legs, in the transaction that saves its state.
DEED = np.dtype(
    [
        ("what", "i1"),  # Deed
        ("leg", "i1"),
        ("attempt", "i8"),  # names the order: of a PLACE the new one's, else the newest one's
        ("side", "i1"),
        ("kind", "i1"),
        ("qty", "i8"),  # of the whole order, filled lots included
        ("limit", "f8"),
        ("stop", "f8"),
        ("tif", "i1"),
        ("post_only", "b1"),
        ("expires", "i8"),
        ("reason", "i1"),  # DeedReason
    ]
)

# What a plan remembers between two events. schema guards updates.
PLAN_STATE = np.dtype(
    [
        ("schema", "i4"),
        ("phase", "i1"),  # PlanPhase
        ("outcome", "i1"),  # PlanOutcome
        ("reason", "i1"),  # DeedReason of what it does now
        # Written by the platform
        ("stopping", "b1"),  # a person or a halt ends the plan
        ("available", "i8"),  # lots of the position that are left to sell, -1 = not looked at; bounds sales alone
        # The market as last seen
        ("position", "i8"),  # of the last market event
        ("time", "i8"),
        ("last", "f8"),  # price, 0 = none yet
        ("seen", "f8"),  # price before it, for DOUBLE_LAST
        # Trigger and ratchet, with the tick that set them
        ("armed_time", "i8"),
        ("extreme", "f8"),
        ("extreme_time", "i8"),
        ("stop", "f8"),  # only ever gets tighter
        ("fired_position", "i8"),
        ("fired_time", "i8"),
        ("fired_price", "f8"),
        ("escalated_time", "i8"),
        # Resting stop, swapped target
        ("rested", "f8"),  # trigger price asked of the exchange
        ("rested_time", "i8"),
        ("swapped", "b1"),  # the target rests in place of the stop
        ("swap_time", "i8"),
        ("winner", "i1"),  # 1 + the leg whose fill ended the other; 0 = none
        # Slices
        ("slices", "i8"),  # begun or passed over
        ("next_time", "i8"),
        ("paused", "b1"),
        # By leg: the order that should rest, and what has been asked for
        ("want_qty", "i8", (LEGS,)),  # lots still to fill, 0 = none should rest
        ("want_kind", "i1", (LEGS,)),
        ("want_limit", "f8", (LEGS,)),
        ("want_stop", "f8", (LEGS,)),
        ("placed", "i8", (LEGS,)),  # attempt last placed
        ("cancelled", "i8", (LEGS,)),  # attempt whose cancel was asked
        ("amended_qty", "i8", (LEGS,)),  # quantity asked of the newest attempt, 0 = as placed
        ("amended_limit", "f8", (LEGS,)),
        ("amended_stop", "f8", (LEGS,)),
        ("asked_time", "i8", (LEGS,)),
        ("tries", "i8", (LEGS,)),  # attempts in a row that ended unasked
    ]
)
PLAN_SCHEMA = 1
