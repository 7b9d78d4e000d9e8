"""An ordeal: real processes play the market, and something bad happens to them on the way."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg

from tradingsite.testing.ordeals.processes import Processes

POLL = 0.02
STUCK = 120.0  # seconds without an event: something waits that no sweep finds


@dataclass(frozen=True)
class Blow:
    """Something bad that happens ``delay`` seconds after the first event of a minute of the market."""

    minute: float
    delay: float
    strike: Callable[[], None]


def blows(seed: int, minutes: int, strikes: Sequence[Callable[[], None]]) -> list[Blow]:
    """Each strike once, in random order, at random moments of so many minutes of the market."""
    dice = random.Random(seed)
    moments = sorted(dice.uniform(1, minutes - 1) for _ in strikes)
    shuffled = dice.sample(list(strikes), len(strikes))
    return [Blow(at, dice.uniform(0, 0.25), strike) for at, strike in zip(moments, shuffled, strict=True)]


class Stuck(AssertionError):
    """The market stands still."""


class Ordeal:
    """The market of the database at ``url``, played by ``processes`` stretch after stretch."""

    def __init__(self, processes: Processes, url: str) -> None:
        self.processes, self.url = processes, url

    def play(self, minutes: int, blows: Sequence[Blow] = ()) -> int:
        """Plays so many minutes more, with the blows that fall meanwhile, until everything has settled; the position
        of the last event.

        The stream has ended then, the other processes go on. Raises Stuck.
        """
        self.processes.start_missing()
        with psycopg.connect(self.url, autocommit=True) as database:
            self._play(database, minutes, list(blows))
            self.processes.stop("stream", "standby")
            self._settle(database)
            return feed_position(database)[0]

    def _play(self, database: psycopg.Connection, minutes: int, blows: list[Blow]) -> None:
        last, start = feed_position(database)
        moved = time.monotonic()
        while True:
            position, now = feed_position(database)
            played = (now - start) / 60
            if position != last:
                moved, last = time.monotonic(), position
            if blows and played >= blows[0].minute:
                blow = blows.pop(0)
                time.sleep(blow.delay)
                blow.strike()
                moved = time.monotonic()
            elif played >= minutes and not blows:
                return
            if time.monotonic() - moved > STUCK:
                raise Stuck(f"no event after {now} for {STUCK:g} s\n{self._words()}")
            self.processes.revive()
            time.sleep(POLL)

    def _settle(self, database: psycopg.Connection) -> None:
        deadline = time.monotonic() + STUCK
        while waiting := _unfinished(database):
            if time.monotonic() > deadline:
                raise Stuck(f"does not settle: {waiting}\n{self._words()}")
            self.processes.revive()
            time.sleep(POLL)

    def _words(self) -> str:
        return "\n".join(f"--- {name}\n{self.processes.tail(name)}" for name in self.processes.commands)


def feed_position(database: psycopg.Connection) -> tuple[int, int]:
    """Position and market time of the last event committed."""
    row = database.execute("SELECT position, market_time FROM markets_feed").fetchone()
    assert row is not None
    return row[0], row[1]


def _unfinished(database: psycopg.Connection) -> list[tuple[str, int]]:
    """What the stream would wait for before the next event."""
    return database.execute(
        """
        SELECT 'batch', id FROM bots_evaluationbatch WHERE state <> 'done'
        UNION ALL
        SELECT 'order', o.id FROM orders_order o JOIN markets_feed f USING (product_id)
        LEFT JOIN orders_productcursor c USING (account_id, product_id)
        WHERE o.state IN ('pending', 'submitting', 'cancelling', 'unknown')
           OR (o.state = 'open' AND (o.cancel_requested OR coalesce(c.caught_up, 0) < f.position))
        """
    ).fetchall()
