"""Strategies as JSON."""

from typing import Any

from rest_framework import serializers

from apps.markets.serializers import Timeframe
from apps.operations.api.fields import Number


class ParameterSerializer(serializers.Serializer[Any]):
    """A number that a strategy can be told. Kinds: `int`, `float`, `ratio` (0.005 is 0.5 %), `seconds`."""

    name = serializers.CharField()
    title = serializers.CharField(source="label")
    kind = serializers.ChoiceField(["int", "float", "ratio", "seconds"])
    default, minimum, maximum = Number(), Number(), Number()
    help = serializers.CharField()


class ConditionSerializer(serializers.Serializer[Any]):
    """A demand that a long entry makes."""

    name = serializers.CharField()
    title = serializers.CharField(source="label")
    relation = serializers.CharField()


class StrategySerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.IntegerField()
    title = serializers.CharField()
    description = serializers.CharField()
    timeframe = Timeframe(help_text="Of a new bot unless it is told another.")
    confirmation = serializers.IntegerField(help_text="Default of a new bot, seconds.")
    parameters = ParameterSerializer(many=True)
    conditions = ConditionSerializer(many=True)
    example = {
        "name": "ma_cross", "version": 1, "title": "Moving-average cross", "description": "The plain reference.",
        "timeframe": "15m", "confirmation": 0,
        "parameters": [
            {"name": "fast", "title": "Fast length", "kind": "int", "default": 10.0, "minimum": 2.0,
             "maximum": 1000.0, "help": "bars of the fast average"},
        ],
        "conditions": [{"name": "above", "title": "Fast average above the slow", "relation": ">"}],
    }  # fmt: skip
