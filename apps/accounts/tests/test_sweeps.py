"""Sign-ins that time has ended leave nothing behind."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from apps.accounts.sweeps import sign_ins_sweep
from tradingsite.testing.signing import PASSWORD, sign_in

pytestmark = pytest.mark.django_db


def rows() -> tuple[int, int, int]:
    return Session.objects.count(), UserSession.objects.count(), OutstandingToken.objects.count()


def test_what_has_ended_goes_and_what_lasts_stays(trader, clock):
    sign_in(Client())
    APIClient().post("/api/v1/auth/token/", {"email": trader.email, "password": PASSWORD}, format="json")
    assert (sign_ins_sweep(), rows()) == (0, (1, 1, 1))
    clock.shift(timedelta(days=15))
    client = Client()
    client.force_login(trader)
    client.get(reverse("dashboard:overview"))
    clock.shift(timedelta(days=10))
    assert sign_ins_sweep() >= 3
    assert rows() == (1, 1, 0)
    assert client.get(reverse("dashboard:overview")).status_code == 200
