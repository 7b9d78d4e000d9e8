"""Refusals that the library does not have. Imports no view: its parsers need them before there is one."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from django.core.exceptions import ValidationError
from rest_framework.exceptions import APIException


class Conflict(APIException):
    """The thing asked about is in a state that does not allow it."""

    status_code = HTTPStatus.CONFLICT
    default_detail = "The present state does not allow this."
    default_code = "conflict"


class KeyReused(APIException):
    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_detail = "The Idempotency-Key was used for another request."
    default_code = "idempotency_key_reused"


class TooLarge(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large."
    default_code = "too_large"


@contextmanager
def states_conflict() -> Iterator[None]:
    """What a service refuses inside is refused for the state of the thing, not for the request."""
    try:
        yield
    except ValidationError as error:
        words = (f"{field}: {' '.join(rules)}" for field, rules in error.message_dict.items())
        raise Conflict("; ".join(words)) from error


@contextmanager
def conflicts(field: str) -> Iterator[None]:
    """As ``states_conflict``, for what a service refuses about one field: the thing itself, not what was asked."""
    try:
        yield
    except ValidationError as error:
        if field in error.message_dict:
            raise Conflict(f"{field}: {' '.join(error.message_dict[field])}") from error
        raise
