"""The command line makes the exchange that it describes, or says what is wrong with it."""

import json
from argparse import ArgumentParser
from decimal import Decimal

import pytest

from sandbox.faults import KINDS
from sandbox.options import add_arguments, venue_of


def venue(folder, *arguments):
    parser = ArgumentParser()
    add_arguments(parser)
    return venue_of(parser.parse_args(["--folder", str(folder), "--virtual-clock", *arguments]))


def written(folder, name, row):
    path = folder / name
    path.write_text(json.dumps(row))
    return str(path)


def test_deposits_keys_settings_and_faults_are_as_asked(tmp_path):
    rules = [{"fault": "reset", "path": "/orders", "chance": 0.5}, {"fault": "halt", "product": "ETH-USD"}]
    made = venue(
        tmp_path, "--deposit", "USD=5", "--deposit", "ETH=0.5", "--user", "me", "--scopes", "view,transfer",
        "--settings", written(tmp_path, "settings.json", {"cancel_lag": 2}),
        "--faults", written(tmp_path, "faults.json", {"seed": 3, "rules": rules}),
    )  # fmt: skip
    assert {one.currency: one.total for one in made.exchange.ledger.wallets("me")} == {
        "USD": Decimal(5), "ETH": Decimal("0.5"),
    }  # fmt: skip
    (key,) = made.keys
    assert (key.user, key.scopes) == ("me", {"view", "transfer"})
    assert made.exchange.settings.cancel_lag == 2
    assert [rule.fault for rule in made.faults.rules] == ["reset", "halt"]
    assert made.exchange.products["ETH-USD"].flag("trading_disabled")
    assert not made.exchange.products["BTC-USD"].flag("trading_disabled")


def test_every_fault_can_be_asked_for_in_a_file(tmp_path):
    rules = [{"fault": kind, "reason": "HOLD_FAILURE", "path": "/no*", "channel": "no"} for kind in KINDS]
    rules = [rule for rule in rules if rule["fault"] != "crash"]  # of a process of its own: see test_state
    made = venue(tmp_path, "--faults", written(tmp_path, "faults.json", {"rules": rules}))
    assert [rule.fault for rule in made.faults.rules] == [rule["fault"] for rule in rules]


def test_the_seed_decides_the_market_of_each_product(tmp_path):
    one, same, other = (venue(tmp_path / str(seed), "--seed", seed) for seed in ("1", "1", "2"))
    later = one.exchange.clock.now() + 3600 * 10**9
    for made in (one, same, other):
        made.exchange.market("ETH-USD")
    ticks = [made.exchange.market("BTC-USD").tick(later).rate for made in (one, other)]
    assert ticks[0] != ticks[1]
    assert (tmp_path / "1" / "key.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--port", "99999"], "--port: must be a port, 0 to 65535, was '99999'"),
        (["--tls-port", "-1"], "--tls-port: must be a port, 0 to 65535, was '-1'"),
        (["--speed", "nan"], "--speed: must be a number above 0"),
        (["--tick", "-1"], "--tick: must be a number above 0"),
        (["--candles", "nowhere"], "--candles: must be a folder with files called"),
        (["--user", "crowd"], "--user: user must be a name of 1 to 64 letters"),
    ],
)
def test_an_argument_out_of_bounds_is_named(tmp_path, capsys, arguments, words):
    with pytest.raises(SystemExit):
        venue(tmp_path, *arguments)
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "content", "words"),
    [
        ("--faults", "[]", "must be a JSON object, was"),
        ("--faults", "{", "must be JSON"),
        ("--faults", '{"rules": [5]}', "rules must be a list of objects"),
        ("--faults", '{"seed": "x"}', "seed must be a whole number, was 'x'"),
        ("--settings", "5", "must be a JSON object, was 5"),
        ("--settings", '{"idle": -1}', "idle must be 0 to"),
        ("--settings", '{"idle": NaN}', "idle must be 0 to"),
        ("--products", "[]", "must hold an answer of GET /market/products"),
    ],
)
def test_a_file_that_is_something_else_is_named(tmp_path, option, content, words):
    path = tmp_path / "file.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=words):
        venue(tmp_path / "box", option, str(path))


def test_a_folder_with_another_key_file_or_broken_candles_is_named(tmp_path):
    (tmp_path / "key.json").write_text("{}")
    with pytest.raises(ValueError, match="a key file must have 'name' and 'privateKey'"):
        venue(tmp_path)
    (tmp_path / "x_BTC-USD_1m.parquet").write_text("no candles")
    with pytest.raises(ValueError, match="must be Parquet with columns time, open"):
        venue(tmp_path / "box", "--candles", str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--scopes", "view,rule"], "scopes must be of view, trade, transfer"),
        (["--deposit", "USD"], "deposit must be CURRENCY=AMOUNT, was 'USD'"),
        (["--deposit", "USD=-5"], "deposit must be CURRENCY=AMOUNT, was 'USD=-5'"),
        (["--deposit", "=5"], "currency must be 1 to 20 capital letters and digits, was ''"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path, arguments, words):
    with pytest.raises(ValueError, match=words):
        venue(tmp_path, *arguments)


def test_a_wrong_setting_or_fault_is_named(tmp_path):
    with pytest.raises(ValueError, match="setting must be one of"):
        venue(tmp_path, "--settings", written(tmp_path, "s.json", {"speed": 1}))
    with pytest.raises(ValueError, match="cancel_lag must be of type float, was 'x'"):
        venue(tmp_path, "--settings", written(tmp_path, "s.json", {"cancel_lag": "x"}))
    with pytest.raises(ValueError, match="fault must be one of"):
        venue(tmp_path, "--faults", written(tmp_path, "f.json", {"rules": [{"fault": "flood"}]}))
