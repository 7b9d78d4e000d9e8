"""The API of accounts, positions and trades."""

from apps.portfolio.api.accounts import AccountViewSet
from apps.portfolio.api.positions import PositionViewSet
from apps.portfolio.api.trades import TradeViewSet

ROUTES = [
    ("accounts", AccountViewSet, "account"),
    ("positions", PositionViewSet, "position"),
    ("trades", TradeViewSet, "trade"),
]
