"""Operators read the ledger; nothing of it can be written here."""

from django.contrib import admin

from apps.ledger.models import Balance, Entry, Hold, Line, Position
from apps.operations.columns import digits, exact, link
from apps.operations.filters import NamedValues
from apps.operations.lists import ReadOnlyAdmin, ReadOnlyInline

OWNER = link("account__owner", "owner")


class LineInline(ReadOnlyInline):
    model = Line
    fields = readonly_fields = ("bucket", "currency", exact("amount"), "holder")
    show_change_link = False


@admin.register(Entry)
class EntryAdmin(ReadOnlyAdmin):
    list_display = ("id", "at", link("account"), OWNER, "kind", "reference", "memo", "generation", "seq")
    list_display_links = ("id", "at")
    list_filter = ("kind", "account__mode", "account__venue")
    search_fields = ("=reference", "account__name", "account__owner__email")
    list_select_related = ("account__owner",)
    ordering = ("-id",)
    inlines = [LineInline]
    fields = (link("account"), OWNER, "kind", "at", "reference", "memo", "generation", "seq", "created")


@admin.register(Balance)
class BalanceAdmin(ReadOnlyAdmin):
    list_display = ("id", link("account"), OWNER, "currency", exact("total"), exact("held"), "free")
    list_filter = ("currency", "account__mode", "account__venue")
    search_fields = ("account__name", "account__owner__email", "=currency")
    list_select_related = ("account__owner",)
    fields = (link("account"), OWNER, "currency", exact("total"), exact("held"), "free")

    @admin.display
    def free(self, balance: Balance) -> str:
        return digits(balance.free)


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    """An amount of zero is a hold that was given back."""

    list_display = ("id", link("account"), OWNER, "currency", exact("amount"), "key")
    list_filter = ("currency",)
    search_fields = ("=key", "account__name", "account__owner__email")
    list_select_related = ("account__owner",)
    ordering = ("-id",)
    fields = (link("account"), OWNER, "currency", exact("amount"), "key")


@admin.register(Position)
class PositionAdmin(ReadOnlyAdmin):
    list_display = (
        "id", "product", "holder", link("account"), OWNER, exact("quantity"), exact("bought"), exact("sold"),
        exact("fees"), "result", "opened", "closed", "reason",
    )  # fmt: skip
    list_filter = (("closed", admin.EmptyFieldListFilter), ("reason", NamedValues), "product", "account__mode")
    search_fields = ("=holder", "account__name", "account__owner__email")
    list_select_related = ("account__owner", "product")
    ordering = ("-id",)
    fields = (
        link("account"), OWNER, "product", "holder", "generation", exact("quantity"), exact("bought"),
        exact("bought_notional"), exact("sold"), exact("sold_notional"), exact("fees"), "result", "opened", "closed",
        "reason", "stop", "target", "hold",
    )  # fmt: skip

    @admin.display(description="result, quote")
    def result(self, position: Position) -> str:
        return digits(position.pnl)
