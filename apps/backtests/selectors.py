"""Reading backtests, always on behalf of a user."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from apps.accounts.models import User
from apps.backtests.models import Backtest, BacktestResult


def backtests(user: User) -> QuerySet[Backtest]:
    """The user's, newest first, with the figures of their results."""
    return Backtest.objects.filter(user=user).select_related("result").defer("result__arrays", "result__report")


def backtest_get(user: User, pk: UUID) -> Backtest:
    """One of the user's; a stranger's answers 404."""
    backtest = backtests(user).filter(pk=pk).first()
    if backtest is None:
        raise Http404(f"no backtest {pk}")
    return backtest


def result_get(user: User, pk: UUID) -> BacktestResult:
    """The result of one of the user's, arrays and all; 404 as long as there is none."""
    result = BacktestResult.objects.select_related("backtest").filter(backtest=pk, backtest__user=user).first()
    if result is None:
        raise Http404(f"no result of a backtest {pk}")
    return result
