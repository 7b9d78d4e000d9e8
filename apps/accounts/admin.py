"""Operators read people and accounts, and pause people. Passwords and e-mail addresses are the users' own."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from apps.accounts.models import AccessToken, ExchangeConnection, TradingAccount, User
from apps.accounts.services import user_pause, user_resume
from apps.operations.columns import exact, link
from apps.operations.deeds import Deed
from apps.operations.lists import OperatorAdmin, ReadOnlyAdmin
from apps.operations.tallies import Tally, tallies

PAUSE = Deed(
    name="pause_user",
    label="Pause user",
    warning="Their bots make no entries until they are resumed. Exits, stops and targets go on; they can still sign in "
    "and read.",
    needs="accounts.pause_user",
    run=lambda user, by, answers: user_pause(user=user, by=by, **answers),
)
RESUME = Deed(
    name="resume_user",
    label="Resume user",
    warning="Their bots may make entries again, as far as no halt is in force.",
    needs="accounts.pause_user",
    run=lambda user, by, answers: user_resume(user=user, by=by, **answers),
)


@admin.register(User)
class UserAdmin(OperatorAdmin):
    """People sign up by themselves. A superuser decides who is an operator and who may sign in."""

    list_display = (
        "email", "is_active", "is_staff", "paused_at", "paused_reason", "accounts", "date_joined", "last_login",
    )  # fmt: skip
    list_filter = (("paused_at", admin.EmptyFieldListFilter), "is_active", "is_staff", "is_superuser")
    search_fields = ("email", "paused_reason")
    ordering = ("-date_joined",)
    actions = [PAUSE, RESUME]
    fields = (
        "email", "date_joined", "last_login", "paused_at", "paused_reason", "is_active", "is_staff", "is_superuser",
        "groups",
    )  # fmt: skip
    readonly_fields = ("email", "date_joined", "last_login", "paused_at", "paused_reason")
    filter_horizontal = ("groups",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).annotate(accounts=Count("trading_accounts"))

    @admin.display(description="accounts", ordering="accounts")
    def accounts(self, user: Any) -> int:
        return user.accounts


@admin.register(TradingAccount)
class TradingAccountAdmin(ReadOnlyAdmin):
    list_display = ("id", "name", link("owner"), "venue", "mode", "currency", "generation", "seq", "created")
    list_display_links = ("id", "name")
    list_filter = ("venue", "mode", "currency")
    search_fields = ("name", "owner__email", "=id")
    list_select_related = ("owner",)
    fields = (
        "name", link("owner"), "venue", "mode", "currency", "generation", "seq", exact("fee_maker"), exact("fee_taker"),
        exact("slippage"), "created",
    )  # fmt: skip


@admin.register(ExchangeConnection)
class ExchangeConnectionAdmin(ReadOnlyAdmin):
    """Who is connected where, and how it stands. The key is shown nowhere."""

    list_display = (
        "id", "label", link("owner"), "venue", "key_name", "state", "reason", "checked", "last_used", "live_since",
    )  # fmt: skip
    list_display_links = ("id", "label")
    list_filter = ("state", "venue", ("live_since", admin.EmptyFieldListFilter))
    search_fields = ("label", "key_name", "portfolio", "owner__email")
    list_select_related = ("owner",)
    fields = (
        "label", link("owner"), "venue", "key_name", "portfolio", "portfolio_name", "can_trade", "can_transfer",
        "state", "reason", "fee_tier", "checked", "doubted", "last_used", "live_since", "created",
    )  # fmt: skip


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnlyAdmin):
    """Which scripts act for whom; the secret itself is kept nowhere."""

    list_display = ("id", "name", link("user"), "prefix", "scope", "created", "last_used", "expires", "revoked")
    list_display_links = ("id", "name")
    list_filter = ("scope", ("revoked", admin.EmptyFieldListFilter))
    search_fields = ("name", "prefix", "user__email")
    list_select_related = ("user",)
    fields = ("name", link("user"), "prefix", "scope", "created", "last_used", "expires", "revoked")


# The libraries' lists of addresses, second factors, sessions and tokens: changing a row there would let somebody else
# sign in, and some of their columns are secrets.
admin.site.unregister([EmailAddress, Authenticator, UserSession, OutstandingToken, BlacklistedToken])
tallies.append(
    Tally("Users paused", User.objects.filter(paused_at__isnull=False).count, "accounts_user", "paused_at__isempty=0")
)
