"""Coinbase does what every exchange must, on the sandbox."""

import pytest

from exchanges.tests.contract import ExchangeContract


class TestCoinbaseExchange(ExchangeContract):
    @pytest.fixture
    def venue(self, desk):
        return desk
