"""Kill switches: pulled with a reason, obeyed in their scope, released once."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from apps.accounts.services import user_pause
from apps.operations.models import AuditEntry
from apps.risk.models import Halt
from apps.risk.selectors import Standing, halt_level, halts_in_force, halts_of, standings, stops
from apps.risk.services import affected_accounts, affected_users, halt, release
from engine.kinds import HaltLevel
from tradingsite.testing.market import make_product
from tradingsite.testing.people import make_account, make_user

pytestmark = pytest.mark.django_db
NONE, ENTRIES, ORDERS, FLATTEN = HaltLevel


@pytest.fixture
def accounts():
    """Two of one owner, at two venues, and a stranger's."""
    make_product()
    make_product(venue="elsewhere")
    owner = make_user()
    return make_account(owner), make_account(owner, venue="elsewhere"), make_account()


def pull(scope="site", level=ENTRIES, reason="test", by=None, **target):
    return halt(scope=scope, level=level, reason=reason, by=by, **target)


def levels(accounts):
    known = {pk: standing.level for pk, standing in standings(accounts).items()}
    return [known[account.pk] for account in accounts]


def test_nothing_is_halted_at_first(accounts):
    assert levels(accounts) == [NONE, NONE, NONE]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("site", [ORDERS, ORDERS, ORDERS]),
        ("venue", [ORDERS, NONE, ORDERS]),
        ("user", [ORDERS, ORDERS, NONE]),
        ("account", [ORDERS, NONE, NONE]),
    ],
)
def test_a_halt_reaches_its_scope_and_no_further(accounts, scope, expected):
    first = accounts[0]
    target = {"venue": {"venue": "replay"}, "user": {"user": first.owner}, "account": {"account": first}}.get(scope, {})
    row = pull(scope, ORDERS, **target)
    assert levels(accounts) == expected
    assert affected_accounts(row) == [account.pk for account, level in zip(accounts, expected, strict=True) if level]
    assert affected_users(row) == sorted(
        {account.owner_id for account, level in zip(accounts, expected, strict=True) if level}
    )
    assert [halts_in_force(account).count() for account in accounts] == [int(bool(level)) for level in expected]


def test_the_strongest_of_several_halts_counts(accounts):
    pull("site", ENTRIES)
    strong = pull("account", FLATTEN, account=accounts[0])
    pull("user", ORDERS, user=accounts[0].owner)
    assert levels(accounts) == [FLATTEN, ORDERS, ENTRIES]
    release(halt=strong, by=None, reason="over")
    assert halt_level(accounts[0]) == ORDERS


def test_a_user_paused_by_an_operator_makes_no_entries(accounts):
    owner = accounts[0].owner
    owner.paused_at = owner.date_joined
    owner.save()
    assert levels(accounts) == [ENTRIES, ENTRIES, NONE]


@pytest.mark.parametrize(("by", "operator"), [("owner", False), ("platform", False), ("operator", True)])
def test_it_knows_whether_an_operator_has_a_part_in_it(accounts, by, operator):
    account = accounts[0]
    who = {"owner": account.owner, "platform": None, "operator": make_user()}[by]
    halt(scope="user", user=account.owner, level=ENTRIES, reason="test", by=who)
    assert standings([account])[account.pk] == Standing(ENTRIES, operator)


def test_a_user_is_told_of_the_stops_that_others_made(accounts):
    account = accounts[0]
    user = account.owner
    halt(scope="account", account=account, level=ORDERS, reason="mine", by=user)
    halt(scope="site", level=ENTRIES, reason="an upgrade", by=make_user())
    halt(scope="venue", venue="replay", level=ENTRIES, reason="no data", by=None)
    user_pause(user=user, by=make_user(), reason="papers missing")
    told = [(stop.who, stop.reason) for stop in stops(user, halts_in_force(account))]
    assert told == [("an operator", "papers missing"), ("the platform", "no data"), ("an operator", "an upgrade")]


def test_a_release_lifts_it_once_and_keeps_the_history(accounts):
    operator = make_user()
    row = pull(level=FLATTEN)
    release(halt=row, by=operator, reason=" checked ")
    assert levels(accounts) == [NONE, NONE, NONE]
    row.refresh_from_db()
    assert (row.released_by, row.released_reason, row.swept) == (operator, "checked", True)
    with pytest.raises(ValidationError, match="is not in force any more"):
        release(halt=row, by=operator, reason="again")


def test_who_did_what_and_why_is_kept(accounts):
    operator = make_user()
    row = pull("account", ORDERS, "prices look wrong", operator, account=accounts[0])
    release(halt=row, by=operator, reason="they were right")
    pulled, released = AuditEntry.objects.filter(action__startswith="halt.").order_by("pk")
    assert (pulled.action, pulled.actor, pulled.reason) == ("halt.account", operator, "prices look wrong")
    assert (released.action, released.actor, released.reason) == ("halt.account.release", operator, "they were right")


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"scope": "galaxy"}, "scope", "must be one of site, venue, user, account, was 'galaxy'"),
        ({"level": 0}, "level", "must be 1 (entries), 2 (orders) or 3 (flatten), was 0"),
        ({"level": 4}, "level", "was 4"),
        ({"reason": "  "}, "reason", "must say why, was empty"),
        ({"reason": "x" * 201}, "reason", "must have at most 200 characters, had 201"),
        ({"scope": "account"}, "account", "must be named for a halt of scope account"),
        ({"scope": "user"}, "user", "must be named for a halt of scope user"),
        ({"scope": "venue"}, "venue", "must be named for a halt of scope venue"),
        ({"scope": "venue", "venue": "mars"}, "venue", "must be one that is traded here, was 'mars'"),
    ],
)
def test_bad_input_names_field_value_and_rule_and_halts_nothing(wrong, field, words):
    with pytest.raises(ValidationError) as caught:
        pull(**wrong)
    assert list(caught.value.message_dict) == [field]
    assert words in caught.value.message_dict[field][0]
    assert not Halt.objects.exists()


@pytest.mark.parametrize("reason", ["", " ", "x" * 201])
def test_a_release_wants_its_reason_too(reason):
    row = pull()
    with pytest.raises(ValidationError) as caught:
        release(halt=row, by=None, reason=reason)
    assert list(caught.value.message_dict) == ["reason"]
    row.refresh_from_db()
    assert row.released_at is None


def test_a_user_sees_the_halts_that_touch_the_own_accounts(accounts):
    stranger = accounts[2].owner
    rows = {
        "site": pull(), "venue": pull("venue", venue="elsewhere"), "account": pull("account", account=accounts[0]),
        "user": pull("user", user=accounts[0].owner),
    }  # fmt: skip
    assert set(halts_of(accounts[0].owner)) == set(rows.values())
    assert set(halts_of(stranger)) == {rows["site"]}


def command(capsys, *arguments):
    call_command("halt", *arguments)
    return capsys.readouterr().out


def test_the_command_pulls_lists_and_releases(accounts, capsys):
    assert "in force: The whole site" in command(capsys, "--site", "--reason", "maintenance")
    row = Halt.objects.get()
    assert (row.level, row.by) == (ORDERS, None)
    assert f"#{row.pk} The whole site: Stop entries and cancel every order" in command(capsys, "--list")
    assert f"halt #{row.pk} released" in command(capsys, "--release", str(row.pk), "--reason", "done")
    assert levels(accounts) == [NONE, NONE, NONE]


def test_the_command_reaches_users_venues_and_accounts(accounts, capsys):
    first = accounts[0]
    command(capsys, "--user", first.owner.email, "--level", "entries", "--reason", "a")
    command(capsys, "--venue", "elsewhere", "--level", "flatten", "--reason", "b")
    command(capsys, "--account", str(accounts[2].pk), "--reason", "c")
    assert levels(accounts) == [ENTRIES, FLATTEN, ORDERS]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--site"], "reason must say why, was empty"),
        (["--user", "nobody@example.org", "--reason", "x"], "user must be a known e-mail address, was 'nobody@"),
        (["--account", "999", "--reason", "x"], "account must be the number of a trading account, was 999"),
        (["--venue", "mars", "--reason", "x"], "venue must be one that is traded here, was 'mars'"),
        (["--release", "999", "--reason", "x"], "release must be the number of a halt, was 999"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, words):
    with pytest.raises(CommandError, match="must") as caught:
        call_command("halt", *arguments)
    assert words in str(caught.value)
    assert not Halt.objects.exists()
