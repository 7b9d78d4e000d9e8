"""The public client and the reader of frames on the sandbox exchange, which runs as a program of its own."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from websockets.sync.client import connect

from exchanges.coinbase.addresses import Addresses
from exchanges.coinbase.budget import LocalBudget
from exchanges.coinbase.messages import parse
from exchanges.coinbase.rest import MarketClient

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sandbox")
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--folder", str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    first = process.stdout.readline()
    yield first.split("//")[1].split("/")[0]
    process.terminate()
    process.wait(30)


def test_the_public_client_reads_it(address):
    client = MarketClient(Addresses(rest=f"http://{address}"), LocalBudget(100, 100))
    assert abs(client.server_time().timestamp() - time.time()) < 60
    products = {product.symbol: product for product in client.products()}
    assert products["BTC-USDC"].alias_of == "BTC-USD"
    now = int(time.time())
    bars = client.candles("BTC-USD", 60, start=now - 36000, end=now)
    assert [bar.start for bar in bars] == sorted({bar.start for bar in bars})
    assert 598 <= len(bars) <= 601  # the running minute may have no trade yet
    book = client.book("BTC-USD")
    assert book.bids[0].price < book.asks[0].price


def test_every_frame_can_be_read(address):
    with connect(f"ws://{address}/", max_size=10 << 20) as socket:
        for channel in ("level2", "market_trades", "ticker", "candles", "status", "heartbeats"):
            socket.send(json.dumps({"type": "subscribe", "channel": channel, "product_ids": ["BTC-USD"]}))
        messages = []
        while not {"l2_data", "market_trades", "ticker", "heartbeats"} <= {
            message.channel for message in messages if not message.snapshot
        }:
            messages.append(parse(socket.recv(timeout=30)))
    assert [message.sequence for message in messages] == list(range(len(messages)))
    assert [message.faults for message in messages if message.faults] == []
