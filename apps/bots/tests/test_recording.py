"""Decisions written down in bulk are the decisions that were made."""

import math
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.bots.models import Evaluation
from apps.bots.recording import FIELDS, evaluations_write
from apps.bots.tests.desk import last
from tradingsite.testing.people import make_bot

pytestmark = pytest.mark.django_db
GENERATED = {"id", "created"}


def fields(evaluation):
    """Every stored value, NaN as a word: it equals nothing, itself included."""
    names = {field.attname for field in Evaluation._meta.concrete_fields} - GENERATED
    plain = {name: getattr(evaluation, name) for name in names}
    return {name: repr(value) for name, value in plain.items()}


@pytest.fixture
def made(market, account):
    bot = make_bot(account, market.product)
    market.bar(100)
    return last(bot)


def copy_of(evaluation, **changes):
    names = {field.attname for field in Evaluation._meta.concrete_fields} - GENERATED
    return Evaluation(**{name: getattr(evaluation, name) for name in names} | changes)


def test_every_field_comes_back_as_it_was(made):
    values = [math.nan, math.inf, -0.0, 1e-300, *made.values[4:]]
    later = copy_of(made, position=made.position + 2, values=values, score=math.nan, lots=2**62, seq=2**40, unknown=7)
    evaluations_write([later])
    stored = Evaluation.objects.get(bot=made.bot, position=made.position + 2)
    assert fields(stored) == fields(later)
    assert timezone.now() - stored.created < timedelta(minutes=1)
    assert stored.pk > made.pk


def test_every_column_is_written():
    assert {*FIELDS, "created"} == {field.attname for field in Evaluation._meta.concrete_fields} - {"id"}


def test_nothing_to_write_is_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        evaluations_write([])


def test_a_second_decision_on_a_bar_is_refused(made):
    with pytest.raises(IntegrityError), transaction.atomic():
        evaluations_write([copy_of(made)])
    assert Evaluation.objects.count() == 1
