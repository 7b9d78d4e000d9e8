"""Halts and gates as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts.api.own import AccountField
from apps.accounts.api.proof import Proof
from apps.operations.api.fields import Input, Ratio
from apps.risk import registry
from apps.risk.gates import BLOCKS, OFF, PASS, UNKNOWN
from apps.risk.models import Halt
from apps.risk.selectors import may_release
from apps.risk.services import REASON_LENGTH
from engine.kinds import HaltLevel

LEVELS = {level.name.lower(): level for level in HaltLevel if level}
GATE = {
    "index": 5, "key": "above", "name": "Fast average above the slow", "status": "blocks", "value": "9,871.22",
    "threshold": "9,874.03", "sentence": "the fast average of 9,871.22 is not above the slow one of 9,874.03",
    "distance": -0.00028,
}  # fmt: skip
HALT = {
    "id": 5, "scope": "account", "level": "orders", "venue": "", "account": 3, "reason": "going on holiday",
    "at": "2026-01-01T12:00:00Z", "by": "you", "in_force": True, "carried_out": True,
    "progress": {"orders": 3, "cancelled": 2, "over": 3, "unclear": 0}, "may_release": True,
    "released_at": None, "released_reason": "",
}  # fmt: skip


class ProgressSerializer(serializers.Serializer[Any]):
    """How far a halt in force has come with the orders of yours that worked when it was pulled."""

    orders = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    over = serializers.IntegerField(help_text="Known to work no more: cancelled, filled or refused.")
    unclear = serializers.IntegerField(help_text="Not found at the exchange: a person must look.")


class HaltSerializer(serializers.ModelSerializer[Halt]):
    """A pulled kill switch. ``carried_out``: every order is known to be over, what was to be sold is sold."""

    level = serializers.SerializerMethodField()
    by = serializers.SerializerMethodField()
    in_force = serializers.SerializerMethodField()
    carried_out = serializers.BooleanField(source="swept", read_only=True)
    progress = serializers.SerializerMethodField()
    may_release = serializers.SerializerMethodField(help_text="Whether it is yours to release.")
    example = HALT

    class Meta:
        model = Halt
        fields = tuple(HALT)
        read_only_fields = fields

    def get_level(self, halt: Halt) -> str:
        return HaltLevel(halt.level).name.lower()

    def get_by(self, halt: Halt) -> str:
        """Operators have no names here."""
        if halt.by_id is None:
            return "the platform"
        return "you" if halt.by_id == self.context["request"].user.pk else "an operator"

    def get_in_force(self, halt: Halt) -> bool:
        return halt.released_at is None

    @extend_schema_field(ProgressSerializer(allow_null=True))
    def get_progress(self, halt: Halt) -> dict[str, Any] | None:
        """Null for a halt that is over and for one that cancels nothing."""
        if halt.released_at is not None or halt.level == HaltLevel.ENTRIES:
            return None
        own = self.context["request"].user.trading_accounts.values_list("pk", flat=True)
        return ProgressSerializer(registry.progress_of(halt, list(own))).data

    def get_may_release(self, halt: Halt) -> bool:
        return halt.released_at is None and may_release(self.context["request"].user, halt)


class HaltInput(Input):
    """`entries` stops entries; `orders` cancels every order too; `flatten` also sells every position."""

    scope = serializers.ChoiceField([Halt.Scope.ACCOUNT.value, Halt.Scope.USER.value], default="account")
    account = AccountField(required=False, help_text="Of a halt of scope `account`.")
    level = serializers.ChoiceField(list(LEVELS))
    reason = serializers.CharField(max_length=REASON_LENGTH, required=False, default="kill switch")
    example = {"scope": "account", "account": 3, "level": "orders", "reason": "going on holiday"}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        names_account = "account" in attrs
        if names_account != (attrs["scope"] == "account"):
            rule = "must not be given for a halt of scope user" if names_account else "must be given for scope account"
            raise serializers.ValidationError({"account": rule})
        return attrs


class ReleaseInput(Proof):
    """Letting go is slow: words, and a proof of who is there."""

    reason = serializers.CharField(max_length=REASON_LENGTH, help_text="Why it is safe to go on.")
    example = {"reason": "back at the desk", "password": "long and secret"}


class GateSerializer(serializers.Serializer[Any]):
    """A gate of a decision. ``distance``: of the value from the threshold, as a ratio of it."""

    index = serializers.IntegerField()
    key = serializers.CharField()
    name = serializers.CharField()
    status = serializers.ChoiceField([PASS, BLOCKS, UNKNOWN, OFF])
    value = serializers.CharField()
    threshold = serializers.CharField()
    sentence = serializers.CharField()
    distance = Ratio(allow_null=True)
