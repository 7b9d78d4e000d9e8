"""A result as files."""

from decimal import Decimal
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from apps.accounts.requests import UserRequest
from apps.backtests.arrays import unpack
from apps.backtests.documents import result_document
from apps.backtests.models import BacktestResult
from apps.backtests.selectors import result_get
from apps.backtests.trades import COLUMNS, cells, trades_of
from apps.operations.tables import csv_response


@require_safe
def trades_csv(request: UserRequest, pk: UUID) -> HttpResponse:
    return trades_file(result_get(request.user, pk))


def trades_file(result: BacktestResult) -> HttpResponse:
    """All its trades, times in UTC, numbers with every digit."""
    backtest = result.backtest
    trades = trades_of(unpack(bytes(result.arrays))["trades"], Decimal(backtest.rules["lot"]))
    return csv_response(f"backtest-{backtest.pk}", COLUMNS, (cells(trade, backtest.quote) for trade in trades))


@require_safe
def report_json(request: UserRequest, pk: UUID) -> JsonResponse:
    """Everything: what was asked, figures, trades, and what identifies the run."""
    answer = JsonResponse(result_document(result_get(request.user, pk)), json_dumps_params={"indent": 2})
    answer["Content-Disposition"] = f'attachment; filename="backtest-{pk}.json"'
    return answer
