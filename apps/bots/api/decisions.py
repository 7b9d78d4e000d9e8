"""Why a bot did or did not trade: recorded decisions with their gates in words, and one on demand."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from apps.bots.api.filters import EvaluationFilter
from apps.bots.conditions import decision_at
from apps.bots.models import Evaluation
from apps.bots.selectors import evaluations, evaluations_of
from apps.bots.serializers.decisions import DecisionSerializer, EvaluationDetailSerializer, EvaluationSerializer
from apps.operations.api.views import ApiViewSet

FAR = datetime(9999, 1, 1, tzinfo=UTC)


class WhyQuery(serializers.Serializer[Any]):
    at = serializers.DateTimeField(required=False, help_text="Market time; the newest decision by default.")


class DecisionActions(ApiViewSet):
    """What one can ask a bot about its decisions."""

    parameters = {"why": {"at"}}

    @extend_schema(responses=EvaluationSerializer(many=True))
    @action(detail=True, filterset_class=EvaluationFilter, ordering="-position")
    def evaluations(self, request: Request, pk: str) -> Response:
        """List a bot's decisions, newest first

        Of the market session that plays now.
        """
        page = self.paginate_queryset(self.filter_queryset(evaluations(self.get_object())))
        return self.get_paginated_response(EvaluationSerializer(page, many=True).data)

    @extend_schema(responses=EvaluationDetailSerializer, parameters=[WhyQuery])
    @action(detail=True, filterset_class=None, pagination_class=None)
    def why(self, request: Request, pk: str) -> Response:
        """Ask why a bot did or did not trade at a time

        The decision in force then, with every gate in words: the last one that is not after `at`.
        """
        query = WhyQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        at = query.validated_data.get("at", FAR)
        found = decision_at(self.get_object(), at)
        if found is None:
            raise NotFound("This bot has made no decision up to then.")
        return Response(EvaluationDetailSerializer(found).data)

    @extend_schema(request=None, responses=DecisionSerializer)
    @action(detail=True, methods=["post"], required_scope="read")
    def evaluate(self, request: Request, pk: str) -> Response:
        """Decide now, placing nothing

        What the bot would decide on its newest closed bar, with every gate in words.
        """
        # Loads the compiler: only processes that decide pay for it.
        from apps.bots.decision import decide_now  # noqa: PLC0415

        told = decide_now(self.get_object())
        return Response(DecisionSerializer(told | {"at": datetime.fromisoformat(told["at"])}).data)


class EvaluationViewSet(RetrieveModelMixin, ApiViewSet):
    """Recorded decisions."""

    model, serializer_class = Evaluation, EvaluationDetailSerializer
    summaries = {"retrieve": "Get a decision with its gates in words"}

    def rows(self) -> QuerySet[Evaluation]:
        return evaluations_of(self.user)
