"""How the API describes itself: summaries from docstrings, the problems of each operation, examples of serializers."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers

from apps.operations.api.idempotency import HEADER, LONGEST, REPLAYED
from apps.operations.api.problems import MEDIA_TYPE

DETAILS = {
    400: "name: must be given",
    401: "Authentication credentials were not provided.",
    403: "The token's scope must be 'trade', was 'read'.",
    404: "No Bot matches the given query.",
    406: "Could not satisfy the request Accept header.",
    409: "The present state does not allow this.",
    413: "The body must have at most 65536 bytes.",
    415: "Unsupported media type 'text/plain' in request.",
    422: "The Idempotency-Key 'a1' was used for another request at 2026-01-01 00:00 UTC.",
    429: "Request was throttled. Expected available in 12 seconds.",
}


class FieldErrorSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="Fields inside fields have a dot between: `params.fast`.")
    rule = serializers.CharField()
    value = serializers.JSONField(required=False, help_text="What was sent; left out for secrets and what is missing.")


class ProblemSerializer(serializers.Serializer[Any]):
    """An error, as RFC 9457 has it."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="For programs: `invalid`, `not_found`, `throttled`, ...")
    errors = FieldErrorSerializer(many=True, required=False)  # type: ignore[assignment]  # a member of RFC 9457's kind


class ProblemSchema(AutoSchema):
    """The first line of an action's docstring is its summary, the rest its description."""

    def get_summary(self) -> str | None:
        return self._doc()[0] or None

    def get_description(self) -> str:  # type: ignore[override]  # as the library has it
        return self._doc()[1]

    def _doc(self) -> tuple[str, str]:
        action = getattr(self.view, "action", None)
        told = getattr(self.view, "summaries", {}).get(action)
        text = told or str(super().get_description() or "")
        first, _, rest = text.partition("\n")
        return first.strip().rstrip("."), rest.strip()

    def get_override_parameters(self) -> list[Any]:
        told: list[Any] = list(super().get_override_parameters())
        if self._is_idempotent():
            told.append(
                OpenApiParameter(
                    HEADER, {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[ -~]+$"},
                    OpenApiParameter.HEADER,
                    description="Any text of your own: sent again with the same body, the same key gives the same "
                    f"answer for a day (with `{REPLAYED}: true`) and acts no second time.",
                )
            )  # fmt: skip
        return told

    def get_examples(self) -> list[OpenApiExample]:
        """Of the serializers' ``example``, unless the action names its own."""
        told = list(super().get_examples())
        return told or [*self._example("request"), *self._example("response")]

    def _example(self, direction: str) -> list[OpenApiExample]:
        serializer = self.get_request_serializer() if direction == "request" else self.get_response_serializers()
        statuses = ["200", "201"]
        if isinstance(serializer, dict):
            statuses = [str(status) for status in serializer if str(status).startswith("2")]
            serializer = next((each for status, each in serializer.items() if str(status) in statuses), None)
        value = getattr(getattr(serializer, "child", serializer), "example", None)
        if value is None:
            return []
        if direction == "request":
            return [OpenApiExample("Example", value=value, request_only=True)]
        return [OpenApiExample("Example", value=value, response_only=True, status_codes=statuses)]

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if self.method == "GET":
            bodies["304"] = {"description": "Nothing changed since the answer with the ETag in If-None-Match."}
        for status in self._problems():
            bodies.setdefault(str(status), self._problem(status))
        return dict(sorted(bodies.items()))

    def _problems(self) -> list[int]:
        found = [406, 429]
        has_body = self.method not in ("GET", "DELETE")
        if has_body or self._get_parameters():
            found.append(400)
        if has_body:
            found += [413, 415]
        if (auth := self.get_auth()) and {} not in auth:
            found += [401, 403]
        if "{" in self.path:
            found.append(404)
        if self._is_idempotent():
            found.append(422)
        named = (*getattr(self.view, "problems", ()), *getattr(self._action(), "problems", ()))
        return sorted({*found, *named})

    def _problem(self, status: int) -> dict[str, Any]:
        component = self.resolve_serializer(ProblemSerializer, "response")
        title = HTTPStatus(status).phrase
        example = {"type": "about:blank", "title": title, "status": status, "detail": DETAILS[status], "code": "error"}
        headers = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}} if status == 429 else {}
        return {
            "description": title,
            "content": {MEDIA_TYPE: {"schema": component.ref, "examples": {title: {"value": example}}}},
            **({"headers": headers} if headers else {}),
        }

    def _is_idempotent(self) -> bool:
        return bool(getattr(self._action(), "idempotent", False))

    def _action(self) -> Any:
        return getattr(self.view, getattr(self.view, "action", "") or self.method.lower(), None)


def problems(*statuses: int) -> Callable[[Any], Any]:
    """Names problems of an action that its method and address do not tell, for the description of the API."""

    def name(handler: Any) -> Any:
        handler.problems = statuses
        return handler

    return name
