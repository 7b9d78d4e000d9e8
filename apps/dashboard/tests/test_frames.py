"""Frames of the live socket."""

import json

from apps.dashboard.frames import Outbox, text_of


def messages(outbox: Outbox) -> list[dict]:
    frame = outbox.frame()
    return json.loads(frame)["m"] if frame else []


def test_it_says_nothing_when_nothing_happened():
    assert Outbox().frame() is None


def test_it_numbers_its_frames():
    outbox = Outbox()
    for text in "ab":
        outbox.value("equity", text)
        frame = outbox.frame()
    assert json.loads(frame)["s"] == 2


def test_of_a_value_the_last_wins():
    outbox = Outbox()
    for text in ("1.00", "2.00"):
        outbox.value("equity", text, "up")
    assert messages(outbox) == [{"t": "v", "d": [["equity", "2.00", "up"]]}]


def test_it_does_not_repeat_what_the_page_shows():
    outbox = Outbox()
    outbox.value("equity", "1.00")
    outbox.frame()
    outbox.value("equity", "1.00")
    assert outbox.frame() is None


def test_a_value_that_came_back_within_a_frame_is_shown_as_it_is():
    outbox = Outbox()
    outbox.value("price", "1.00")
    outbox.frame()
    outbox.value("price", "2.00")
    outbox.value("price", "1.00")
    shown = dict(outbox.shown)
    for message in messages(outbox):
        shown.update({key: (text, tone) for key, text, tone in message["d"]})
    assert shown["price"] == ("1.00", "")


def test_it_names_each_changed_part_once():
    outbox = Outbox()
    outbox.changed(["bots", "bot-1"])
    outbox.changed(["bots"])
    assert messages(outbox) == [{"t": "inv", "k": ["bots", "bot-1"]}]


def test_it_keeps_the_opening_and_the_close_of_a_bar_apart():
    outbox = Outbox()
    outbox.bar("BTC-USD", 0, [60, 1, 1, 1, 1, 0])
    outbox.bar("BTC-USD", 1, [60, 1, 2, 1, 2, 9])
    assert [message["e"] for message in messages(outbox)] == [0, 1]


def test_what_goes_to_many_pages_stands_in_each_frame():
    outbox = Outbox()
    outbox.value("equity", "1.00")
    shared = {"t": "v", "d": [["price.1", "9,763.40", ""]]}
    frame = json.loads(outbox.frame([text_of(shared)]))
    assert frame == {"s": 1, "m": [shared, {"t": "v", "d": [["equity", "1.00", ""]]}]}
    assert Outbox().frame([text_of(shared)]) == json.dumps({"s": 1, "m": [shared]}, separators=(",", ":"))


def test_a_page_that_takes_nothing_is_kept_a_few_messages_at_most():
    outbox = Outbox()
    for number in range(100):
        outbox.add({"t": "toast", "text": str(number)})
    kept = messages(outbox)
    assert (len(kept), kept[-1]["text"]) == (20, "99")


def test_it_can_say_again_what_it_told():
    outbox = Outbox()
    outbox.value("price.1", "1.00")
    outbox.frame()
    assert outbox.whole() == [{"t": "v", "d": [["price.1", "1.00", ""]]}]
