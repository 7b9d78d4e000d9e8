"""Reasons of the stop and target that are attached to an entry."""

from exchanges.coinbase.refusals.refusal import Refusals, of

TARGET, STOP = "INVALID_ATTACHED_TAKE_PROFIT_PRICE", "INVALID_ATTACHED_STOP_LOSS_PRICE"
AGGRESSIVE = "_OUT_OF_BOUNDS_ON_AGGRESSIVE_ORDER"

ATTACHED: Refusals = (
    of(
        "limit_price",
        **{
            TARGET: "of the target must be on the gaining side of the entry",
            f"{TARGET}_PRECISION": "of the target must be a multiple of the product's price step",
            f"{TARGET}_OUT_OF_BOUNDS": "of the target must be nearer to the entry",
            f"{TARGET}{AGGRESSIVE}": "of the target must be nearer to the market, for the entry trades at once",
            f"{TARGET}_EXCEEDS_MAX_DISTANCE_FROM_ORIGINATING_PRICE": "of the target must be nearer to the entry",
        },
        ATTACHED_TAKE_PROFIT_PRICE_TOO_HIGH="of the target must be lower",
        ATTACHED_TAKE_PROFIT_PRICE_TOO_LOW="of the target must be higher",
        ATTACHED_ORDER_MUST_HAVE_POSITIVE_PRICES="of the exits must be above 0",
    )
    | of(
        "stop_price",
        **{
            STOP: "must be on the losing side of the entry",
            f"{STOP}_PRECISION": "must be a multiple of the product's price step",
            f"{STOP}_OUT_OF_BOUNDS": "must be nearer to the entry",
            f"{STOP}{AGGRESSIVE}": "must be nearer to the market, for the entry trades at once",
        },
        ATTACHED_STOP_LOSS_PRICE_TOO_LOW="must be higher",
        ATTACHED_STOP_LOSS_PRICE_TOO_HIGH="must be lower",
        SINGLE_LEGGED_TPSL_NOT_ALLOWED="must be given together with the target",
    )
    | of(
        "quantity",
        INVALID_ATTACHED_TAKE_PROFIT_SIZE_BELOW_MIN="must be larger: the exit would be below the product's minimum",
        ATTACHED_ORDER_SIZE_MUST_BE_NIL="of the exits must be left out: they follow the entry",
    )
    | of("side", INVALID_ORDER_SIDE_FOR_ATTACHED_TPSL="must be buy for an entry with exits")
    | of(
        "kind",
        ATTACHED_ORDERS_ONLY_ALLOWED_ON_MARKET_LIMIT="must be market or limit for an entry with exits",
        INVALID_ORDER_TYPE_FOR_ATTACHED="of the exits must be bracket",
    )
)
