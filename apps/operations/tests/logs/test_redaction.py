"""No secret leaves by a log, in whatever shape it comes."""

import json
import logging
import sys
import time

import pytest
from django.conf import settings

from apps.operations.logs.formatters import Json, Line
from apps.operations.logs.redaction import HIDDEN, redact

CANARY = "Canary7xQ2mZp9rT4w"
LEAKS = [
    f"password={CANARY}",
    f'{{"password": "{CANARY}", "name": "x"}}',
    f"{{'new_password1': '{CANARY}'}}",
    f"Authorization: Bearer {CANARY}",
    f"authorization: Basic {CANARY}==",
    f"Cookie: theme=dark; sessionid={CANARY}; csrftoken={CANARY}",
    f"Set-Cookie: sessionid={CANARY}; HttpOnly",
    f"api_key: {CANARY}",
    f"GET /x/?token={CANARY}&page=2",
    f"tst_{CANARY}",
    f"eyJhbGciOiJI.{CANARY}.{CANARY}",
    f"postgres://trader:{CANARY}@db:5432/x",
    f"redis://:{CANARY}@cache:6379/0",
    f"/account/password/reset/key/{CANARY}/",
    f"/account/confirm-email/{CANARY}/",
    f"-----BEGIN EC PRIVATE KEY-----\n{CANARY}\n-----END EC PRIVATE KEY-----",
    f"client_secret = '{CANARY}'",
    f'{{"name": "organizations/1/apiKeys/2", "privateKey": "{CANARY}"}}',
    f'{{"privateKey": "-----BEGIN EC PRIVATE KEY-----\\n{CANARY}\\n-----END EC PRIVATE KEY-----\\n"}}',
    f"Credentials(secret='{CANARY}')",
]


def record(message: str, *arguments: object, **extra: object) -> logging.LogRecord:
    return logging.getLogger("apps.test").makeRecord(
        "apps.test", logging.INFO, "file", 1, message, arguments, None, extra=extra
    )


@pytest.mark.parametrize("form", [Line, Json])
@pytest.mark.parametrize("leak", LEAKS)
def test_it_never_reaches_a_line(form, leak):
    for written in (record(leak), record("it failed: %s", leak), record("x", detail=leak), record("x", detail=[leak])):
        assert CANARY not in form().format(written)


@pytest.mark.parametrize("form", [Line, Json])
def test_it_never_reaches_a_line_by_an_exception(form):
    try:
        raise ValueError(f"bad password={CANARY}")
    except ValueError:
        written = record("it failed")
        written.exc_info = sys.exc_info()
    line = form().format(written)
    assert "ValueError" in line
    assert CANARY not in line


@pytest.mark.parametrize("name", ["password", "access_token", "Authorization", "api_key", "cookies", "otp"])
def test_a_field_with_the_name_of_a_secret_loses_its_value_whatever_it_is(name):
    line = Json().format(record("x", detail={name: CANARY, "deeper": {name: [CANARY]}, "size": 3}))
    assert CANARY not in line
    assert json.loads(line)["detail"] == {name: HIDDEN, "deeper": {name: HIDDEN}, "size": 3}


def test_the_secrets_of_the_installation_are_known():
    password = settings.DATABASES["default"]["PASSWORD"]
    assert redact(f"key {settings.SECRET_KEY} and {password}") == f"key {HIDDEN} and {HIDDEN}"


@pytest.mark.parametrize(
    "words",
    [
        "order #12 (entry): fill: price 9800.10, quantity 0.01",
        "owns the clock, epoch 3",
        "token.create Reading script",
        "bot.pause BTC trend (a broken gear)",
        "Basic settings are in force",
        "stop at 0.02, target 0.04",
    ],
)
def test_ordinary_words_stay(words):
    assert redact(words) == words


@pytest.mark.parametrize(
    "part",
    ["a", "a-", "/", "password", "password ", "://", "eyJ", "eyJ-", "cookie: ", "Bearer ", "-----BEGIN "],
)
def test_a_long_line_of_a_stranger_costs_no_time(part):
    began = time.perf_counter()
    redact(part * (20_000 // len(part)))
    assert time.perf_counter() - began < 0.5
