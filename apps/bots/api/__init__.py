"""The API of bots, their decisions and the strategies they follow."""

from apps.bots.api.bots import BotViewSet
from apps.bots.api.decisions import EvaluationViewSet
from apps.bots.api.strategies import StrategyViewSet

ROUTES = [
    ("bots", BotViewSet, "bot"),
    ("evaluations", EvaluationViewSet, "evaluation"),
    ("strategies", StrategyViewSet, "strategy"),
]
