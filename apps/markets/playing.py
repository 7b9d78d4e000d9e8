"""The market of this installation as something that runs, for as long as operators want it to."""

import time
from collections.abc import Callable
from functools import partial

from django.conf import settings

from apps.markets.condition import Condition, condition_store
from apps.markets.live import LiveStream
from apps.markets.models import Product
from apps.markets.products import COINBASE as KNOWN
from apps.markets.recordings import DEFAULT, RECORDINGS
from apps.markets.selectors import stream_wanted
from apps.markets.services import product_upsert
from apps.markets.sources.coinbase import CoinbaseSource
from apps.markets.sources.coinbase.settings import market_client, options
from apps.markets.sources.replay import ReplaySource
from apps.markets.stream import Stream
from apps.operations.ownership import Owner
from apps.operations.venues import COINBASE, REPLAY, SANDBOX

LOOK = 1.0  # wall seconds between looks at what operators want
NAP = 0.1


def play(market: str, owner: Owner, stopping: Callable[[], bool]) -> None:
    """Runs the market until told to stop; rests while operators do not want it. Raises CandleFileError, Fenced."""
    wanted = Wanted(market)
    run = PLAYERS[market](owner, lambda: stopping() or not wanted())
    while not stopping():
        if wanted():
            run()
            continue
        owner.beat()
        condition_store(market, Condition(trouble="stopped by an operator"))
        while not stopping() and not wanted():
            time.sleep(NAP)
            wanted.beat(owner)


def prepare(market: str) -> None:
    """Makes the market's products known before its stream has ever run."""
    if market == REPLAY:
        ReplaySource(RECORDINGS[DEFAULT], settings.REPLAY_SPEED).begin(None)
    elif not Product.objects.filter(venue=market).exists():
        for rules in KNOWN.values():  # as the exchange listed them; the stream brings them up to date
            product_upsert(
                venue=market, symbol=rules.symbol, base_increment=rules.lot, quote_increment=rules.tick,
                base_min_size=rules.min_size, quote_min_size=rules.min_notional,
            )  # fmt: skip


class Wanted:
    """What operators want, asked of the database at most once a second."""

    def __init__(self, market: str) -> None:
        self._market, self._asked, self._answer = market, -LOOK, True
        self._beaten = 0.0

    def __call__(self) -> bool:
        if time.monotonic() - self._asked >= LOOK:
            self._asked, self._answer = time.monotonic(), stream_wanted(self._market)
        return self._answer

    def beat(self, owner: Owner) -> None:
        """A sign of life while the market rests."""
        if time.monotonic() - self._beaten >= LOOK:
            self._beaten = time.monotonic()
            owner.beat()


def _replay(owner: Owner, stopping: Callable[[], bool]) -> Callable[[], None]:
    source = ReplaySource(RECORDINGS[DEFAULT], settings.REPLAY_SPEED)

    def run() -> None:
        condition_store(source.venue, Condition(connected=True))
        Stream(source, owner=owner, hold=settings.REPLAY_HOLD, stopping=stopping).run()

    return run


def _live(venue: str, owner: Owner, stopping: Callable[[], bool]) -> Callable[[], None]:
    def run() -> None:
        LiveStream(CoinbaseSource(options(venue), market_client(venue)), owner=owner, stopping=stopping).run()

    return run


PLAYERS: dict[str, Callable[[Owner, Callable[[], bool]], Callable[[], None]]] = {
    REPLAY: _replay,
    COINBASE: partial(_live, COINBASE),
    SANDBOX: partial(_live, SANDBOX),
}
