"""Connecting an exchange on the pages and by API: who asks is asked again, and a key is never said back."""

import json

import pytest
from cryptography.fernet import Fernet
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from apps.accounts.models import ExchangeConnection
from tradingsite.testing.api import Caller
from tradingsite.testing.live import live_venue
from tradingsite.testing.people import make_user
from tradingsite.testing.signing import PASSWORD, code_of, signed_in, with_app

LIST, NEW = reverse("accounts:connections"), reverse("accounts:connect")


@pytest.fixture
def venue(db, settings):
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    with live_venue(settings) as venue:
        yield venue


@pytest.fixture
def person(venue):
    return make_user(password=PASSWORD)


def secret_part(text):
    return json.loads(text)["privateKey"].split("\n")[1]


def test_a_pasted_key_connects_and_is_never_shown(venue, person):
    client, text = signed_in(person), venue.key()
    assert client.get(NEW).status_code == 200
    answer = client.post(NEW, {"label": "Main", "key": text}, follow=True)
    page = answer.content.decode()
    assert "Main is connected" in page
    assert secret_part(text) not in page
    assert ExchangeConnection.objects.get(owner=person).state == "ok"


def test_an_uploaded_file_connects(venue, person):
    file = SimpleUploadedFile("key.json", venue.key().encode())
    assert signed_in(person).post(NEW, {"label": "Main", "file": file}).status_code == 302
    assert ExchangeConnection.objects.filter(owner=person).exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"label": "", "key": "x"}, "Name must say what the connection is"),
        ({"label": "Main"}, "must be pasted or uploaded, one of the two"),
        ({"label": "Main", "key": "no key SECRETSIGN"}, "The key must be the text of the JSON file"),
        ({"label": "Main", "file": SimpleUploadedFile("key", b"\xff\xfe\xfa")}, "The file must be text"),
        ({"label": "Main", "file": SimpleUploadedFile("key", b"x" * 5000)}, "must have at most 4096 bytes, had 5000"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_key_is_not_said_back(venue, person, fields, words):
    answer = signed_in(person).post(NEW, fields)
    page = answer.content.decode()
    assert (answer.status_code, words in page, "SECRETSIGN" in page) == (400, True, False)
    assert not ExchangeConnection.objects.exists()


def test_a_key_that_comes_too_late_is_thrown_away_and_kept_in_no_session(venue, person):
    client, text = Client(), venue.key()
    client.force_login(person)
    assert reverse("account_reauthenticate") in client.get(NEW)["Location"]
    answer = client.post(NEW, {"label": "Main", "key": text})
    assert (answer.status_code, answer["Location"]) == (302, NEW)
    assert not ExchangeConnection.objects.exists()
    kept = str([session.get_decoded() for session in Session.objects.all()]) + str(dict(client.session))
    assert secret_part(text) not in kept


def test_real_money_is_confirmed_and_stopped_on_its_pages(venue, person):
    connection = venue.connect(person, live=False)
    page = reverse("accounts:connection_live", args=[connection.pk])
    client = signed_in(person)
    assert "Two-factor sign-in must be on" in client.post(page, {"sure": "YES"}).content.decode()
    with_app(person)
    assert "Must be YES" in client.post(page, {"sure": "yes"}).content.decode()
    client.post(page, {"sure": "YES"})
    connection.refresh_from_db()
    assert connection.live_by == person
    client.post(reverse("accounts:connection_live_end", args=[connection.pk]))
    connection.refresh_from_db()
    assert connection.live_since is None


def test_it_is_checked_and_deleted_by_a_button(venue, person):
    connection = venue.connect(person, live=False)
    client = signed_in(person)
    page = client.get(LIST).content.decode()
    assert (connection.label in page, "live channel is silent" in page) == (True, True)
    venue.exchange.fault("unauthorized", path="/key_permissions")
    told = client.post(reverse("accounts:connection_check", args=[connection.pk]), follow=True).content.decode()
    assert "broken" in told
    client.post(reverse("accounts:connection_end", args=[connection.pk]))
    assert not ExchangeConnection.objects.exists()


def test_a_strangers_connection_is_not_there(venue, person):
    connection = venue.connect(live=False)
    client, caller = signed_in(person), Caller(person)
    for name in ("connection_check", "connection_live", "connection_live_end", "connection_end"):
        assert client.post(reverse(f"accounts:{name}", args=[connection.pk]), {"sure": "YES"}).status_code == 404
    assert connection.label not in client.get(LIST).content.decode()
    assert caller.get(f"connections/{connection.pk}/").status_code == 404
    assert caller.ask("DELETE", f"connections/{connection.pk}/").status_code == 404


# --- by API ---


def test_a_script_connects_with_the_password_and_never_reads_the_key(venue, person):
    caller, text = Caller(person, scope="trade"), venue.key()
    refused = caller.post("connections/", {"label": "Main", "key": text})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "password")
    answer = caller.post("connections/", {"label": "Main", "key": text, "password": PASSWORD})
    told = answer.json()
    assert (answer.status_code, told["state"], told["live_since"]) == (201, "ok", None)
    assert caller.get(answer.headers["Location"]).json() == told
    everything = refused.content + answer.content + caller.get("connections/").content
    assert secret_part(text).encode() not in everything


def test_a_bad_key_is_refused_at_its_field_and_not_said_back(venue, person):
    answer = Caller(person).post("connections/", {"label": "Main", "key": "SECRETSIGN", "password": PASSWORD})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "key")
    assert b"SECRETSIGN" not in answer.content
    transfers = venue.key("view", "trade", "transfer")
    answer = Caller(person).post("connections/", {"label": "Main", "key": transfers, "password": PASSWORD})
    assert b"must not be able to transfer money" in answer.content


def test_real_money_by_api_needs_a_code_and_yes(venue, person):
    connection = venue.connect(person, live=False)
    caller = Caller(person, scope="trade")
    path = f"connections/{connection.pk}/live/"
    assert caller.post(path, {"sure": "YES", "password": PASSWORD}).status_code == 409
    secret = with_app(person)
    assert caller.post(path, {"sure": "yes", "code": code_of(secret)}).status_code == 400
    answer = caller.post(path, {"sure": "YES", "code": code_of(secret, 1)})
    assert (answer.status_code, answer.json()["live_since"] is not None) == (200, True)
    assert caller.post(f"connections/{connection.pk}/pause/").json()["live_since"] is None


def test_it_is_checked_and_deleted_by_api(venue, person):
    connection = venue.connect(person, live=False)
    caller = Caller(person)
    venue.exchange.fault("unavailable", path="/key_permissions", times=1)
    assert caller.post(f"connections/{connection.pk}/check/").status_code == 409
    assert caller.post(f"connections/{connection.pk}/check/").json()["state"] == "ok"
    assert caller.ask("DELETE", f"connections/{connection.pk}/").status_code == 204
    assert caller.get("connections/").json()["results"] == []
