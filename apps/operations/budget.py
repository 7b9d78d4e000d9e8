"""A budget of requests that all processes of the platform share, kept in Redis."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import redis
from redis.exceptions import RedisError

from exchanges.coinbase.budget import LocalBudget
from exchanges.port import Unavailable

# Keeps when the next request would be due at an even pace; a burst may be ahead of it. By Redis' own clock.
TAKE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1e6
local step, burst, patience = 1 / ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local pause = math.max(0, due - now - step * (burst - 1))
if pause <= patience then
  redis.call('SET', KEYS[1], string.format('%.6f', due + step), 'EX', math.ceil(due - now + step * burst) + 1)
end
return string.format('%.6f', pause)
"""


@dataclass
class SharedBudget:
    """``rate`` requests a second on average, ``burst`` at once, over all that use the ``name``. While Redis is away,
    each process keeps to half of the rate on its own."""

    name: str
    rate: float
    burst: int
    url: str
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        self._redis = redis.Redis.from_url(self.url, socket_timeout=1, socket_connect_timeout=1)
        self._take = self._redis.register_script(TAKE)
        self._alone = LocalBudget(self.rate / 2, self.burst, sleep=self.sleep)

    def wait(self, patience: float) -> None:
        """Takes one request, after a pause if need be. Raises Unavailable when that would take over ``patience`` s."""
        try:
            pause = float(self._take(keys=[f"budget:{self.name}"], args=[self.rate, self.burst, patience]))
        except RedisError:
            self._alone.wait(patience)
            return
        if pause > patience:
            raise Unavailable(f"too many requests wait: the next may be made in {pause:.1f} s, not {patience:g}")
        if pause:
            self.sleep(pause)
