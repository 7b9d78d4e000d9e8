"""Reasons of futures, margin and shares, which spot trading never meets; told all the same should one come."""

from exchanges.coinbase.refusals.refusal import Refusals, of

FUTURES: Refusals = of(
    "",
    IN_LIQUIDATION="The account is being liquidated.",
    INVALID_MARGIN_TYPE="The margin type is not one that Coinbase takes here.",
    INVALID_LEVERAGE="The leverage is not one that Coinbase takes here.",
    INVALID_MARGIN_HEALTH="The margin is too low for this order.",
    OPPOSITE_MARGIN_TYPE_EXISTS="A position with the other margin type is open.",
    INVALID_FCM_TRADING_SESSION="The futures market is closed.",
    UNTRADABLE_FCM_ACCOUNT_STATUS="The futures account may not trade now.",
    UBO_HIGH_LEVERAGE_QUANTITY_BREACHED="The quantity is too high for this leverage.",
    UBO_HIGH_LEVERAGE_NOTIONAL_BREACHED="The order is worth too much for this leverage.",
    ECOSYSTEM_LEVERAGE_UTILIZATION_BREACHED="Coinbase lends no more for this product now.",
    BREACHED_ACCOUNT_POSITION_LIMIT="The position would pass the account's limit.",
    BREACHED_COMPANY_POSITION_LIMIT="The position would pass Coinbase's own limit.",
    BREACHED_OPEN_INTEREST_LIMIT="The market's open interest is at its limit.",
    INVALID_INTX_CLIENT_ORDER_ID="The order's id is not one that the venue takes.",
    NBBO_NOT_PROVIDED="The best prices of the market are not known now.",
    INVALID_NBBO_BID_PRICE="The best bid of the market is not known now.",
    INVALID_NBBO_ASK_PRICE="The best ask of the market is not known now.",
    INVALID_EQUITY_TRADING_SESSION="The market for shares is closed.",
)
