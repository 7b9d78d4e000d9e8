"""The installable app: its manifest, its service worker and its offline page are public and hold nothing private."""

import json
import struct

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from apps.dashboard import installable
from tradingsite.testing.people import make_account

pytestmark = pytest.mark.django_db


def read_manifest(client) -> dict:
    answer = client.get(reverse("dashboard:manifest"))
    assert answer.headers["Content-Type"] == "application/manifest+json"
    return answer.json()


def pixels(address: str) -> str:
    """Width and height that a PNG file has, as a manifest writes them."""
    found = finders.find(address.removeprefix("/static/"))
    assert found, address
    with open(found, "rb") as file:
        head = file.read(24)
    assert head.startswith(b"\x89PNG"), address
    return "x".join(str(number) for number in struct.unpack(">II", head[16:24]))


def test_the_manifest_names_what_an_installation_needs(client):
    manifest = read_manifest(client)
    assert (manifest["id"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    assert len(manifest["short_name"]) <= 12
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
        ("192x192", "any"), ("512x512", "any"), ("512x512", "maskable"), ("512x512", "monochrome"),
    }  # fmt: skip
    assert {shot["form_factor"] for shot in manifest["screenshots"]} == {"wide", "narrow"}


def test_every_picture_is_there_and_as_large_as_the_manifest_says(client):
    manifest = read_manifest(client)
    for picture in [*manifest["icons"], *manifest["screenshots"]]:
        assert pixels(picture["src"]) == picture["sizes"]


def test_start_and_shortcuts_lead_to_pages_and_a_stranger_over_the_sign_in(client):
    manifest = read_manifest(client)
    addresses = [manifest["start_url"], *(shortcut["url"] for shortcut in manifest["shortcuts"])]
    for address in addresses:
        location = client.get(address).headers["Location"]
        assert location.startswith(f"{reverse('account_login')}?next={address.partition('?')[0]}")
    client.force_login(make_account().owner)
    assert [client.get(address).status_code for address in addresses] == [200] * len(addresses)


def worker(client) -> dict:
    """What the service worker keeps."""
    answer = client.get("/sw.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    return json.loads(answer.content.decode().splitlines()[0].removeprefix("const SHELL = ").removesuffix(";"))


def test_the_worker_keeps_public_files_and_the_offline_page_alone(client):
    kept = worker(client)
    assert kept["files"][0] == kept["offline"] == "/offline/"
    assert all(name.startswith("/static/") for name in kept["files"][1:])
    assert all(finders.find(name.removeprefix("/static/")) for name in kept["files"][1:])


def test_the_worker_may_fetch_from_us_and_do_nothing_else(client):
    assert client.get("/sw.js").headers["Content-Security-Policy"] == "default-src 'none'; connect-src 'self'"


def test_the_worker_is_another_when_a_file_changes(client, monkeypatch):
    before = worker(client)["version"]
    assert worker(client)["version"] == before
    monkeypatch.setattr(installable, "SHELL", installable.SHELL[:-1])
    assert worker(client)["version"] != before


def test_the_offline_page_is_the_same_for_everybody(client):
    nobody = client.get("/offline/")
    client.force_login(make_account().owner)
    assert client.get("/offline/").content == nobody.content
    assert "Bots keep running on the server" in nobody.content.decode()
    assert "no-store" not in nobody.headers["Cache-Control"]
    assert "csrf" not in nobody.content.decode()


def test_signing_out_empties_the_browsers_cache(client):
    client.force_login(make_account().owner)
    assert "Clear-Site-Data" not in client.get(reverse("dashboard:terms")).headers
    answer = client.post(reverse("account_logout"))
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in client.get(reverse("dashboard:landing")).headers
