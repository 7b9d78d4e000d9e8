"""The exchange as a program: started by hand, over TLS, with files of its own."""

import json
import os
import ssl
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
import requests
from coinbase.rest import RESTClient
from pyarrow import parquet as pq
from websockets.asyncio.client import connect

from sandbox.testing import PlainHTTP
from sandbox.tests.program import ROOT, Program

pytestmark = pytest.mark.processes


def test_it_serves_the_official_client_over_tls_with_a_checked_certificate(tmp_path):
    program = Program(tmp_path, "--tls", "--algorithm", "EdDSA")
    try:
        address = program.lines["TLS"].split()[0].removeprefix("https://")
        client = RESTClient(key_file=str(tmp_path / "key.json"), base_url=address, timeout=30)
        client.session.verify, client.session.trust_env = str(tmp_path / "ca.pem"), False
        assert client.market_order_buy("mine", "BTC-USD", quote_size="100").success
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(f"https://{address}/api/v3/brokerage/time", timeout=30)
    finally:
        assert program.end() == 0


async def test_its_sockets_speak_tls_and_its_key_survives_a_restart(tmp_path):
    first = Program(tmp_path, "--tls")
    key = (tmp_path / "key.json").read_text()
    assert first.end() == 0
    second = Program(tmp_path, "--tls")
    try:
        assert (tmp_path / "key.json").read_text() == key
        address = second.lines["TLS"].split()[0].removeprefix("https://")
        trust = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        async with connect(f"wss://{address}/", ssl=trust) as socket:
            await socket.send(json.dumps({"type": "subscribe", "channel": "level2", "product_ids": ["BTC-USD"]}))
            assert json.loads(await socket.recv())["channel"] == "l2_data"
    finally:
        second.end()


def test_it_starts_by_hand_without_settings_or_services(tmp_path):
    candles = tmp_path / "candles"
    candles.mkdir()
    opens = np.arange(100, 110, dtype=float)
    columns = dict.fromkeys(("open", "high", "low", "close", "volume"), opens)
    table = pa.table({"time": np.arange(10) * 60, **columns})
    pq.write_table(table, candles / "coinbase_BTC-USD_1m.parquet")
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"seed": 1, "rules": [{"fault": "bad_gateway", "path": "/time", "times": 1}]}))
    program = Program(
        tmp_path, "--candles", str(candles), "--speed", "60", "--seed", "7", "--tls", "--faults", str(faults),
        start=[str(ROOT / "manage.py"), "sandbox"], cwd=tmp_path, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    try:
        api = f"{program.exchange.root}/api/v3/brokerage"
        assert [requests.get(f"{api}/time", timeout=30).status_code for _ in range(2)] == [502, 200]
        price = float(requests.get(f"{api}/market/products/BTC-USD", timeout=30).json()["price"])
        assert 100 <= price <= 109
        key = json.loads((tmp_path / "key.json").read_text())
        assert program.lines["Key"] == f"file  {tmp_path / 'key.json'}"
        client = RESTClient(api_key=key["name"], api_secret=key["privateKey"], base_url=program.exchange.address)
        client.session.mount("https://", PlainHTTP())
        assert client.get_accounts().accounts
    finally:
        assert program.end() == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--deposit", "USD=1e5"], "deposit must be CURRENCY=AMOUNT, was 'USD=1e5'"),
        (["--tick", "0"], "--tick: must be a number above 0 and at most 1000000, was '0'"),
    ],
)
def test_options_that_cannot_be_used_are_named(tmp_path, options, words):
    command = [sys.executable, "-m", "sandbox", "--folder", str(tmp_path), "--port", "0", *options]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
