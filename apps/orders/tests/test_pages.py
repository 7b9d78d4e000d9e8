"""Advanced Orders in the browser's terms: forms in, pages out. What a service refuses stands beside its field."""

import html

import pytest
from django.urls import reverse

from apps.orders.models import Order, OrderGroup
from apps.orders.pages.listing import SIZE
from tradingsite.testing.people import NO_LIMITS, make_account, make_user

pytestmark = pytest.mark.django_db
PAGE = reverse("orders:orders")
LIMIT = {"side": "buy", "kind": "limit", "quantity": "2", "limit_price": "90", "time_in_force": "gtc"}


@pytest.fixture
def account(market):
    market.bars(100)
    return make_account(limits=NO_LIMITS)


@pytest.fixture
def owner(client, account):
    client.force_login(account.owner)
    return client


def send(client, key="k1", **fields):
    return client.post(reverse("orders:send"), LIMIT | {"key": key} | fields)


def shown(client, **query):
    answer = client.get(PAGE, query)
    return answer.status_code, answer.content.decode()


def test_a_newcomer_finds_an_empty_ticket_and_what_each_part_is_for(owner):
    status, text = shown(owner)
    assert status == 200
    assert "Nothing to reckon yet" in text
    assert "Nothing is working" in text
    assert "No order is over yet" in text


FIELDS = {
    "market": {"quantity"}, "limit": {"quantity", "limit_price", "time_in_force", "post_only", "expires"},
    "trigger": {"quantity", "stop_price", "limit_price", "escalate_after"}, "twap": {"slices", "duration"},
    "oco": {"stop_price", "target_price", "swap"}, "trailing": {"callback", "callback_amount", "rest"},
    "bracket": {"limit_price", "stop_price", "target_price"}, "iceberg": {"display", "variance"},
}  # fmt: skip


@pytest.mark.parametrize("kind", FIELDS)
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_each_kind_asks_for_its_own_fields(owner, kind, side):
    status, text = shown(owner, side=side, kind=kind)
    if (kind, side) == ("bracket", "sell"):  # it opens a position: the ticket falls back to a limit
        kind = "limit"
    assert status == 200
    assert all(f'name="{name}"' in text for name in FIELDS[kind])
    assert ('name="amount"' in text) == ((kind, side) == ("market", "buy"))


def test_a_ticket_in_the_address_is_reckoned(owner):
    _, text = shown(owner, fragment="estimate", **LIMIT)
    assert "Costs in all" in text
    assert "181.08" in text  # 2 x 90 and the maker's 0.6 %
    assert "Exposure after it" in text


def test_a_draft_shows_what_was_typed_and_judges_nothing(owner):
    _, text = shown(owner, draft="1", kind="oco", side="sell", quantity="2", limit_price="90", callback="3")
    assert 'name="quantity" value="2"' in text
    assert 'class="errors"' not in text
    assert 'class="errors"' in shown(owner, kind="oco", side="sell", quantity="2")[1]


def test_an_estimate_says_which_rule_refuses(owner):
    _, text = shown(owner, fragment="estimate", **LIMIT | {"quantity": "200"})
    assert "It would be refused." in text
    hidden = '<span class="private">{}</span>'  # where its owner hides amounts
    assert f"{hidden.format('18,108.00')} needed, {hidden.format('10,000.00')} free" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"quantity": "many"}, "Quantity must be a number, was many."),
        ({"quantity": ""}, "Quantity must be given."),
        ({"limit_price": ""}, "Limit must be given for a limit order."),
        ({"limit_price": "-1"}, "Limit must be above 0"),
        ({"time_in_force": "gtd"}, "Ends must be given for GTD"),
        ({"time_in_force": "soon"}, "not one of the available choices"),
        ({"time_in_force": "gtd", "expires": "never"}, "Ends must be a time like"),
        ({"time_in_force": "ioc", "post_only": "on"}, "Only rest in the book (post only) must be left out"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(owner, change, words):
    for address in ("review", "send"):
        answer = owner.post(reverse(f"orders:{address}"), LIMIT | {"key": "k1"} | change)
        assert answer.status_code == 400
        assert words.lower() in answer.content.decode().lower()
    assert not Order.objects.exists()


def test_the_review_names_the_deed_and_sends_nothing(owner):
    text = owner.post(reverse("orders:review"), LIMIT).content.decode()
    assert "on paper</button>" in text
    assert "What it would do" in text
    assert not Order.objects.exists()


def test_a_review_of_what_a_rule_refuses_has_no_button(owner):
    answer = owner.post(reverse("orders:review"), LIMIT | {"quantity": "200"})
    assert answer.status_code == 400
    assert "on paper</button>" not in answer.content.decode()


def test_a_form_sent_twice_places_one_order(owner, market):
    assert [send(owner).status_code for _ in range(2)] == [302, 302]
    order = Order.objects.get()
    assert (order.state, str(order.limit_price.normalize())) == ("pending", "9E+1")
    market.settle()
    _, text = shown(owner)
    assert 'of <span class="private">9,818.92\u00a0USD</span> free' in text
    assert f"Cancel order #{order.pk}" in text
    assert "\u221210.00\u00a0%" in text  # from the last price of 100


def test_a_send_without_a_sound_key_is_taken_for_nothing(owner):
    assert [send(owner, key=key).status_code for key in ("", "../x", "k" * 65)] == [404, 404, 404]
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ({"side": "buy", "kind": "market", "share": "50"}, "amount", "5000"),
        ({"side": "buy", "kind": "limit", "limit_price": "90", "share": "100"}, "quantity", "110.44842058"),
        ({"side": "sell", "kind": "limit", "share": "25"}, "quantity", "0"),
    ],
)
def test_a_share_of_what_is_free_becomes_a_size(owner, query, field, value):
    assert owner.get(reverse("orders:size"), query).json() == {"field": field, "value": value}
    assert owner.get(reverse("orders:size"), query | {"share": "33"}).status_code == 404


def test_all_that_is_free_can_be_bought(owner, market):
    told = owner.get(reverse("orders:size"), {"side": "buy", "kind": "limit", "limit_price": "90", "share": "100"})
    send(owner, quantity=told.json()["value"])
    market.settle()
    assert Order.objects.get().state == "open"


def test_working_orders_come_in_pages_and_each_once(owner, account, market):
    for number in range(SIZE + 2):
        send(owner, key=f"k{number}", quantity="0.1")
    market.settle()
    pages = [shown(owner, fragment="working", page=page)[1] for page in ("", "2", "99", "x")]
    counts = [text.count('name="deed" value="order-') for text in pages]
    assert counts == [SIZE, 2, 2, SIZE]
    assert f"Page 2 of 2, {SIZE + 2} in all" in pages[1]
    seen = [pk for pk in Order.objects.values_list("pk", flat=True) for text in pages[:2] if f'id="order-{pk}"' in text]
    assert len(seen) == SIZE + 2


def test_orders_that_are_over_are_filtered(owner, market):
    send(owner)
    send(owner, key="sold", kind="market", limit_price="", quantity="1")
    market.settle()
    market.bar(100)
    owner.post(reverse("orders:cancel"), {"deed": "all"})
    market.settle()
    history = reverse("orders:history")
    cancelled, bought = (Order.objects.get(state=state).pk for state in ("cancelled", "filled"))
    for query, found in (
        ({}, {cancelled, bought}), ({"end": "traded"}, {bought}), ({"end": "cancelled", "side": "buy"}, {cancelled}),
        ({"side": "sell"}, set()), ({"of": "bots"}, set()), ({"of": "hand"}, {cancelled, bought}),
        ({"market": str(market.product.pk), "end": "refused"}, set()),
    ):  # fmt: skip
        text = owner.get(history, query).content.decode()
        assert {pk for pk in (cancelled, bought) if f'id="over-{pk}"' in text} == found
    wrong = owner.get(history, {"end": "whim"})
    assert (wrong.status_code, "Ended must be one of the list, was whim." in wrong.content.decode()) == (400, True)


def test_orders_are_cancelled_one_by_one_by_choice_or_all(owner, market):
    for number in range(4):
        send(owner, key=f"k{number}")
    market.settle()
    first, second, *_ = [order.pk for order in Order.objects.order_by("pk")]
    for form, left in (
        ({"deed": f"order-{first}"}, 3),
        ({"deed": "chosen", "order": [f"order-{second}", "order-x", "x"]}, 2),
        ({"deed": "all"}, 0),
    ):
        owner.post(reverse("orders:cancel"), form)
        market.settle()
        assert Order.objects.filter(state="open").count() == left
    assert "There was nothing to cancel." in owner.post(reverse("orders:cancel"), {}, follow=True).content.decode()


def test_an_order_shows_its_trail_and_is_replaced(owner, market):
    send(owner)
    market.settle()
    order = Order.objects.get()
    page = reverse("orders:order", args=[order.pk])
    assert "Accepted" in owner.get(page).content.decode()
    edit = reverse("orders:edit", args=[order.pk])
    assert owner.post(edit, {"quantity": "3", "limit_price": "91"}).status_code == 404  # without its key
    wrong = owner.post(edit, {"key": "e1", "quantity": "x", "limit_price": "91"})
    assert (wrong.status_code, "Quantity must be a number" in wrong.content.decode()) == (400, True)
    refused = owner.post(edit, {"key": "e1", "quantity": "500", "limit_price": "91"})
    assert (refused.status_code, "10,000.00 free" in refused.content.decode()) == (400, True)
    answer = owner.post(edit, {"key": "e1", "quantity": "3", "limit_price": "91"})
    market.settle()
    new = Order.objects.get(replaces=order)
    assert answer.url == reverse("orders:order", args=[new.pk])
    assert (new.state, new.quantity, new.limit_price) == ("open", 3, 91)
    assert "can no longer be changed" in owner.get(edit, follow=True).content.decode()


TRAILING = {"side": "sell", "kind": "trailing", "quantity": "1", "callback": "2", "order": "market", "rest": "on"}


@pytest.fixture
def holding(owner, market):
    """The owner has bought 1 BTC by hand."""
    send(owner, key="first", kind="market", quantity="1", limit_price="")
    market.settle()
    market.bar(100)


def test_a_trailing_stop_is_reviewed_placed_once_and_shown_as_a_tree(owner, market, holding):
    reviewed = owner.post(reverse("orders:review"), TRAILING).content.decode()
    assert "Callback" in reviewed
    assert "2 %" in reviewed
    assert [send(owner, key="t", **TRAILING).status_code for _ in range(2)] == [302, 302]
    group = OrderGroup.objects.get()
    assert (group.params["callback"], group.params["rest"]) == ("0.02", True)
    market.settle()
    market.bar(110)
    _, text = shown(owner)
    assert f"Cancel advanced order #{group.pk}" in text
    assert "107.80" in text  # 2 % below 110, in the words of what it waits for
    told = owner.get(reverse("orders:group", args=[group.pk])).content.decode()
    assert "107.80" in told
    owner.post(reverse("orders:cancel"), {"deed": f"group-{group.pk}"})
    market.settle()
    group.refresh_from_db()
    assert group.state == "cancelled"


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        ("trailing", {"callback": "60"}, "Callback must be at least 0.01 and at most 50 %, was 60."),
        ("trailing", {"callback": "", "order": "whim"}, "whim is not one of the available choices"),
        ("twap", {"slices": "1", "duration": "60"}, "Slices must be at least 2, was 1."),
        ("twap", {"slices": "2.5", "duration": "60"}, "Slices must be a whole number, was 2.5."),
        ("oco", {"stop_price": "120", "target_price": "130"}, "Stop price must be"),
        ("iceberg", {"display": "x"}, "Shown at a time must be a number, was x."),
    ],
)
def test_what_is_wrong_with_an_advanced_order_stands_beside_its_field(owner, holding, kind, change, words):
    answer = owner.post(reverse("orders:review"), TRAILING | {"kind": kind} | change)
    assert answer.status_code == 400
    assert words in html.unescape(answer.content.decode())
    assert not OrderGroup.objects.exists()


def test_a_stranger_does_not_see_or_cancel_an_advanced_order(client, owner, holding, market):
    send(owner, key="t", **TRAILING)
    group = OrderGroup.objects.get()
    client.force_login(make_account(limits=NO_LIMITS).owner)
    assert client.get(reverse("orders:group", args=[group.pk])).status_code == 404
    for deed in (f"group-{group.pk}", "all"):
        client.post(reverse("orders:cancel"), {"deed": deed})
    group.refresh_from_db()
    assert not group.stopping


def test_where_a_cancel_leads_back_to_is_a_page_of_ours(owner):
    assert owner.post(reverse("orders:cancel"), {"next": "https://evil.example/"}).url == PAGE
    assert owner.post(reverse("orders:cancel"), {"next": "/orders/7/"}).url == "/orders/7/"


def test_a_stranger_sees_and_cancels_nothing(client, owner, account, market):
    send(owner)
    market.settle()
    order = Order.objects.get()
    client.force_login(make_account(limits=NO_LIMITS).owner)
    for name in ("order", "edit"):
        assert client.get(reverse(f"orders:{name}", args=[order.pk])).status_code == 404
    client.post(reverse("orders:cancel"), {"deed": f"order-{order.pk}"})
    order.refresh_from_db()
    assert not order.cancel_requested
    assert reverse("orders:order", args=[order.pk]) not in shown(client)[1]
    Order.objects.update(state="cancelled")
    for page in (PAGE, reverse("orders:history")):
        assert reverse("orders:order", args=[order.pk]) not in client.get(page).content.decode()
    send(client, key="k9", account=account.pk)
    assert Order.objects.latest("pk").account.owner != account.owner


@pytest.mark.parametrize("query", [{"market": "NOPE-USD"}, {"fragment": "whim"}])
def test_what_nobody_knows_is_not_found(owner, query):
    assert owner.get(PAGE, query).status_code == 404


def test_without_an_account_there_is_no_ticket(client):
    client.force_login(make_user())
    status, text = shown(client)
    assert status == 200
    assert "data-ticket" not in text
