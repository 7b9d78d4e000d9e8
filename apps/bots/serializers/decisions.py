"""Decisions as JSON: the verdict, the reason in one sentence, and every gate in words."""

from typing import Any

from rest_framework import serializers

from apps.bots.explain import gates_of, sentence
from apps.bots.models import Evaluation
from apps.operations.api.fields import Amount, Price, Ratio
from apps.risk.serializers import GATE, GateSerializer
from engine.kinds import Action, Verdict

DECISION = {
    "bot": 12, "version": 2, "at": "2020-02-10T14:00:00Z", "price": "9873.21", "score": -0.02, "confidence": 0.02,
    "verdict": "blocked", "action": "none", "quantity": "0",
    "reason": "No entry: the fast average of 9,871.22 is not above the slow one of 9,874.03.",
}  # fmt: skip


class ToldSerializer(serializers.Serializer[Any]):
    """What every decision tells."""

    bot = serializers.IntegerField()
    version = serializers.IntegerField()
    at = serializers.DateTimeField(help_text="Market time: the close of the bar decided on.")
    price = Price()
    score = Ratio(allow_null=True, help_text="-1 to 1.")
    confidence = Ratio(allow_null=True, help_text="0 to 1.")
    verdict = serializers.ChoiceField([verdict.name.lower() for verdict in Verdict])
    action = serializers.ChoiceField([action.name.lower() for action in Action])
    quantity = Amount(help_text="Base.")
    reason = serializers.CharField(help_text="The verdict in one sentence.")


class DecisionSerializer(ToldSerializer):
    """A decision that was asked for and not carried out."""

    gates = GateSerializer(many=True)
    example = DECISION | {"gates": [GATE]}


class EvaluationSerializer(ToldSerializer):
    """A recorded decision."""

    id = serializers.IntegerField()
    example = {"id": 90210} | DECISION

    def to_representation(self, evaluation: Evaluation) -> dict[str, Any]:
        return super().to_representation(self.told(evaluation))

    def told(self, evaluation: Evaluation) -> dict[str, Any]:
        return told(evaluation)


class EvaluationDetailSerializer(EvaluationSerializer):
    """A recorded decision with its gates in words."""

    gates = GateSerializer(many=True)
    example = {"id": 90210} | DECISION | {"gates": [GATE]}

    def told(self, evaluation: Evaluation) -> dict[str, Any]:
        return told(evaluation) | {"gates": gates_of(evaluation)}


def told(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "id": evaluation.pk,
        "bot": evaluation.bot_id,
        "version": evaluation.version.number,
        "at": evaluation.at,
        "price": evaluation.price,
        "score": evaluation.score,
        "confidence": evaluation.confidence,
        "verdict": Verdict(evaluation.verdict).name.lower(),
        "action": Action(evaluation.action).name.lower(),
        "quantity": evaluation.bot.product.base_increment * evaluation.lots,
        "reason": sentence(evaluation),
    }
