"""The budget of one API key, shared by all processes in Redis: orders first, reads leave the others their part."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

import redis
from redis.exceptions import RedisError

from exchanges.coinbase.trading.pace import PATIENCE, LocalPace, Urgency, silence, too_long

# Two buckets: one for the hour's allowance, one for what may be sent at once. A call takes from both, or waits.
# An order takes its place ahead of time; the others come back later, so that no queue of reads stands before an order.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1e6
local rate, burst, quick_rate, quick_burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local kept, quick_kept, ahead, patience = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] == '1', tonumber(ARGV[8])
local row = redis.call('HMGET', KEYS[1], 'slow', 'quick', 'at', 'silent')
local at = tonumber(row[3] or now)
local slow = math.min(burst, tonumber(row[1] or burst) + (now - at) * rate)
local quick = math.min(quick_burst, tonumber(row[2] or quick_burst) + (now - at) * quick_rate)
local pause = math.max(0, (1 + kept - slow) / rate, (1 + quick_kept - quick) / quick_rate, tonumber(row[4] or 0) - now)
if pause == 0 or (ahead and pause <= patience) then
  slow, quick = slow - 1, quick - 1
  redis.call('HSET', KEYS[1], 'slow', slow, 'quick', quick, 'at', string.format('%.6f', now))
  redis.call('EXPIRE', KEYS[1], 7200)
end
return string.format('%.6f', pause)
"""
HUSH = """
local clock = redis.call('TIME')
local until_ = clock[1] + clock[2] / 1e6 + tonumber(ARGV[1])
if until_ > tonumber(redis.call('HGET', KEYS[1], 'silent') or 0) then
  redis.call('HSET', KEYS[1], 'silent', string.format('%.6f', until_))
  redis.call('EXPIRE', KEYS[1], 7200)
end
"""
KEPT = {Urgency.ORDER: 0.0, Urgency.CANCEL: 0.1, Urgency.READ: 0.4}  # shares of a bucket that are left to the others
AGAIN = 0.25  # seconds after which who waits looks again, at the latest
ALONE = 0.5, 3  # requests a second and at once of each process while Redis is away


@dataclass
class SharedPace:
    """``rate`` requests a second over a long time, ``burst`` ahead of it; of these ``quick_rate`` a second at most."""

    name: str
    url: str
    rate: float = 2.6  # Coinbase allows 10,000 an hour
    burst: int = 300
    quick_rate: float = 15.0  # and 30 a second
    quick_burst: int = 15
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._redis = redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1)
        self._take, self._hush = self._redis.register_script(TAKE), self._redis.register_script(HUSH)
        self._alone = LocalPace(*ALONE, kept=1, sleep=self.sleep, clock=self.clock)
        self._key = f"pace:{self.name}"

    def wait(self, urgency: Urgency) -> None:
        """Takes a request's place, after a pause if need be. Raises Unavailable when that would take too long."""
        patience, began = PATIENCE[urgency], self.clock()
        while True:
            left = patience - (self.clock() - began)
            try:
                pause = self._ask(urgency, left)
            except RedisError:
                self._alone.wait(urgency)
                return
            if not pause:
                return
            if pause > left:
                raise too_long(pause, urgency)
            if urgency == Urgency.ORDER:
                self.sleep(pause)
                return
            self.sleep(min(pause, AGAIN))

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        if status != HTTPStatus.TOO_MANY_REQUESTS:
            return
        self._alone.answered(status, headers)
        try:
            self._hush(keys=[self._key], args=[silence(headers)])
        except RedisError:
            return

    def _ask(self, urgency: Urgency, patience: float) -> float:
        kept = KEPT[urgency]
        told = self._take(
            keys=[self._key],
            args=[
                self.rate, self.burst, self.quick_rate, self.quick_burst, kept * self.burst, kept * self.quick_burst,
                int(urgency == Urgency.ORDER), max(patience, 0),
            ],
        )  # fmt: skip
        return float(told)
