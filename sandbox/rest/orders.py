"""Orders and fills: create, preview, edit, cancel, look up, list."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import islice
from typing import Any

from sandbox.changing import ACCEPTED, Wish, read_wish
from sandbox.clock import SECOND, moment_of
from sandbox.money import ZERO, whole
from sandbox.orders import Fill, Order
from sandbox.refusals import Refusal, invalid, not_found, refused, undecodable
from sandbox.rest.calls import Answer, Call
from sandbox.rest.reading import read_request
from sandbox.rest.rows import Row, fill_row, order_row

USUAL_PAGE, LARGEST_PAGE = 100, 1000
SORTS: dict[str, Callable[[Order], Any]] = {
    "LIMIT_PRICE": lambda order: order.limit or ZERO,
    "LAST_FILL_TIME": lambda order: order.last_fill or 0,
    "LAST_UPDATE_TIME": lambda order: order.updated,
}


def create(call: Call) -> Answer:
    request = read_request(call)
    if not request.client_order_id:
        raise invalid("client_order_id is required")
    if call.refuse:
        return {
            "success": False, "error_response": refused(call.refuse), "order_configuration": request.configuration,
        }  # fmt: skip
    try:
        order = call.venue.exchange.place(call.user, request)
    except Refusal as refusal:
        return {"success": False, "error_response": refusal.row(), "order_configuration": request.configuration}
    success = {
        "order_id": order.order_id, "product_id": order.product.symbol, "side": order.side,
        "client_order_id": order.client_order_id,
    }  # fmt: skip
    if order.child:
        success["attached_order_id"] = order.child
    return {"success": True, "success_response": success, "order_configuration": order.configuration}


def edit(call: Call) -> Answer:
    wish = wish_of(call)
    order_id = call.text("order_id")
    reason = call.refuse
    if not reason:
        reason = call.venue.exchange.edit(call.user, order_id, wish) if wish else "INVALID_EDITED_PRICE"
    return {"success": not reason, "errors": edit_errors(reason)}


def wish_of(call: Call) -> Wish | None:
    return read_wish(call.text("price"), call.text("size"), call.text("stop_price"))


def edit_errors(reason: str) -> list[Row]:
    if not reason:
        return []
    funds = reason.startswith("PREVIEW_")
    return [{
        "edit_failure_reason": "UNKNOWN_EDIT_ORDER_FAILURE_REASON" if funds else reason,
        "preview_failure_reason": reason if funds else "UNKNOWN_PREVIEW_FAILURE_REASON",
    }]  # fmt: skip


def batch_cancel(call: Call) -> Answer:
    ids = call.body.get("order_ids")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise undecodable(f"(line 1:16): invalid value for string field orderIds: {ids!r}".replace("None", "null"))
    results = []
    for order_id in ids:
        reason = call.refuse or call.venue.exchange.cancel(call.user, order_id)
        results.append({"success": reason == ACCEPTED, "failure_reason": reason, "order_id": order_id})
    return {"results": results}


def close_position(call: Call) -> Answer:
    refusal = Refusal("PREVIEW_INVALID_ORDER_CONFIG", engine=True)  # spot has no positions
    return {"success": False, "error_response": refusal.row(), "order_configuration": {}}


def show(call: Call) -> Answer:
    order = call.venue.exchange.desk.get(call.part("order_id"), call.user)
    lag = int(call.venue.exchange.settings.visible_lag * SECOND)
    if order is None or call.now < order.created + lag:
        raise not_found("order with this orderID was not found")
    return {"order": order_row(order)}


def listing(call: Call) -> Answer:
    statuses = set(call.queries("order_status"))
    if "OPEN" in statuses and len(statuses) > 1:
        raise invalid("OPEN order status cannot be combined with other statuses")
    desk, ids = call.venue.exchange.desk, call.queries("order_ids")
    named = (order for order_id in dict.fromkeys(ids) if (order := desk.get(order_id, call.user)))
    mine = sorted(named, key=lambda order: order.number) if ids else desk.of(call.user)
    asked = _asked_for(call)
    found: Iterable[Order] = (order for order in reversed(mine) if asked(order))
    page, cursor = _page(call, found, lambda order: order.number, SORTS.get(call.query("sort_by")))
    return {
        "orders": _copied(call, [order_row(order) for order in page]),
        "sequence": "0",
        "has_next": bool(cursor),
        "cursor": cursor,
    }


def fills(call: Call) -> Answer:
    exchange, ids = call.venue.exchange, call.queries("order_ids")
    wanted = {
        "trade_id": set(call.queries("trade_ids")), "symbol": set(call.queries("product_ids")),
        "side": set(call.queries("order_side")),
    }  # fmt: skip
    start, end = _moment(call, "start_sequence_timestamp"), _moment(call, "end_sequence_timestamp")
    lag = int(exchange.settings.fill_lag * SECOND)
    named = (order for order_id in dict.fromkeys(ids) if (order := exchange.desk.get(order_id, call.user)))
    theirs = sorted((fill for order in named for fill in order.fills), key=lambda fill: fill.sequence)
    kinds = set(call.queries("order_types"))
    spot = not call.queries("product_types") or "SPOT" in call.queries("product_types")
    found: Iterable[Fill] = (
        fill
        for fill in reversed(theirs if ids else exchange.execution.fills_of(call.user))
        if spot
        and fill.moment + lag <= call.now
        and (not kinds or exchange.desk[fill.order_id].terms.kind in kinds)
        and all(not values or getattr(fill, name) in values for name, values in wanted.items())
        and (start is None or fill.moment >= start)
        and (end is None or fill.moment < end)
    )
    by_price: Callable[[Fill], Decimal] | None = (lambda fill: fill.price) if call.query("sort_by") == "PRICE" else None
    page, cursor = _page(call, found, lambda fill: fill.sequence, by_price)
    return {"fills": _corrected(call, _copied(call, [fill_row(fill) for fill in page])), "cursor": cursor}


def _corrected(call: Call, rows: list[Row]) -> list[Row]:
    """With each a second row that takes it back or changes it, where the switchboard wants that."""
    if not call.correction:
        return rows
    later = [{**row, "entry_id": f"{row['entry_id']}-c", "trade_type": call.correction} for row in rows]
    return [*later, *rows]


def _copied(call: Call, rows: list[Row]) -> list[Row]:
    return [row for row in rows for _ in range(call.copies)]


def _page[T: (Order, Fill)](
    call: Call, found: Iterable[T], number: Callable[[T], int], key: Callable[[T], Any] | None = None
) -> tuple[list[T], str]:
    """One page after the cursor, newest first or by falling ``key``, and the cursor of the next; '' when there is none.

    The cursor is the number of the last row, which may have gone since; in a sorted listing how many were shown.
    """
    try:
        after = whole(call.query("cursor")) if call.query("cursor") else None
    except ValueError:
        raise invalid("cursor is invalid") from None
    limit = min(call.number("limit", USUAL_PAGE) or USUAL_PAGE, LARGEST_PAGE)
    if key:
        first = after or 0
        rows = sorted(found, key=key, reverse=True)[first : first + limit + 1]
        return rows[:limit], str(first + limit) if len(rows) > limit else ""
    rest = (one for one in found if after is None or number(one) < after)
    page = list(islice(rest, limit))
    return page, str(number(page[-1])) if page and next(rest, None) is not None else ""


def _asked_for(call: Call) -> Callable[[Order], bool]:
    """Whether an order is among those that the query asks for. The singular product_id is ignored, as it is there."""
    start, end = _moment(call, "start_date"), _moment(call, "end_date")
    names = (
        "product_ids", "order_status", "time_in_forces", "order_types", "order_side", "product_type", "asset_filters",
        "order_placement_source",
    )  # fmt: skip
    wanted = [set(call.queries(name)) for name in names]

    def asked(order: Order) -> bool:
        shown = (
            order.product.symbol, order.status.value, order.terms.tif, order.terms.kind, order.side, "SPOT",
            order.product.base, "RETAIL_ADVANCED",
        )  # fmt: skip
        return (
            all(not values or value in values for values, value in zip(wanted, shown, strict=True))
            and (start is None or order.created >= start)
            and (end is None or order.created < end)
        )

    return asked


def _moment(call: Call, name: str) -> int | None:
    text = call.query(name).replace(" ", "+")  # a plus sign that was not escaped
    try:
        return moment_of(text) if text else None
    except ValueError:
        raise invalid(f"{name} must be an RFC3339 time, was {text!r}") from None
