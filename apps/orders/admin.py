"""Operators read orders, what happened to them and their fills; nothing of it can be written here."""

from django.contrib import admin

from apps.operations.columns import digits, exact, link, readable
from apps.operations.filters import NamedValues
from apps.operations.lists import ReadOnlyAdmin, ReadOnlyInline
from apps.operations.tallies import Tally, tallies
from apps.orders.models import Fill, Order, OrderEvent, OrderGroup, ProtectionGap
from apps.orders.reconciliation import admin as reconciliation
from engine.orders.states import OrderState

__all__ = ["FillAdmin", "OrderAdmin", "reconciliation"]

ACCOUNT, OWNER = link("account"), link("account__owner", "owner")
WISHES = ("stop", "target", "hold")  # for the position that an entry opens
SENDING = ("cancel_requested", "claim", "lease_until", "queries", "created", "submitted", "finished", "deadline")
DOUBTFUL = [OrderState.UNKNOWN.value, OrderState.NOT_FOUND.value]


class EventInline(ReadOnlyInline):
    model = OrderEvent
    fields = readonly_fields = ("at", "seq", "kind", "from_state", "to_state", readable("detail"))
    show_change_link = False
    verbose_name_plural = "what happened"


class FillInline(ReadOnlyInline):
    model = Fill
    fields = readonly_fields = (
        "at", exact("price"), exact("quantity"), exact("fee"), "fee_currency", "maker", "reason", "bar", "trade_id",
    )  # fmt: skip


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "created", "product", "side", "kind", "purpose", "state", exact("quantity"), exact("filled"), "average",
        "reason", "message", "holder", ACCOUNT, OWNER,
    )  # fmt: skip
    list_display_links = ("id", "created")
    list_filter = ("state", "kind", "side", "purpose", "cancel_requested", "product")
    search_fields = ("=client_order_id", "=exchange_order_id", "=correlation_id", "=holder", "account__owner__email")
    search_help_text = "client order id, exchange order id, correlation id, holder (bot-12) or e-mail address"
    list_select_related = ("account__owner", "product")
    inlines = [FillInline, EventInline]
    fieldsets = (
        (None, {"fields": ("product", "side", "kind", "purpose", "state", "message", ACCOUNT, OWNER, "holder")}),
        ("Size", {"fields": (exact("quantity"), exact("limit_price"), exact("stop_price"), exact("funds"))}),
        ("Done", {"fields": (exact("filled"), exact("filled_notional"), "average", exact("fees"))}),
        ("Cause", {"fields": ("reason", "decided", "position", "evaluation_id", link("after"), *WISHES)}),
        ("Identity", {"fields": ("client_order_id", "exchange_order_id", "correlation_id", "generation", "seq")}),
        ("Sending", {"fields": SENDING}),
    )

    @admin.display(description="average price")
    def average(self, order: Order) -> str:
        return digits(order.average_price)


class LegInline(ReadOnlyInline):
    model = Order
    fk_name = "group"
    fields = readonly_fields = (
        "id", "leg", "attempt", "side", "kind", "state", exact("quantity"), exact("filled"), "message",
    )  # fmt: skip
    verbose_name_plural = "its orders"


@admin.register(OrderGroup)
class OrderGroupAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "created", "product", "kind", "side", exact("quantity"), "state", "stopping", exact("protects"),
        "message", "holder", ACCOUNT, OWNER,
    )  # fmt: skip
    list_display_links = ("id", "created")
    list_filter = ("state", "kind", "side", "stopping", "product")
    search_fields = ("=correlation_id", "=holder", "account__owner__email")
    search_help_text = "correlation id, holder or e-mail address"
    list_select_related = ("account__owner", "product")
    inlines = [LegInline]
    fields = (
        "product", "kind", "side", exact("quantity"), readable("params"), "state", "stopping", "message",
        exact("protects"), "position", "changed", ACCOUNT, OWNER, "holder", "request", "correlation_id", "generation",
        "seq", "created", "finished",
    )  # fmt: skip


@admin.register(ProtectionGap)
class ProtectionGapAdmin(ReadOnlyAdmin):
    list_display = ("id", "position", exact("quantity"), "since", "until", "told")
    list_select_related = ("position__product",)
    fields = (link("position"), exact("quantity"), "since", "until", "told")


@admin.register(Fill)
class FillAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "at", link("order"), "side", exact("price"), exact("quantity"), exact("fee"), "fee_currency", "maker",
        "reason", ACCOUNT, OWNER,
    )  # fmt: skip
    list_display_links = ("id", "at")
    list_filter = ("order__side", "maker", ("reason", NamedValues), "fee_currency", "order__product")
    search_fields = ("=trade_id", "=order__client_order_id", "=order__exchange_order_id", "account__owner__email")
    search_help_text = "trade id, the order's ids or e-mail address"
    list_select_related = ("account__owner", "order__product")
    fields = (
        link("order"), ACCOUNT, OWNER, "at", exact("price"), exact("quantity"), exact("fee"), "fee_currency",
        "maker", "reason", "bar", "trade_id", "position", "seq", "created",
    )  # fmt: skip

    @admin.display(ordering="order__side")
    def side(self, fill: Fill) -> str:
        return fill.order.get_side_display()


tallies.append(
    Tally(
        "Orders of unknown outcome",
        Order.objects.filter(state__in=DOUBTFUL).count,
        "orders_order",
        f"state__in={','.join(DOUBTFUL)}",
    )
)
tallies.append(
    Tally(
        "Positions without their stop",
        ProtectionGap.objects.filter(until=None).exclude(told=None).count,
        "orders_protectiongap",
        "until__isnull=True",
    )
)
