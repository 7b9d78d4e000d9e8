"""What operators see of bots, and of why they did or did not trade."""

from apps.bots.admin.bots import BotAdmin, BotVersionAdmin
from apps.bots.admin.evaluations import EvaluationAdmin, EvaluationBatchAdmin

__all__ = ["BotAdmin", "BotVersionAdmin", "EvaluationAdmin", "EvaluationBatchAdmin"]
