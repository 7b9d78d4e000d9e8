"""Frames of the live socket."""

from apps.dashboard.frames import Outbox


def messages(outbox: Outbox) -> list[dict]:
    frame = outbox.frame()
    return frame["m"] if frame else []


def test_it_says_nothing_when_nothing_happened():
    assert Outbox().frame() is None


def test_it_numbers_its_frames():
    outbox = Outbox()
    for text in "ab":
        outbox.value("equity", text)
        frame = outbox.frame()
    assert frame["s"] == 2


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
