"""Coinbase's stand-in, and an account that trades there."""

from collections.abc import Iterator

import pytest

from exchanges.coinbase.trading.tests.desk import Desk
from sandbox.testing import sandbox


@pytest.fixture
def desk() -> Iterator[Desk]:
    with sandbox(price=100) as exchange:
        yield Desk(exchange)
