"""Reasons about an order's own numbers: product, side, sizes, prices, times."""

from exchanges.coinbase.refusals.refusal import Refusals, of

ORDERS: Refusals = (
    of(
        "symbol",
        INVALID_PRODUCT_ID="must be a product that Coinbase lists",
        INELIGIBLE_PAIR="must be a product that may be traded with this key",
        UNTRADABLE_PRODUCT="must be a product that can be traded now",
        TRADING_DISABLED="must be a product whose trading is open; Coinbase has switched it off",
        PRODUCT_TRADING_HALTED="must be a product that trades; Coinbase has halted it",
        INVALID_UNSUPPORTED_INSTRUMENT="must be an instrument that Coinbase supports",
    )
    | of("side", INVALID_SIDE="must be buy or sell", INVALID_BRACKET_ORDER_SIDE="must be sell for a bracket")
    | of(
        "quantity",
        INVALID_SIZE_PRECISION="must be a multiple of the product's size step",
        INVALID_QUOTE_SIZE_PRECISION="must be worth a multiple of the quote's step",
        INVALID_BASE_SIZE_TOO_SMALL="must be at least the product's smallest order",
        INVALID_BASE_SIZE_TOO_LARGE="must be at most the product's largest order",
        INVALID_QUOTE_SIZE_TOO_SMALL="must be worth at least the product's smallest order",
        INVALID_QUOTE_SIZE_TOO_LARGE="must be worth at most the product's largest order",
        NON_NUMERIC_ORDER_SIZE="must be a plain decimal number",
        BRACKET_ORDER_SIZE_EXCEEDS_POSITION="must be at most what is held and free",
        ORDER_SIZE_EXCEEDS_BRACKETED_POSITION="must be at most what no bracket holds",
        QUOTE_SIZE_NOT_ALLOWED_FOR_BRACKET="must be given in base for a bracket",
        QUOTE_ORDERS_NOT_ALLOWED_FOR_PRODUCT="must be given in base for this product",
        FRACTIONAL_ORDERS_NOT_ALLOWED_FOR_PRODUCT="must be a whole number for this product",
        NOTIONAL_SIZE_BREACHES_FRACTIONAL_MINIMUM="must be worth at least the minimum for parts of a share",
        BELOW_MIN_SIZE_FOR_DURATION="must be larger for so long a duration",
        BUCKET_SIZE_SMALLER_THAN_QUOTE_MIN="must be larger: each slice must be worth the product's minimum",
        BUCKET_SIZE_SMALLER_THAN_BASE_MIN="must be larger: each slice must reach the product's smallest order",
        CANNOT_CLOSE_ZERO_POSITION="must be of something that is held; nothing is",
        MAX_SHARES_PER_ORDER_BREACHED_15C35_CHECK="must be at most what one order may hold by the market's rules",
        MAX_NOTIONAL_PER_ORDER_BREACHED_15C35_CHECK="must be worth at most what one order may by the market's rules",
        INVALID_RFQ_BASE_SIZE_TOO_SMALL="must be at least the smallest request for a quote",
        INVALID_RFQ_BASE_SIZE_TOO_LARGE="must be at most the largest request for a quote",
        INVALID_RFQ_QUOTE_SIZE_TOO_SMALL="must be worth at least the smallest request for a quote",
        INVALID_RFQ_QUOTE_SIZE_TOO_LARGE="must be worth at most the largest request for a quote",
        PREDICTIONS_QUOTE_SIZE_BELOW_MIN_CONTRACT_PRICE="must be worth at least one contract",
    )
    | of(
        "limit_price",
        INVALID_LIMIT_PRICE="must be a price that Coinbase takes",
        INVALID_PRICE_PRECISION="must be a multiple of the product's price step",
        INVALID_LIMIT_PRICE_PRECISION="must be a multiple of the product's price step",
        INVALID_LIMIT_PRICE_POST_ONLY="must be on its own side of the market: post only, it would have traded at once",
        INVALID_PRICE_TOO_LARGE="must be nearer to the market: it is too large",
        LIMIT_PRICE_TOO_FAR_FROM_MARKET="must be nearer to the market",
        LIMIT_ORDER_PRICE_EXCEEDS_PRICE_BAND_ON_BUY="must be at most the price band's upper end",
        LIMIT_ORDER_PRICE_EXCEEDS_PRICE_BAND_ON_SELL="must be at least the price band's lower end",
        BREACHED_PRICE_LIMIT="must be within the price limits of the product",
        PRICE_NOT_ALLOWED_FOR_MARKET_ORDERS="must be left out of a market order",
        INVALID_BRACKET_LIMIT_PRICE="must be above the market: a bracket sells with a gain there",
        INVALID_BRACKET_LIMIT_PRICE_PRECISION="must be a multiple of the product's price step",
        BRACKET_LIMIT_PRICE_OUT_OF_BOUNDS="must be nearer to the market for a bracket",
        INVALID_BRACKET_PRICES="must be above the market and the stop price below it",
        TAKE_PROFIT_PRICE_TOO_HIGH="must be lower: the target is too far above the market",
        TAKE_PROFIT_PRICE_TOO_LOW="must be higher: the target is too near to the market or below it",
        PREDICTIONS_HIGH_PRICE_CONTRACTS_BLOCKED="must be lower: contracts at so high a price are blocked",
    )
    | of(
        "stop_price",
        INVALID_STOP_PRICE="must be a price that Coinbase takes",
        INVALID_STOP_PRICE_PRECISION="must be a multiple of the product's price step",
        INVALID_STOP_TRIGGER_PRICE_PRECISION="must be a multiple of the product's price step",
        STOP_PRICE_ABOVE_LIMIT_PRICE="must be at most the limit price of a buy",
        STOP_PRICE_BELOW_LIMIT_PRICE="must be at least the limit price of a sale",
        STOP_PRICE_ABOVE_LAST_TRADE_PRICE="must be below the last price: it would trigger at once",
        STOP_PRICE_BELOW_LAST_TRADE_PRICE="must be above the last price: it would trigger at once",
        INVALID_BRACKET_STOP_TRIGGER_PRICE="must be below the market: a bracket sells there to end a loss",
        STOP_TRIGGER_PRICE_OUT_OF_BOUNDS="must be nearer to the market",
        STOP_LOSS_PRICE_TOO_LOW="must be higher: the stop is too far below the market",
        STOP_LOSS_PRICE_TOO_HIGH="must be lower: the stop is too near to the market or above it",
        STOP_ALREADY_TRIGGERED="must not have been reached: the stop has triggered",
        STOP_TRIGGERED="must not have been reached: the stop has triggered",
    )
    | of(
        "expires",
        GTD_ORDERS_MUST_HAVE_END_TIME="must be given for GTD",
        END_TIME_IS_IN_THE_PAST="must be in the future",
        END_TIME_TOO_FAR_IN_FUTURE="must be nearer",
        INVALID_END_TIME="must be a time that Coinbase takes",
        END_TIME_AFTER_CONTRACT_EXPIRATION="must be before the contract ends",
        START_TIME_MUST_BE_SPECIFIED="must have a start beside it",
        DURATION_TOO_SMALL="must be later: the duration is too short",
        DURATION_TOO_LARGE="must be sooner: the duration is too long",
    )
    | of(
        "time_in_force",
        FOK_DISABLED="must be another: FOK is switched off",
        FOK_ONLY_ALLOWED_ON_LIMIT_ORDERS="must be another than FOK unless the order is a limit order",
        INTX_FOK_ONLY_ALLOWED_ON_LIMIT_AND_MARKET_ORDERS="must be another than FOK for this kind of order",
        FUTURES_AFTER_HOUR_INVALID_TIME_IN_FORCE="must be one that futures take after hours",
    )
    | of(
        "post_only",
        POST_ONLY_NOT_ALLOWED_WITH_FOK="must be off for FOK: such an order never rests",
        POST_ONLY_NOT_ALLOWED_WITH_PEG="must be off for a pegged order",
    )
    | of(
        "kind",
        UNSUPPORTED_ORDER_CONFIGURATION="must be one that Coinbase takes for this product and portfolio",
        INVALID_ORDER_CONFIG="must be one that Coinbase takes, with the prices that belong to it",
        BRACKET_ORDER_NOT_SUPPORTED="must be another: brackets are not supported for this product",
        ICEBERG_ORDERS_NOT_SUPPORTED="must be another: icebergs are not supported",
        FUTURES_AFTER_HOUR_INVALID_ORDER_TYPE="must be one that futures take after hours",
        MARKET_ORDERS_PROHIBITED_DURING_NON_CORE_SESSION="must be limit outside the main session",
        NOTIONAL_ORDERS_PROHIBITED_DURING_NON_CORE_SESSION="must be sized in base outside the main session",
        PEG_INVALID_ORDER_TYPE="must be limit for a pegged order",
    )
)
