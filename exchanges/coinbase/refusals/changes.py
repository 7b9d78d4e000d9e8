"""Reasons against editing or cancelling an order."""

from exchanges.coinbase.refusals.refusal import Refusals, of

EDITS: Refusals = (
    of(
        "quantity",
        CANNOT_EDIT_TO_BELOW_FILLED_SIZE="must be above what is filled",
        INVALID_EDITED_SIZE="must be one that Coinbase takes",
        INVALID_ORIGINAL_SIZE="must be given anew: the order's own cannot be read",
        SIZE_IN_QUOTE_EDITS_NOT_ALLOWED="must be in base to be edited",
        CANNOT_CONVERT_SIZE_ASSET="must stay in its currency",
        CANNOT_CONVERT_DISPLAY_SIZE_ASSET="to be shown must stay in its currency",
        FIELD_DISPLAYSIZE_NOT_SUPPORTED="to be shown must stay as it is",
    )
    | of(
        "limit_price",
        INVALID_EDITED_PRICE="must be a positive multiple of the product's price step",
        INVALID_ORIGINAL_PRICE="must be given anew: the order's own cannot be read",
        INVALID_EDITED_STOP_LIMIT_PRICE="must be one that Coinbase takes beside the stop",
        INVALID_ORIGINAL_STOP_LIMIT_PRICE="must be given anew: the order's own cannot be read",
        INVALID_EDITED_TAKE_PROFIT_PRICE="of the target must be on the gaining side of the market",
    )
    | of(
        "stop_price",
        INVALID_EDITED_STOP_PRICE="must be a positive multiple of the product's price step",
        INVALID_ORIGINAL_STOP_PRICE="must be given anew: the order's own cannot be read",
        CANNOT_EDIT_STOP_PRICE_FOR_TRIGGERED_ORDER="must stay as it is: the stop has triggered",
        FIELD_STOPPRICE_NOT_SUPPORTED="must stay as it is for this kind of order",
        INVALID_EDITED_STOP_LOSS_PRICE="must be on the losing side of the market",
        CANNOT_EDIT_ATTACHED_SL_ORDER_PRICE="of the attached exit must stay as it is",
    )
    | of(
        "expires",
        FIELD_ENDTIME_NOT_SUPPORTED="must stay as it is for this kind of order",
        INVALID_ORIGINAL_TIME="must be given anew: the order's own cannot be read",
        INVALID_NEW_ENDTIME="must be a time that Coinbase takes",
    )
    | of("side", CANNOT_CHANGE_SIDE_OF_ORDER="must stay as it is")
    | of("symbol", CANNOT_CHANGE_PRODUCT_ID_OF_ORDER="must stay as it is")
    | of(
        "kind",
        ONLY_LIMIT_ORDER_EDITS_SUPPORTED="must be a limit order that rests until cancelled, to be edited",
        ORDER_EDIT_ORDER_TYPE_NOT_SUPPORTED="must be one that can be edited",
        STRATEGY_NOT_SUPPORTED="must be one that can be edited",
        CANNOT_CHANGE_ORDER_TYPE_OF_ORDER="must stay as it is",
        CANNOT_ADD_ATTACHED_ORDER_TO_ORDER_TYPE="must be one that takes exits",
    )
    | of(
        "",
        UNKNOWN_EDIT_ORDER_FAILURE_REASON="Coinbase refused the change and gave no reason.",
        COMMANDER_REJECTED_EDIT_ORDER="Coinbase's matching refused the change.",
        ORDER_NOT_FOUND="The order must be known to Coinbase to be edited, and was not found.",
        CALLER_ID_MISMATCH="The order must be of this key's portfolio to be edited, and was not.",
        EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST="A change must change something, and everything was as before.",
        ONLY_OPEN_ORDERS_CAN_BE_EDITED="The order must be open to be edited, and was not.",
        ORDER_IS_ALREADY_BEING_REPLACED="Another change of the order is on its way.",
        PORTFOLIO_NOT_ALLOWED_FOR_EDITS="Orders of this portfolio cannot be edited.",
        NOT_STARTED="The order has not begun to work.",
        CANNOT_EDIT_FUTURES_ORDER="Orders of futures cannot be edited.",
        FUTURES_VENUE_ORDER_NOT_FOUND="The venue does not know the order.",
        CANNOT_EDIT_ORDER_PENDING_CANCEL="The order must be open to be edited, and is being cancelled.",
        INSUFFICIENT_TIME_TO_EDIT="The order ends too soon to be edited.",
        EXCEEDED_MAX_ALLOWED_EDIT_REQUEST_COUNT="The order has been edited as often as Coinbase allows.",
        CANNOT_EDIT_TRIGGERED_ORDER="The order must be waiting to be edited, and has triggered.",
        CANNOT_CANCEL_ACTIVE_ATTACHED_ORDER="The attached exits work already and cannot be taken away.",
        ORDER_EDIT_INVALID_ATTACHED_ORDER_REQUEST="The change of the attached exits cannot be read.",
        INVALID_ORIGINAL_ATTACHED_ORDER_CONFIG="The attached exits of the order cannot be read.",
        CANNOT_EDIT_ATTACHED_ORDER_CONFIGURATION_AFTER_CREATION="Attached exits cannot be changed any more.",
        CANNOT_EDIT_ATTACHED_ORDER_SIZE_WITH_OPEN_ORIGINATING_ORDER="Attached exits follow an open entry.",
        INVALID_EDITED_ATTACHED_ORDER_CONFIGURATION="The attached exits are not ones that Coinbase takes.",
        INVALID_EDITED_ATTACHED_ORDER_CONFIGURATION_NON_MODIFIABLE_VALUE_EDIT="Part of the attached exits is fixed.",
        CANNOT_MODIFY_ATTACHED_CONFIG_OF_NON_NEW_ORDER="Attached exits can be changed only before the entry works.",
        ATTACHED_CONFIGURATION_IS_EQUAL="A change must change something, and the attached exits were as before.",
        CANNOT_ADD_LEG_TO_TPSL_ORDER="No leg can be added to a stop and target.",
        CANNOT_REMOVE_LEG_FROM_TPSL_ORDER="No leg can be taken from a stop and target.",
        SINGLE_LEGGED_BRACKET_ORDER_NOT_ALLOWED="A bracket must have a stop and a target.",
        SINGLE_LEGGED_ATTACHED_ORDER_CONFIGURATION_NOT_ALLOWED="Attached exits must have a stop and a target.",
        PREV_CLIENT_ORDER_ID_REQUIRED_WHEN_CLIENT_ORDER_ID_PROVIDED="A new id of the order needs the old one.",
        CLIENT_ORDER_ID_REQUIRED_WHEN_PREV_CLIENT_ORDER_ID_PROVIDED="An old id of the order needs a new one.",
        CLIENT_ORDER_ID_MUST_BE_DIFFERENT_FROM_PREV_CLIENT_ORDER_ID="The order's new id must be another than the old.",
        PREV_CLIENT_ORDER_ID_MUST_MATCH_CURRENT_CLIENT_ORDER_ID="The order's old id is another.",
        FIELD_PEG_OFFSET_NOT_SUPPORTED="The offset of a pegged order must stay as it is.",
        FIELD_PEG_WIG_LEVEL_NOT_SUPPORTED="The level of a pegged order must stay as it is.",
        INVALID_EDITED_PEG_WIG_LEVEL="The level of the pegged order is not one that Coinbase takes.",
        INVALID_EDITED_PEG_OFFSET="The offset of the pegged order is not one that Coinbase takes.",
    )
)

CANCELS: Refusals = of(
    "",
    UNKNOWN_CANCEL_FAILURE_REASON="Coinbase refused the cancel and gave no reason.",
    INVALID_CANCEL_REQUEST="Coinbase could not use the cancel as it was sent.",
    UNKNOWN_CANCEL_ORDER="Coinbase knows no open order with this id.",
    COMMANDER_REJECTED_CANCEL_ORDER="Coinbase's matching refused the cancel.",
    DUPLICATE_CANCEL_REQUEST="The order is being cancelled already.",
    INVALID_CANCEL_PRODUCT_ID="The order's product is not one that Coinbase lists.",
    INVALID_CANCEL_FCM_TRADING_SESSION="The futures market is closed.",
    NOT_ALLOWED_TO_CANCEL="This order may not be cancelled.",
    ORDER_IS_FULLY_FILLED="The order is filled.",
    ORDER_IS_BEING_REPLACED="The order is being changed.",
)
