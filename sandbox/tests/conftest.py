import pytest

from sandbox.testing import sandbox


@pytest.fixture
def exchange():
    """A sandbox of its own: BTC-USD at 60,000, a user with 100,000 USD and 2 BTC."""
    with sandbox() as running:
        yield running
