"""What belongs to a user: the rows of each table, and what must end before they leave."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Q

from apps.accounts.models import AccessToken, ExchangeConnection, TradingAccount, User
from apps.accounts.registry import Personal
from apps.backtests.models import Backtest, BacktestResult
from apps.bots.models import Bot, BotVersion, Evaluation
from apps.bots.services import bot_stop
from apps.ledger.models import Balance, Entry, Hold, Line, Position
from apps.operations.models import AuditEntry, IdempotentRequest
from apps.orders.models import ExchangeCursor, Fill, Order, OrderEvent, OrderGroup, ProductCursor, ProtectionGap
from apps.orders.reconciliation.models import Difference, Reconciled, RecoveryReport
from apps.orders.services import orders_abandon
from apps.paper.models import PaperBook, PaperFill, PaperOrder
from apps.portfolio.models import ChartPreference, EquitySnapshot
from apps.risk.models import DayOpening, Halt, LimitChange, RiskPolicy


def through(path: str, model: type, *without: str) -> Personal:
    """Rows that lead to the user by a path of foreign keys."""
    return Personal(model, lambda user: Q(**{path: user.pk}), frozenset(without))


def audit_of(user: User) -> Q:
    """What the user did, and what was done to the user."""
    return Q(actor=user.pk) | Q(target_type=User._meta.label_lower, target_id=str(user.pk))


# A test finds the table that is missing here.
PERSONAL = [
    through("pk", User, "password"),
    through("user", EmailAddress),
    through("user", Authenticator, "data"),
    through("user", UserSession, "session_key"),
    through("user", AccessToken, "digest"),
    through("user", IdempotentRequest),
    through("owner", ExchangeConnection, "secret"),
    through("owner", TradingAccount),
    *(
        through("account__owner", model)
        for model in (
            Bot, Entry, Balance, Hold, Position, RiskPolicy, LimitChange, DayOpening, PaperBook, PaperFill, OrderGroup,
            Order, Fill, ExchangeCursor, ProductCursor, EquitySnapshot, Difference, Reconciled, RecoveryReport,
        )
    ),
    through("bot__account__owner", BotVersion),
    through("bot__account__owner", Evaluation),
    through("entry__account__owner", Line),
    through("user", ChartPreference),
    through("user", Backtest),
    through("backtest__user", BacktestResult),
    through("book__account__owner", PaperOrder),
    through("order__account__owner", OrderEvent),
    through("position__account__owner", ProtectionGap),
    Personal(Halt, lambda user: Q(user=user.pk) | Q(account__owner=user.pk) | Q(by=user.pk)),
    Personal(AuditEntry, audit_of),
]  # fmt: skip


def user_end(user: User) -> None:
    """Stops every bot and cancels every order of a user who leaves; refuses while an order is on its way."""
    for bot in Bot.objects.filter(account__owner=user).exclude(state=Bot.State.STOPPED).order_by("pk"):
        bot_stop(bot=bot, user=user, close=False, reason="account deleted")
    for account in user.trading_accounts.order_by("pk"):
        orders_abandon(account=account, why="account deleted")
