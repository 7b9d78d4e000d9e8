"""Where a request came from reaches the audit trail without being handed from call to call."""

import getpass

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import RequestFactory

from apps.operations import audit
from apps.operations.models import AuditEntry
from apps.operations.origin import Origin, client_ip


def served_from(address: str) -> str | None:
    seen: list[str | None] = []

    def view(request):
        seen.append(client_ip())
        return HttpResponse()

    Origin(view)(RequestFactory(REMOTE_ADDR=address).get("/"))
    return seen[0]


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7"])
def test_it_is_known_while_the_request_is_served_and_forgotten_after(address):
    assert served_from(address) == address
    assert client_ip() is None


def test_a_zone_is_left_out_because_the_database_refuses_it():
    assert served_from("fe80::1%eth0") == "fe80::1"


@pytest.mark.parametrize("address", ["", "unix:", "somewhere"])
def test_what_is_no_address_is_none(address):
    assert served_from(address) is None


def test_a_view_that_fails_leaves_nothing_behind():
    def view(request):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        Origin(view)(RequestFactory().get("/"))
    assert client_ip() is None


@pytest.mark.django_db
def test_an_entry_has_the_address_of_its_request_and_none_outside_of_one():
    def view(request):
        audit.record(actor=None, action="test.inside")
        audit.record(actor=None, action="test.given", ip="192.0.2.1")
        return HttpResponse()

    Origin(view)(RequestFactory(REMOTE_ADDR="203.0.113.7").get("/"))
    outside = audit.record(actor=None, action="test.outside")
    assert (outside.ip, outside.actor_label) == (None, "system")
    entries = type(outside).objects.order_by("pk").values_list("action", "ip")
    assert list(entries) == [("test.inside", "203.0.113.7"), ("test.given", "192.0.2.1"), ("test.outside", None)]


@pytest.mark.django_db
def test_the_newest_entry_about_a_thing_is_found():
    thing = audit.record(actor=None, action="test.thing")
    for reason in ("first", "second"):
        audit.record(actor=None, action="test.deed", target=thing, reason=reason)
    newest = audit.last(thing, "test.deed")
    assert newest
    assert newest.reason == "second"
    assert audit.last(thing, "test.other") is None


@pytest.mark.django_db
def test_a_command_given_by_hand_is_recorded_under_the_machines_user():
    call_command("halt", "--site", "--reason", "drill")
    assert AuditEntry.objects.get(action="halt.site").actor_label == f"{getpass.getuser()} at the command line"
    assert audit.record(actor=None, action="a test").actor_label == "system"
