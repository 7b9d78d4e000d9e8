"""The user channel is a nudge: whenever something may have happened, it says so."""

import threading
import time
from collections import Counter
from contextlib import contextmanager

from exchanges.coinbase.retry import Backoff
from exchanges.coinbase.trading.channel import UserChannel
from exchanges.coinbase.trading.signer import Credentials, Signer

PATIENCE = 20.0  # seconds; a machine that is busy with other things is slow


class Ear:
    def __init__(self):
        self.counts, self._changed = Counter(), threading.Condition()

    def hear(self, what):
        with self._changed:
            self.counts[what] += 1
            self._changed.notify_all()

    def wait(self, what, count):
        with self._changed:
            assert self._changed.wait_for(lambda: self.counts[what] >= count, PATIENCE), dict(self.counts)


@contextmanager
def listening(desk, **options):
    key = desk.sandbox.key()
    signer, ear = Signer(Credentials(key["name"], key["privateKey"])), Ear()
    channel = UserChannel(
        desk.addresses, token=lambda: signer.token(time.time()), happened=lambda: ear.hear("happened"),
        heard=lambda: ear.hear("heard"), backoff=Backoff(first=0.05, longest=0.1), **options,
    )  # fmt: skip
    thread = threading.Thread(target=channel.run, daemon=True)
    thread.start()
    try:
        yield ear
    finally:
        channel.close()
        thread.join(PATIENCE)


def settled(desk, ear):
    """Connected and subscribed: a heartbeat came after the snapshot."""
    ear.wait("happened", 1)
    heard = ear.counts["heard"]
    desk.sandbox.advance(2)
    ear.wait("heard", heard + 1)
    return ear.counts["happened"]


def test_an_order_that_changes_is_heard(desk):
    with listening(desk) as ear:
        before = settled(desk, ear)
        desk.exchange.place(desk.new())
        ear.wait("happened", before + 1)


def test_it_connects_again_and_takes_that_for_a_change(desk):
    for fault in ("drop", "close", "auth_error"):
        with listening(desk) as ear:
            before = settled(desk, ear)
            desk.sandbox.fault(fault, times=1, **({"code": 1000} if fault == "close" else {}))
            desk.sandbox.advance(2)
            ear.wait("happened", before + 1)


def test_a_gap_counts_as_a_change(desk):
    with listening(desk) as ear:
        before = settled(desk, ear)
        desk.sandbox.fault("lose", channel="heartbeats", times=1)
        desk.sandbox.advance(3)
        ear.wait("happened", before + 1)


def test_silence_ends_a_connection(desk):
    with listening(desk, silence=0.3) as ear:
        ear.wait("happened", 3)  # nobody moves the sandbox's clock: no heartbeat comes
