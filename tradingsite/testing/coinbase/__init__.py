"""A local stand-in for Coinbase's public REST and market WebSocket, with a market and faults under the test's hand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from exchanges.coinbase.addresses import Addresses
from tradingsite.testing.coinbase.rest import Rest
from tradingsite.testing.coinbase.socket import Socket
from tradingsite.testing.coinbase.tape import Tape

__all__ = ["FakeCoinbase", "fake_coinbase"]


class FakeCoinbase:
    """``tape`` is the market, ``socket`` and ``rest`` its two doors. It beats by itself, every ``beat`` seconds."""

    def __init__(self, *symbols: str, beat: float = 0.02, time: float | None = None) -> None:
        self.tape = Tape(*(symbols or ("BTC-USD",)), time=time)
        self.rest, self.socket = Rest(self.tape), Socket(self.tape)
        self._beat, self._stopping = beat, threading.Event()

    @property
    def addresses(self) -> Addresses:
        return Addresses(rest=self.rest.address, socket=self.socket.address)

    def trade(self, symbol: str, price: str, size: str = "0.1", *, told: bool = True) -> None:
        """Somebody trades now. ``told`` False: the exchange forgets to say so, and only REST knows."""
        trade = self.tape.trade(symbol, price, size)
        if told:
            self.socket.tell_trades([trade])

    def start(self) -> None:
        self.rest.start()
        self.socket.start()
        self._beating = threading.Thread(target=self._run, daemon=True)
        self._beating.start()

    def stop(self) -> None:
        self._stopping.set()
        self._beating.join()
        self.socket.stop()
        self.rest.stop()

    def _run(self) -> None:
        while not self._stopping.wait(self._beat):
            self.socket.heartbeat()


@contextmanager
def fake_coinbase(*symbols: str, beat: float = 0.02, time: float | None = None) -> Iterator[FakeCoinbase]:
    """Runs one for the length of a test. ``time``: its clock stands there and moves only with ``tape.pass_time``."""
    fake = FakeCoinbase(*symbols, beat=beat, time=time)
    fake.start()
    try:
        yield fake
    finally:
        fake.stop()
