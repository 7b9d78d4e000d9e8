"""Errors of the API as RFC 9457 problems: each names the field, its value and the rule."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as FormError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from apps.operations.api.refusals import TooLarge

MEDIA_TYPE = "application/problem+json"
BODY = "body"  # the field of an error that belongs to no field
SECRET = {"password", "code", "access", "refresh", "token", "key"}  # never said back
LONGEST = 200  # characters of a value said back
RULES = {"required": "must be given", "null": "must not be null", "blank": "must not be empty"}

# Of errors outside the API's own views.
BROKEN: dict[str, object] = {
    "type": "about:blank", "title": "Internal Server Error", "status": 500, "code": "error",
    "detail": "Something broke on our side; it was noted. Nothing was half-done.",
}  # fmt: skip
MALFORMED: dict[str, object] = {
    "type": "about:blank", "title": "Bad Request", "status": 400, "code": "malformed",
    "detail": "A part of the address or of the headers is malformed.",
}  # fmt: skip


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """The library's hook: None leaves an error that is ours to the site's page for errors."""
    known = _as_api_error(error)
    response = exception_handler(known, context)
    if response is None:
        return None
    response.data = problem(known, response, context["request"])
    response.content_type = MEDIA_TYPE
    return response


def _as_api_error(error: Exception) -> Exception:
    if isinstance(error, FormError):
        detail = error.message_dict if hasattr(error, "error_dict") else {BODY: error.messages}
        return exceptions.ValidationError(detail)
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, Http404):
        return exceptions.NotFound(*error.args)
    if isinstance(error, SuspiciousOperation | BadRequest):
        return exceptions.ParseError(str(error))
    return error


def problem(error: Exception, response: Response, request: Request) -> dict[str, Any]:
    """The members of a problem; ``errors`` are there when single fields are at fault."""
    status = HTTPStatus(response.status_code)
    told: dict[str, Any] = {"type": "about:blank", "title": status.phrase, "status": status.value}
    if isinstance(error, exceptions.ValidationError):
        errors = [_error(field, rule, request) for field, rule in _rules(error.detail)]
        words = [f"{each['field']}: {each['rule']}" for each in errors]
        return told | {"detail": "; ".join(words), "code": "invalid", "errors": errors}
    detail = getattr(error, "detail", "") or str(error)
    if isinstance(detail, Mapping):  # how the library of tokens says it
        detail = detail.get("detail", detail)
    code = getattr(detail, "code", None) or getattr(error, "default_code", "error")
    return told | {"detail": str(detail), "code": str(code)}


def _rules(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(field, rule) of every error, fields inside fields with a dot between."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name in ("non_field_errors", "__all__", BODY) else str(name)
            yield from _rules(inner, f"{path}.{own}".strip("."))
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        for inner in detail:
            yield from _rules(inner, path)
    else:
        yield path or BODY, RULES.get(getattr(detail, "code", ""), str(detail))


def _error(field: str, rule: str, request: Request) -> dict[str, Any]:
    sent = _sent(request)
    place = _place(field, sent)
    told: dict[str, Any] = {"field": place, "rule": rule}
    found, value = _value(place, sent)
    if found and not SECRET & set(place.split(".")):
        told["value"] = value if len(repr(value)) <= LONGEST else f"{str(value)[:LONGEST]}…"
    return told


def _sent(request: Request) -> dict[str, Any]:
    """What the address and the body gave; a body that cannot be read gave nothing."""
    try:
        body = request.data
    except exceptions.APIException:
        body = None
    return {**request.query_params.dict(), **(body if isinstance(body, dict) else {})}


def _place(field: str, sent: Mapping[str, Any]) -> str:
    """Where a field that a service names stands in the body: 'fast' may have come as 'params.fast'."""
    if field in sent:
        return field
    inside = (name for name, part in sent.items() if isinstance(part, Mapping) and field in part)
    outer = next(inside, None)
    return field if outer is None else f"{outer}.{field}"


def _value(place: str, sent: Any) -> tuple[bool, Any]:
    for name in place.split("."):
        if not isinstance(sent, Mapping) or name not in sent:
            return False, None
        sent = sent[name]
    return True, sent
