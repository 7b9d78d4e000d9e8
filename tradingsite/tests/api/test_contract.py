"""Requests made from the API's own description: no error of ours, and no answer that it does not tell of."""

from collections.abc import Iterator
from zlib import crc32

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given, settings
from rest_framework.throttling import SimpleRateThrottle
from schemathesis import Case, GenerationMode
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.schemas import BaseSchema

from tradingsite.testing.api import Caller, Desk
from tradingsite.tests.api.test_access import RULES

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 4  # of an operation, sound ones and unsound ones each


@pytest.fixture
def described(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[BaseSchema]:
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"user": None, "anon": None, "sign_in": None})
    for signal in (request_started, request_finished):  # the requests belong to the test's transaction
        signal.disconnect(close_old_connections)
    serve = get_wsgi_application()
    always = {"REMOTE_ADDR": "127.0.0.1", "HTTP_ACCEPT_ENCODING": "identity"}
    yield schemathesis.openapi.from_wsgi("/api/schema/?format=json", lambda told, start: serve(told | always, start))
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def aim(case: Case, desk: Desk) -> None:
    """Every other request is about things that are there."""
    rule = RULES.get(f"{case.method} {case.path.removeprefix('/api/v1/')}")
    if rule and case.path_parameters and crc32(repr((case.path_parameters, case.query, case.body)).encode()) % 2:
        case.path_parameters.update(rule.place(desk))
    if isinstance(case.body, dict) and {"account", "product"} <= set(case.body):
        case.body |= {"account": desk.account.pk, "product": "BTC-USD"}


def test_the_api_answers_as_it_is_described(described, desk):
    credentials = Caller(desk.owner, scope="trade").credentials
    for found in described.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:

            @settings(
                max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Case) -> None:
                with transaction.atomic():
                    aim(case, desk)
                    case.call_and_validate(headers=credentials, checks=CHECKS)
                    transaction.set_rollback(True)  # each request finds the desk as it was

            ask()
