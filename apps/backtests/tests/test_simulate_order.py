"""manage.py simulate_order on files."""

import json

import pytest
from django.core.management import CommandError, call_command

TRAILING = ("--kind", "trailing", "--param", "side=sell", "--param", "quantity=0.5", "--param", "callback=0.02")


@pytest.fixture
def candles(tmp_path):
    """Minutes: 100, up to 110, back to 107.8, then 108."""
    lines = ["time,open,high,low,close,volume"]
    prices = [(100, 100, 100, 100), (100, 110, 100, 109), (109, 109, 107.8, 108), (108, 108, 108, 108)]
    for i, bar in enumerate(prices):
        lines.append(",".join(str(value) for value in (1_700_000_040 + 60 * i, *bar, 5)))
    path = tmp_path / "candles.csv"
    path.write_text("\n".join(lines))
    return str(path)


def played(capsys, *arguments, candles):
    call_command("simulate_order", *arguments, "--candles", candles, "--product", "BTC-USD")
    return json.loads(capsys.readouterr().out)


def test_it_prints_orders_and_fills_of_a_trailing_stop(capsys, candles):
    told = played(capsys, *TRAILING, candles=candles)
    assert (told["outcome"], told["says"], told["filled"]) == ("filled", "Done.", "0.50000000")
    (order,), (fill,) = told["orders"], told["fills"]
    assert (order["leg"], order["kind"], order["because"]) == ("market", "market", "the stop was hit")
    assert (fill["price"], fill["quantity"], fill["fee"]) == ("108.00", "0.50000000", "0.324")
    assert (order["placed"], fill["time"]) == ("2023-11-14T22:17:00Z", "2023-11-14T22:17:00Z")


def test_the_exchange_may_hold_the_stop(capsys, candles):
    told = played(capsys, *TRAILING, "--native", "stop", "--param", "every=1", candles=candles)
    assert [(order["leg"], order["kind"], order["stop_price"]) for order in told["orders"]] == [
        ("stop", "stop", "107.80")
    ]
    assert told["fills"][0]["price"] == "107.80"


def test_an_iceberg_is_said_in_slices(capsys, candles):
    arguments = ("--kind", "iceberg", "--param", "side=sell", "--param", "quantity=1", "--param", "display=0.6")
    told = played(capsys, *arguments, candles=candles)
    assert {order["leg"] for order in told["orders"]} == {"slice"}


@pytest.mark.parametrize(("arguments", "message"), [
    (("--kind", "magic"), "kind must be one of trigger, oco, bracket, trailing, iceberg, twap, was 'magic'"),
    (("--kind", "trailing", "--param", "side=sell"), "quantity must be given, was None"),
    ((*TRAILING, "--param", "activation_price=99"), "activation_price must be above the last price (100.00), was '99"),
    ((*TRAILING, "--fee", "x"), "fee must be a number, was 'x'"),
])  # fmt: skip
def test_bad_input_ends_with_one_line_that_names_the_field(candles, arguments, message):
    with pytest.raises(CommandError) as error:
        call_command("simulate_order", *arguments, "--candles", candles, "--product", "BTC-USD")
    assert str(error.value).startswith(message)
