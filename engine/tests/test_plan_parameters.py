"""Advanced orders from outside: what is taken, what is refused, and how a plan reads."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D

import pytest

from engine.kinds import DeedReason, OrderKind, PlanKind, PlanOutcome, TimeInForce
from engine.memory import MemorySchemaError
from engine.plans.definitions import DEFINITIONS
from engine.plans.memory import new_state, state_bytes, state_from_bytes
from engine.plans.validate import compile_plan, plan_fields, validate
from engine.plans.words import OUTCOMES, REASONS, waits_for
from engine.records import PLAN
from engine.strategies.base import ParameterError
from engine.tests.plans import run
from engine.tests.records import PRODUCT, record

GOOD = {
    PlanKind.TRIGGER: {"stop_price": "95", "limit_price": "94"},
    PlanKind.OCO: {"stop_price": "95", "target_price": "110"},
    PlanKind.BRACKET: {"side": "buy", "limit_price": "100", "stop_price": "95", "target_price": "110"},
    PlanKind.TRAILING: {"callback": "0.02"},
    PlanKind.ICEBERG: {"display": "0.3"},
    PlanKind.TWAP: {"slices": "4", "duration": "240"},
}


def asked(kind, **fields):
    return {"side": "sell", "quantity": "1"} | GOOD[kind] | fields


def made(kind, last="100", **fields):
    return validate(kind, asked(kind, **fields), product=PRODUCT, last=D(last) if last else None)


def refusal(kind, last="100", **fields):
    with pytest.raises(ParameterError) as error:
        made(kind, last, **fields)
    return error.value.field, error.value.rule


@pytest.mark.parametrize("kind", PlanKind)
def test_every_kind_takes_text_and_becomes_a_plan_that_runs(kind):
    plan = compile_plan(kind, made(kind), product=PRODUCT, native=frozenset({OrderKind.STOP}), seed=7, start=600)
    assert (plan["kind"], plan["side"], plan["qty"]) == (kind, 1 if kind == PlanKind.BRACKET else -1, 100)
    assert plan["native"] == 4
    assert run(plan, (100.0,), (100.0,)).state["time"] == 720


def test_numbers_come_out_in_decimal_and_on_the_grid_never_worse_than_asked():
    params = made(PlanKind.OCO, quantity="1.239", stop_price="95.001", target_price="110.001")
    assert (params["quantity"], params["stop_price"], params["target_price"]) == (D("1.23"), D("95.01"), D("110.01"))
    params = made(PlanKind.BRACKET, limit_price="100.009", stop_price="95.001", target_price="110.001")
    assert [params[name] for name in ("limit_price", "stop_price", "target_price")] == [
        D("100.00"), D("95.01"), D("110.01"),
    ]  # fmt: skip
    assert made(PlanKind.OCO, side="buy", stop_price="105.009", target_price="90.009")["target_price"] == D("90.00")


@pytest.mark.parametrize(("fields", "field", "rule"), [
    ({"quantity": ""}, "quantity", "must be given"),
    ({"quantity": "many"}, "quantity", "must be a number"),
    ({"quantity": "NaN"}, "quantity", "must be a finite number"),
    ({"quantity": "-1"}, "quantity", "must be above 0"),
    ({"quantity": 0.1}, "quantity", "must be a decimal number in quotes, so that no digit is lost"),
    ({"quantity": "0.001"}, "quantity", "must be at least 0.01"),
    ({"side": "up"}, "side", "must be one of buy, sell"),
    ({"callback": "0.6"}, "callback", "must be at most 0.5"),
    ({"callback_amount": "3"}, "callback", "must be given, or else callback_amount, and not both"),
    ({"callback": ""}, "callback", "must be given, or else callback_amount, and not both"),
    ({"every": "1.5"}, "every", "must be a whole number"),
    ({"rest": "perhaps"}, "rest", "must be true or false"),
    ({"expires": "tomorrow"}, "expires", "must be a time like 2026-01-31T14:00:00Z"),
    ({"expires": "2026-01-31"}, "expires", "must say its offset from UTC, for instance with a Z at the end"),
    ({"activation_price": "99"}, "activation_price", "must be above the last price (100)"),
    ({"activation_profit": "0.1"}, "entry_price", "must be given for an activation profit"),
    ({"offset": "0.01"}, "offset", "must be 0 for a market order"),
])  # fmt: skip
def test_a_refusal_names_the_field_and_the_rule(fields, field, rule):
    assert refusal(PlanKind.TRAILING, **fields) == (field, rule)


def test_an_unknown_name_is_refused_with_those_there_are():
    field, rule = refusal(PlanKind.TWAP, speed="fast")
    assert field == "speed"
    assert rule == "must be a parameter of twap (side, quantity, slices, duration, offset, limit_price)"


@pytest.mark.parametrize(("kind", "fields", "field"), [
    (PlanKind.TRIGGER, {"stop_price": "101", "limit_price": ""}, "stop_price"),
    (PlanKind.TRIGGER, {"side": "buy", "stop_price": "99", "limit_price": ""}, "stop_price"),
    (PlanKind.TRIGGER, {"limit_price": "96"}, "limit_price"),
    (PlanKind.TRIGGER, {"when": "above", "stop_price": "99"}, "stop_price"),
    (PlanKind.TRIGGER, {"escalate_cap": "0.05"}, "escalate_cap"),
    (PlanKind.OCO, {"target_price": "99"}, "target_price"),
    (PlanKind.OCO, {"stop_price": "100"}, "stop_price"),
    (PlanKind.OCO, {"quantity": "0.01"}, "quantity"),
    (PlanKind.BRACKET, {"stop_price": "100"}, "stop_price"),
    (PlanKind.BRACKET, {"target_price": "99"}, "target_price"),
    (PlanKind.BRACKET, {"stop_price": "", "target_price": ""}, "stop_price"),
    (PlanKind.BRACKET, {"side": "sell"}, "stop_price"),
    (PlanKind.BRACKET, {"limit_price": "", "post_only": "on"}, "limit_price"),
    (PlanKind.BRACKET, {"post_only": "on", "time_in_force": "ioc"}, "post_only"),
    (PlanKind.BRACKET, {"time_in_force": "gtd"}, "expires"),
    (PlanKind.ICEBERG, {"display": "1"}, "display"),
    (PlanKind.ICEBERG, {"display": "0.01"}, "display"),
    (PlanKind.TWAP, {"slices": "101"}, "slices"),
    (PlanKind.TWAP, {"slices": "90", "duration": "60"}, "duration"),
])  # fmt: skip
def test_what_does_not_go_together_is_refused_at_its_field(kind, fields, field):
    assert refusal(kind, **fields)[0] == field


def test_a_tick_as_a_database_keeps_it_shows_no_more_digits():
    stored = replace(PRODUCT, tick=D("0.010000000000000000"))
    plan = compile_plan(PlanKind.TRIGGER, made(PlanKind.TRIGGER, stop_price="95.7"), product=stored)
    assert waits_for(plan, new_state(), stored) == "Sells when the price is at or below 95.70."


def test_without_a_last_price_the_wrong_side_of_the_market_is_not_known():
    assert made(PlanKind.TRIGGER, last=None, stop_price="101")


def test_an_activation_profit_becomes_a_price():
    params = made(PlanKind.TRAILING, activation_profit="0.0501", entry_price="99.99")
    assert compile_plan(PlanKind.TRAILING, params, product=PRODUCT)["activation"] == 105.0  # 104.999499, snapped up


def test_a_time_may_be_text_or_seconds():
    moment = int(datetime(2026, 1, 31, 14, tzinfo=UTC).timestamp())
    assert made(PlanKind.TRAILING, expires="2026-01-31T14:00:00Z")["expires"] == moment
    assert made(PlanKind.TRAILING, expires=moment)["expires"] == moment


def test_the_terms_of_an_entry_and_of_slices_reach_the_plan():
    fields = {"time_in_force": "gtd", "expires": 900, "post_only": "on"}
    entry = compile_plan(PlanKind.BRACKET, made(PlanKind.BRACKET, **fields), product=PRODUCT)
    assert (entry["tif"], entry["expires"], entry["post_only"]) == (TimeInForce.GTD, 900, True)
    assert compile_plan(PlanKind.TWAP, made(PlanKind.TWAP), product=PRODUCT)["tif"] == TimeInForce.IOC


def test_a_plan_is_kept_as_json_and_comes_back_the_same():
    plan = compile_plan(PlanKind.TWAP, made(PlanKind.TWAP, limit_price="99.5"), product=PRODUCT, start=600)
    kept = json.loads(json.dumps(plan_fields(plan)))
    assert kept == {"limit": 99.5, "tif": 2, "start": 600, "offset": 0.001, "slices": 4, "duration": 240}
    again = record(PLAN, **kept, kind=PlanKind.TWAP, side=-1, qty=100)
    assert again.tobytes() == plan.tobytes()


def test_every_field_has_words_and_every_choice_a_default_that_is_one():
    for definition in DEFINITIONS.values():
        assert definition.title
        assert definition.description
        for field in definition.fields:
            assert field.label
            if field.kind == "choice" and not field.required:
                assert field.default in dict(field.choices)


# Words


def says(kind, *bars, **fields):
    plan = compile_plan(kind, made(kind, **fields), product=PRODUCT, start=600)
    done = run(plan, *bars)
    return waits_for(done.plan, done.state, PRODUCT)


@pytest.mark.parametrize(("kind", "bars", "words"), [
    (PlanKind.TRIGGER, [(100.0,)], "Sells when the price is at or below 95.00."),
    (PlanKind.TRIGGER, [(100.0,), (93.0,)], "Triggered at 93.00 on 1970-01-01 00:11:00 UTC; sells with a limit."),
    (PlanKind.OCO, [(100.0,)],
     "Sells when the price is at or below 95.00 (stop) or at or above 110.00 (target)."),
    (PlanKind.BRACKET, [(101.0,)], "Waits for its entry at 100.00."),
    (PlanKind.TRAILING, [(100.0,), (110.0,)],
     "Sells when the price is at or below 107.80 (highest 110.00 on 1970-01-01 00:11:00 UTC)."),
    (PlanKind.ICEBERG, [(100.0,)], "Shows slice 1 at 100.00."),
    (PlanKind.TWAP, [(100.0,)], "Slice 2 of 4 has begun; the next on 1970-01-01 00:12:00 UTC."),
    (PlanKind.TWAP, [(100.0,)] * 5, "Done."),
])  # fmt: skip
def test_a_plan_says_what_it_waits_for(kind, bars, words):
    assert says(kind, *bars) == words


def test_every_outcome_and_reason_has_words():
    assert set(OUTCOMES) == set(PlanOutcome)
    assert set(REASONS) == set(DeedReason)


# State


def test_a_state_outlives_a_restart_and_another_layout_is_refused():
    done = run(compile_plan(PlanKind.TRAILING, made(PlanKind.TRAILING), product=PRODUCT), (100.0,), (110.0,))
    assert state_from_bytes(state_bytes(done.state)).tobytes() == done.state.tobytes()
    assert state_from_bytes(b"").tobytes() == new_state().tobytes()
    with pytest.raises(MemorySchemaError, match="schema 1"):
        state_from_bytes(state_bytes(done.state) + b"x")
