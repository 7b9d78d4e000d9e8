"""Bad input: a clear refusal that names field, value and rule; nothing half-done, never our error."""

import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from apps.bots.models import Bot
from apps.operations.api.bodies import MOST, JsonParser
from apps.operations.api.problems import problem_response


def problem(answer, status):
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert (told["type"], told["status"]) == ("about:blank", status)
    assert told["title"]
    assert told["detail"]
    return told


def errors(answer):
    return {each["field"]: each for each in problem(answer, 400)["errors"]}


def send(caller, body, kind="application/json", path="/api/v1/bots/"):
    return caller.client.generic("POST", path, body, content_type=kind)


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"name": ""}, "name", "must not be empty"),
        ({"name": None}, "name", "must not be null"),
        ({"name": "x" * 61}, "name", "no more than 60"),
        ({"name": "a\x00b"}, "name", "Null characters"),
        ({"account": 10**9}, "account", "must be one of your accounts"),
        ({"account": 10**30}, "account", "must be one of your accounts"),
        ({"account": "x"}, "account", "Incorrect type"),
        ({"account": True}, "account", "Incorrect type"),
        ({"product": "BTC-EUR"}, "product", "must be one of BTC-USD"),
        ({"strategy": "magic"}, "strategy", "not a valid choice"),
        ({"timeframe": "2m"}, "timeframe", "must be one of 1m, 5m"),
        ({"timeframe": ["1m"]}, "timeframe", "must be one of 1m, 5m"),
        ({"params": {"fast": 40}}, "params.fast", "must be below slow (30)"),
        ({"params": {"fast": "10"}}, "params.fast", "must be a number"),
        ({"params": {"fast": 10.5}}, "params.fast", "must be a whole number"),
        ({"params": {"fst": 10}}, "params.fst", "must be a parameter of ma_cross"),
        ({"params": [1]}, "params", "Expected a dictionary"),
        ({"controls": {"size": 2}}, "controls.size", "at most 1.0 of equity"),
        ({"controls": {"size": 10**400}}, "controls.size", "64 bits"),
        ({"controls": {"size": True}}, "controls.size", "must be a number"),
        ({"controls": {"sise": 1}}, "controls.sise", "must be a field"),
        ({"controls": {"cooldown": 1.5}}, "controls.cooldown", "whole seconds"),
        ({"contrls": {}}, "contrls", "must be a field"),
    ],
)
def test_a_field_that_breaks_a_rule_is_named_with_its_value(caller, new_bot, change, field, rule):
    found = errors(caller.post("bots/", new_bot | change))
    outer, _, inner = field.partition(".")
    sent = change[outer][inner] if inner else change[outer]
    assert list(found) == [field]
    assert rule in found[field]["rule"]
    assert str(found[field]["value"])[:100] == str(sent)[:100]
    assert not Bot.objects.exists()


def test_every_field_at_fault_is_named_at_once(caller):
    found = errors(caller.post("bots/", {"timeframe": 3}))
    assert set(found) == {"account", "product", "name", "strategy", "timeframe"}


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("", "application/json", 400),
        ("[]", "application/json", 400),
        ('"text"', "application/json", 400),
        ("[" * 60_000, "application/json", 400),
        ('{"account": NaN}', "application/json", 400),
        (b'{"name": "\xff"}', "application/json", 400),
        ('{"name": "\\ud800"}', "application/json", 400),
        ("9" * 5000, "application/json", 400),
        (" " * (MOST + 1), "application/json", 413),
        ("{}", "application/json; charset=zlib", 415),
        ("{}", "application/json; charset=latin-1", 415),
        ("a=1", "application/x-www-form-urlencoded", 415),
        ("<a/>", "text/xml", 415),
        ("{}", "nonsense", 415),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(caller, body, kind, status):
    problem(send(caller, body, kind), status)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("bots/?state=busy", "state"),
        ("bots/?stat=running", "stat"),
        ("bots/?account=999999", "account"),
        ("bots/?account=1%00", "account"),
        ("bots/?limit=0", "limit"),
        ("bots/?limit=201", "limit"),
        ("bots/?limit=%C2%B2", "limit"),
        ("bots/?cursor=nonsense", "cursor"),
        ("bots/?cursor=cD1hYmM%3D", "cursor"),  # p=abc
        ("bots/?product=%00", "product"),
        ("orders/?since=0001-01-01T00:00:00%2B19:53", "since"),
        ("trades/?cursor=cD05OTk5LTEyLTMxKzIzJTNBNTklM0E1OS0xOSUzQTUz", "cursor"),  # p=9999-12-31 23:59:59-19:53
        ("market/products/{product}/candles/?interval=2m", "interval"),
        ("market/products/{product}/candles/?start=yesterday", "start"),
        ("market/products/{product}/candles/?limit=1001", "limit"),
        ("market/products/{product}/ticker/?limit=1", "limit"),
    ],
)
def test_a_parameter_that_breaks_a_rule_is_named(caller, market, path, field):
    assert field in errors(caller.get(path.format(product=market.product.pk)))


def test_a_method_that_is_not_there_names_those_that_are(caller):
    answer = caller.ask("PUT", "bots/", {})
    assert problem(answer, 405)["code"] == "method_not_allowed"
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_an_answer_in_another_format_is_refused(caller):
    assert problem(caller.get("bots/", Accept="text/html"), 406)["code"] == "not_acceptable"


def test_an_id_beyond_every_number_is_not_found(caller):
    assert problem(caller.get(f"bots/{'9' * 18}/"), 404)["code"] == "not_found"


def test_a_secret_is_never_said_back(rf):
    request = Request(rf.post("/", {"password": "hunter2"}, content_type="application/json"), parsers=[JsonParser()])
    told = problem_response(ValidationError({"password": "must be right"}), {"request": request})
    assert told.data["errors"] == [{"field": "password", "rule": "must be right"}]


def test_an_error_of_ours_is_a_problem_without_details(caller, monkeypatch):
    def broken(*args):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("apps.bots.api.bots.bot_rows", broken)
    caller.client.raise_request_exception = False
    told = problem(caller.get("bots/"), 500)
    assert "secret" not in told["detail"]


@pytest.mark.parametrize(("path", "kind"), [("/api/v1/bots/", "application/problem+json"), ("/terms/", "text/html")])
def test_a_malformed_host_is_refused_everywhere(caller, path, kind):
    answer = caller.get(path, Host="%bad")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith(kind)
